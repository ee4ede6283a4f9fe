"""Carry the files of all shops from the disk into the object store that the settings name."""

from typing import Any

from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.errors import FOUND_SOMETHING, SOME_FAILED, USAGE
from core.management.refusing import RefusingCommand
from core.shop_files import ShopFiles, ShopFolders, shop_files
from core.tenancy import in_schema


class Command(RefusingCommand):
    """`copy_files_to_store`, `copy_files_to_store --check`. Nothing on the disk is changed."""

    help = _(
        "Copy the files of all shops from MEDIA_ROOT into the store of MEDIA_STORAGE. What is there in the same size is left "
        "alone, so it can be repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help=_("Copy nothing; end with 5 when anything is missing.")
        )

    def handle(self, *, check: bool, **options: Any) -> None:
        disk, store = ShopFolders(), shop_files()
        if isinstance(store, ShopFolders):
            raise CommandError(_("MEDIA_STORAGE names no object store. Nothing was copied."), returncode=USAGE)
        names = sorted(disk.owners())
        missing, failed = 0, []
        for number, name in enumerate(names, start=1):
            try:
                count, there = _copy(name, disk, store, check=check)
            except OSError as error:
                failed.append(name)
                self.stderr.write(f"{number}/{len(names)} {name} {error.strerror or error}")
                continue
            missing += count
            self.stderr.write(f"{number}/{len(names)} {name} ok {count} + {there}")
        if failed:
            raise CommandError(
                _("Not everything was copied of: %(names)s. Mend the cause and repeat; what is there stays there.")
                % {"names": ", ".join(failed)},
                returncode=SOME_FAILED,
            )
        if check and missing:
            raise CommandError(
                _("Files are missing in %(store)s: %(count)s. Repeat without --check.")
                % {"store": store.where(), "count": missing},
                returncode=FOUND_SOMETHING,
            )
        self.stdout.write(
            _("Every file of %(shops)s shops lies in %(store)s; copied now: %(count)s.")
            % {"shops": len(names), "store": store.where(), "count": missing}
        )


def _copy(schema_name: str, disk: ShopFolders, store: ShopFiles, *, check: bool) -> tuple[int, int]:
    """(files that were missing, and are now copied unless it is a check; files that were there)."""
    sizes = {file.name: file.size for file in store.files(schema_name)}
    missing = [file.name for file in disk.files(schema_name) if sizes.get(file.name) != file.size]
    there = sum(1 for _file in disk.files(schema_name)) - len(missing)
    with in_schema(schema_name):
        for name in [] if check else missing:
            with disk.open(name) as content:
                store.save(name, File(content))
    return len(missing), there
