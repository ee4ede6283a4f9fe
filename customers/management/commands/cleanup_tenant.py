"""Take a shop off the platform, keeping its schema."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.management.refusing import RefusingCommand, ask_yes
from core.shop_files import shop_files
from core.transactions import run
from customers.services.cleanup import Remains, check_files, look_at, remove_files, remove_rows

LINE = "=" * 70


class Command(RefusingCommand):
    """`cleanup_tenant --schema=NAME`: shows what will go, asks, works in numbered steps."""

    help = _("Deletes a shop's row and domains and, if asked, its application and files. The schema always stays.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", required=True, dest="schema_name", help=_("The shop's schema name."))
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help=_("Do not ask anything.")
        )
        parser.add_argument(
            "--purge-registration",
            action="store_true",
            help=_("Delete the application too; otherwise it stays as history without a shop."),
        )
        parser.add_argument("--delete-files", action="store_true", help=_("Delete the shop's media files too."))
        parser.add_argument("--dry-run", action="store_true", help=_("Show what would go and change nothing."))

    def handle(
        self,
        *,
        schema_name: str,
        interactive: bool,
        purge_registration: bool,
        delete_files: bool,
        dry_run: bool,
        **options: Any,
    ) -> None:
        remains = look_at(schema_name)
        if delete_files:
            check_files(schema_name)
        self.stdout.write(_("=== Deleting a tenant (a shop) ==="))
        self._announce(remains, purge=purge_registration, files=delete_files)
        if not self._anything_to_do(remains, purge=purge_registration, files=delete_files):
            self.stdout.write(_("The shop was cleaned up before; there is nothing to do."))
            return
        if dry_run:
            self.stdout.write(_("A dry run: nothing was changed."))
            return
        if interactive and not ask_yes(_("Go on? (yes/no): "), instead="--noinput"):
            self.stdout.write(_("Cancelled, nothing was changed."))
            return
        self._framed(_("▶ Deleting..."), above=False)
        self._remove(remains, purge=purge_registration, files=delete_files)
        self._framed(self.style.SUCCESS(_("✓ The tenant is deleted!")))

    def _framed(self, text: str, *, above: bool = True) -> None:
        if above:
            self.stdout.write(LINE)
        self.stdout.write(text)
        self.stdout.write(LINE)

    def _announce(self, remains: Remains, *, purge: bool, files: bool) -> None:
        self._framed(self.style.WARNING(_("ATTENTION! This data will be deleted:")))
        name, shop = remains.schema_name, remains.shop
        write = self.stdout.write
        write(_("📋 Tenant:"))
        if shop is not None:
            write(_("• Name: %(name)s") % {"name": shop.name})
        write(_("• Schema: %(schema)s") % {"schema": name})
        if shop is not None:
            write(_("• Owner: %(owner)s") % {"owner": shop.owner_email or shop.owner_name or "—"})
        write(_("💾 Database:"))
        if shop is not None:
            write(_('• The row Client "%(schema)s" will be deleted') % {"schema": name})
        else:
            write(_('• There is no row Client "%(schema)s" any more') % {"schema": name})
        if remains.has_schema:
            write(_("• ⚠️ The PostgreSQL schema stays and has to be dropped by hand!"))
        else:
            write(_("• There is no PostgreSQL schema of this name"))
        write("📝 TenantRegistration:")
        for registration in remains.registrations:
            person = {"name": registration.owner_name, "email": registration.owner_email}
            write(_("• Application of %(name)s (%(email)s)") % person)
            write(_("• Status: %(status)s") % {"status": registration.get_status_display()})
            write(_("• Action: delete") if purge else _("• Action: keep with tenant=NULL (keep the history)"))
        if not remains.registrations:
            write(_("• There is none"))
        if files:
            write(_("📁 Files:"))
            write(
                ngettext(
                    "• %(count)s file of %(place)s will be deleted",
                    "• %(count)s files of %(place)s will be deleted",
                    remains.files,
                )
                % {"count": remains.files, "place": shop_files().where(name)}
            )
        write(LINE)

    @staticmethod
    def _anything_to_do(remains: Remains, *, purge: bool, files: bool) -> bool:
        still_open = any(each.closed_at is None for each in remains.registrations)
        purging = purge and bool(remains.registrations)
        return remains.shop is not None or still_open or purging or (files and remains.has_place)

    def _remove(self, remains: Remains, *, purge: bool, files: bool) -> None:
        # The rows go in one transaction; the steps are told when they are true.
        name = remains.schema_name
        removed = run(lambda: remove_rows(name, purge_registration=purge, now=timezone.now()))
        step = 0
        if removed.registrations_kept or removed.registrations_purged:
            step = self._step(
                step,
                _("Deleting TenantRegistration...") if purge else _("Updating TenantRegistration (keeping history)..."),
            )
            self._done(_("TenantRegistration deleted") if purge else _("TenantRegistration updated (tenant=NULL)"))
        if remains.shop is not None:
            step = self._step(step, _("Deleting Client..."))
            self._done(_('Client "%(name)s" deleted') % {"name": removed.shop_name})
            if remains.has_schema:
                warning = _('⚠️ The database schema "%(schema)s" is NOT deleted - it has to be dropped by hand!')
                self.stdout.write(self.style.WARNING(warning % {"schema": name}))
        if files:
            self._step(step, _("Deleting media files..."))
            count = remove_files(name)
            self._done(ngettext("%(count)s file deleted", "%(count)s files deleted", count) % {"count": count})

    def _step(self, before: int, text: str) -> int:
        number = before + 1
        self.stdout.write(f"{number}\ufe0f\u20e3 {text}")
        return number

    def _done(self, text: str) -> None:
        self.stdout.write(self.style.SUCCESS(f"✓ {text}"))
