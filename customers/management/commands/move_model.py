"""Plan how a model moves to another app, and write the migrations for review."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.utils.translation import gettext as _

from core.errors import USAGE
from core.management.refusing import RefusingCommand
from core.migrations_support.plan import (
    COPY,
    KEEP,
    RENAME,
    WAYS,
    Move,
    check_move,
    path_of,
    plan_finish,
    plan_move,
    statements,
    text_of,
    write,
)
from core.tenancy import in_public, in_schema
from customers.services.cleanup import existing_names
from customers.services.migrating import outdated


class Command(RefusingCommand):
    """`move_model orders.Contact contacts --way=rename --dry-run`; docs/moving-models.md says which way to choose."""

    help = _(
        "Writes the migrations that move a model to another app while shops are open. With --dry-run it shows them, and "
        "the SQL that every shop gets."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", help=_("App and model, as in orders.Contact."))
        parser.add_argument("app", help=_("The app it goes to."))
        parser.add_argument(
            "--way",
            choices=WAYS,
            default=KEEP,
            help=_(
                "keep: the table stays as it is called. rename: it gets the new name. copy: the rows get a new table. "
                "Without it keep."
            ),
        )
        parser.add_argument(
            "--finish",
            action="store_true",
            help=_("The migrations of a later release, when no code of before runs any more."),
        )
        parser.add_argument("--dry-run", action="store_true", help=_("Only show the plan; write nothing."))

    def handle(self, *, model: str, app: str, way: str, finish: bool, dry_run: bool, **options: Any) -> None:
        from_app, _dot, name = model.partition(".")
        if not name:
            raise CommandError(_("Name app and model, as in orders.Contact."), returncode=USAGE)
        loader = MigrationLoader(None)
        move = Move(name, from_app, app, way)
        with in_public():
            behind, shops = outdated(), existing_names()
        shop = shops[0] if shops else None
        if finish:
            planned = plan_finish(move, loader)
        else:
            with in_schema(shop) if shop else in_public():
                check_move(move, loader, outdated=behind)
            planned = plan_move(move, loader)
        if dry_run:
            self._show(planned)
            if shop:
                self.stdout.write(_("What every shop gets, in the case of %(shop)s:") % {"shop": shop})
                with in_schema(shop):
                    for migration, sql in statements(planned, loader):
                        self.stdout.write("\n".join(["", f"-- {migration}", *sql]))
            return
        for path in write(planned):
            self.stdout.write(str(path))
        self.stdout.write(_("Read them, then:"))
        for number, sentence in enumerate(_what_is_left(move, finish=finish), start=1):
            self.stdout.write(f"{number}. {sentence}")

    def _show(self, planned: list[Migration]) -> None:
        for migration in planned:
            self.stdout.write(str(path_of(migration)))
            needs = ", ".join(".".join(each) for each in migration.dependencies)
            self.stdout.write("  " + _("after %(migrations)s") % {"migrations": needs})
            for operation in migration.operations:
                self.stdout.write("  " + operation.describe())
            self.stdout.write("\n".join(f"    {line}" for line in text_of(migration).splitlines()))


def _what_is_left(move: Move, *, finish: bool) -> list[str]:
    """What the command can't do."""
    known = {"name": move.name, "from_app": move.from_app, "app": move.to_app}
    if finish:
        return [
            _("Look that no process of the code of before runs: web, workers, commands."),
            _("Run migrate_tenants."),
            _("Take moved_from out of the class %(name)s.") % known,
        ]
    table = _("give its Meta db_table as in the migration") if move.way == KEEP else _("without db_table in its Meta")
    after = {
        KEEP: _("In a later release: the same command with --finish. The content type gets its new name."),
        RENAME: _(
            "In a later release: the same command with --finish. The views go, the content type gets its new name."
        ),
        COPY: _(
            "In a later release: the same command with --finish. The old table goes, the content type gets its new name."
        ),
    }
    return [
        _("Move the class %(name)s from %(from_app)s to %(app)s, its admin and texts with it; %(table)s.")
        % {**known, "table": table},
        _(
            "Write moved_from = “%(from_app)s” in the class: both names lead to one content type until the later release."
        )
        % known,
        _("makemigrations --check must find nothing."),
        _("Deploy: first migrate_tenants, then the code; back: first the code, then the migrations."),
        after[move.way],
    ]
