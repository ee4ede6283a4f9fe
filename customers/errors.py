"""Refusals of the shops' life cycle."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.errors import HELD, USAGE, DomainError


class NameLeftBehind(DomainError):
    """The name can't be given: something that carries it is there. `data["left"]` lists what."""

    code = "name_left_behind"

    CLIENT, DOMAIN, SCHEMA, MEDIA, REGISTRATION = "client", "domain", "schema", "media", "registration"
    WHAT: ClassVar[dict[str, Any]] = {
        CLIENT: _("a shop"),
        DOMAIN: _("a domain"),
        SCHEMA: _("a database schema with data"),
        MEDIA: _("media files"),
        REGISTRATION: _("an application"),
    }

    def __init__(self, name: str, left: Sequence[str]) -> None:
        what = left[0] if len(left) == 1 else None
        listed: Any = self.WHAT[what] if what else _Joined([self.WHAT[each] for each in left])
        super().__init__(
            format_lazy(
                _(
                    "The name “{name}” can't be given to a new shop. What still carries it: {what}; the new shop could "
                    "see the old one's data. Choose another name, or remove what is left (docs/tenants.md)."
                ),
                name=name,
                what=listed,
            ),
            field="schema_name",
            data={"name": name, "left": list(left)},
        )


class _Joined:
    """Words joined by commas only when they are shown: each in the language of that moment."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self._parts = parts

    def __str__(self) -> str:
        return ", ".join(str(part) for part in self._parts)


class NameNotAllowed(DomainError):
    """The name breaks the rule for names or is kept for the platform."""

    code = "name_not_allowed"
    status = 422

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "“%(name)s” can't be the name of a shop. Take 3 to 30 lower-case latin letters, digits or “_”, begin "
                "with a letter, and avoid words the platform uses itself, such as admin or mail."
            )
            % {"name": name[:60]},
            field="schema_name",
        )


class AddressTaken(DomainError):
    """What the public site says about every address it can't give: it does not tell why."""

    code = "address_taken"
    status = 422

    def __init__(self) -> None:
        super().__init__(_("This address can't be used. Choose another."), field="schema_name")


class AlreadyAnswered(DomainError):
    """Somebody approved or rejected this application before."""

    code = "already_answered"

    def __init__(self, shop_name: str) -> None:
        super().__init__(
            _("The application of “%(shop)s” was already answered. Nothing was changed: reload the list.")
            % {"shop": shop_name}
        )


class MakingFailed(DomainError):
    """Something broke while the shop was made."""

    code = "making_failed"
    status = 500

    def __init__(self, shop_name: str, error: BaseException) -> None:
        super().__init__(
            _(
                "“%(shop)s” could not be made: %(error)s. Nothing of it is left, and the application is still waiting. "
                "Look at the cause and try again."
            )
            % {"shop": shop_name, "error": f"{type(error).__name__}: {error}"[:300]}
        )


class EmailUnconfirmed(DomainError):
    """The invitation, and with it the shop, would go to an address that nobody has confirmed."""

    code = "email_unconfirmed"

    def __init__(self, shop_name: str) -> None:
        super().__init__(
            _(
                "The e-mail of “%(shop)s” is not confirmed: a mistyped address would hand the shop to a stranger. Nothing "
                "was changed: wait for the applicant, or say that you know the address (--unconfirmed)."
            )
            % {"shop": shop_name}
        )


class WrongMailCode(DomainError):
    """Not the code of the last mail."""

    code = "wrong_mail_code"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            _("This is not the code. Copy it from our last mail; codes of earlier mails are not valid any more."),
            field="code",
        )


class MailCodeSpent(DomainError):
    """The code is too old, or was missed too often."""

    code = "mail_code_spent"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            _("This code is not valid any more: it is too old, or there were too many tries. Have a new one sent."),
            field="code",
        )


class NothingToConfirm(DomainError):
    """The e-mail is confirmed, or the application is answered."""

    code = "nothing_to_confirm"

    def __init__(self) -> None:
        super().__init__(
            _(
                "There is nothing to confirm any more: the e-mail is confirmed or the application is answered. "
                "Nothing was changed."
            )
        )


class PlatformItself(DomainError):
    """The public schema is no shop."""

    code = "platform_itself"

    def __init__(self) -> None:
        super().__init__(_("“public” is the platform itself, not a shop. Name a shop; nothing was changed."))


class UnsafeMedia(DomainError):
    """The media folder holds something that could lead out of it."""

    code = "unsafe_media"

    def __init__(self, path: str) -> None:
        super().__init__(
            _(
                "The media folder was not touched: %(path)s is a symbolic link and could lead to other files. "
                "Look at it and remove the link by hand, then repeat."
            )
            % {"path": path}
        )


class UnknownShop(DomainError):
    """There is no shop of this name. The message lists the names there are: only operators read it."""

    code = "unknown_shop"
    status = 404

    def __init__(self, name: str, existing: Sequence[str]) -> None:
        listed = ", ".join(existing)
        super().__init__(
            _("There is no shop “%(name)s”. The shops are: %(existing)s.") % {"name": name[:63], "existing": listed}
            if existing
            else _("There is no shop “%(name)s”, and no other shop either.") % {"name": name[:63]},
            data={"existing": list(existing)},
        )


class FilesRemain(DomainError):
    """The rows are gone, the files could not be removed."""

    code = "files_remain"
    status = 500

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            _(
                "The rows are deleted, but files of the shop are still in %(path)s: %(why)s. Give yourself the right to "
                "remove them and repeat the same command."
            )
            % {"path": path, "why": why}
        )


class OperationHeld(DomainError):
    """Somebody else is at work on the shop. `exit_code` is what a command ends with."""

    code = "operation_held"
    exit_code = HELD

    def __init__(self, name: str, doing: str) -> None:
        super().__init__(
            _(
                "Another operation on “%(name)s” is going on (%(doing)s). Nothing was changed: wait until it has ended, "
                "then repeat."
            )
            % {"name": name, "doing": doing or "…"}
        )


class OperationUnfinished(DomainError):
    """An operation of another kind broke off half-way and has to be carried on first."""

    code = "operation_unfinished"
    exit_code = HELD

    def __init__(self, name: str, doing: str, kind: str) -> None:
        super().__init__(
            _(
                "An operation on “%(name)s” broke off half-way (%(doing)s). Nothing was changed: give that command once "
                "more, it carries on where it stopped, then repeat this one."
            )
            % {"name": name, "doing": doing},
            data={"kind": kind},
        )


class TakenOver(DomainError):
    """This process was silent for so long that another one carries its operation on."""

    code = "taken_over"
    exit_code = HELD

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Another process carries on with “%(name)s”. This one stopped and left the rest to it.") % {"name": name}
        )


class BadArchive(DomainError):
    """The file is no backup of this installation, or not what it was when it was written."""

    code = "bad_archive"
    status = 422

    UNREADABLE, FOREIGN, DAMAGED, STRANGE = "unreadable", "foreign", "damaged", "strange"
    WHY: ClassVar[dict[str, Any]] = {
        UNREADABLE: _("it can't be read as a backup"),
        FOREIGN: _("its signature is not of this installation's SECRET_KEY"),
        DAMAGED: _("what is in it differs from what its list says"),
        STRANGE: _("it holds something that no backup holds"),
    }

    def __init__(self, path: object, why: str) -> None:
        super().__init__(
            _("%(path)s is not used: %(why)s. Nothing was changed: take another backup.")
            % {"path": path, "why": self.WHY[why]},
            data={"why": why},
        )


class BackupNotWritten(DomainError):
    """The disk refused a file: full, without the right to read or write, gone meanwhile."""

    code = "backup_not_written"
    status = 500

    def __init__(self, name: str, folder: object, why: str) -> None:
        super().__init__(
            _(
                "“%(name)s” was not backed up into %(folder)s: %(why)s. No backup is left half written; mend it and repeat."
            )
            % {"name": name, "folder": folder, "why": why}
        )


class NotASchemaOfOurs(DomainError):
    """A schema that no shop can have had: somebody else's, or PostgreSQL's own."""

    code = "not_ours"
    status = 422

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(name)s” is not the schema of a shop. Nothing was changed: look at list_tenants --orphans.")
            % {"name": name[:63]}
        )


class StillAShop(DomainError):
    """The shop is still on the platform; its schema is in use."""

    code = "still_a_shop"

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "“%(name)s” is still a shop, and its schema is in use. Nothing was changed: take the shop off with "
                "cleanup_tenant first."
            )
            % {"name": name}
        )


class SchemaInUse(DomainError):
    """Somebody reads or writes the schema that is to be dropped."""

    code = "schema_in_use"
    exit_code = HELD

    def __init__(self, name: str) -> None:
        super().__init__(
            _(
                "Somebody is at work in the schema “%(name)s”. Nothing was dropped: wait until it has ended, then repeat."
            )
            % {"name": name}
        )


class BackupTooOld(DomainError):
    """The backup is of another schema, of an earlier moment, or the schema holds something else by now."""

    code = "backup_too_old"

    def __init__(self, path: object, name: str) -> None:
        super().__init__(
            _(
                "%(path)s is not a backup of “%(name)s” as it is now. Nothing was dropped: make one with backup_tenant "
                "and name that."
            )
            % {"path": path, "name": name}
        )


class NotConfirmed(DomainError):
    """The name was to be typed a second time and was not, or it was another one."""

    code = "not_confirmed"
    exit_code = USAGE
    status = 422

    def __init__(self, option: str) -> None:
        super().__init__(_("Not confirmed: %(option)s. Nothing was changed.") % {"option": option})
