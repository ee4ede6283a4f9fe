"""Bring all shops up to date after a deployment."""

import json
import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.errors import SOME_FAILED
from core.management.refusing import RefusingCommand
from customers.errors import UnknownShop
from customers.services.cleanup import existing_names
from customers.services.migrating import Migrated, migrate_platform, migrate_shops, outdated


class Command(RefusingCommand):
    """`migrate_tenants --parallel 2`: the platform first, then every shop that is behind. One that fails stops no other."""

    help = _(
        "Migrates the platform and the shops that are behind. Ends with 3 when some of them could not be migrated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", action="append", dest="names", help=_("Only this shop; may be repeated."))
        parser.add_argument("--parallel", type=int, default=2, help=_("How many shops at a time, 2 without it."))
        parser.add_argument("--stop-on-error", action="store_true", help=_("Begin no further shop after a failure."))
        parser.add_argument("--dry-run", action="store_true", help=_("Only list the shops that are behind."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(
        self,
        *,
        names: list[str] | None,
        parallel: int,
        stop_on_error: bool,
        dry_run: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        if parallel < 1:
            raise CommandError(_("At least one shop at a time: --parallel=1."), returncode=2)
        began = time.monotonic()
        for name in names or ():
            if name not in (known := existing_names()):
                raise UnknownShop(name, known)
        if not dry_run:
            migrate_platform()
        behind = [name for name in outdated() if not names or name in names]
        done: list[Migrated] = []
        if not dry_run:
            for shop in migrate_shops(behind, workers=parallel):
                done.append(shop)
                self.stderr.write(
                    f"{len(done)}/{len(behind)} {shop.schema_name} {shop.error or 'ok'} {shop.seconds:.1f} s"
                )
                if shop.error and stop_on_error:
                    break
        failed = [shop for shop in done if shop.error]
        if as_json:
            self.stdout.write(
                json.dumps(
                    {
                        "behind": behind,
                        "migrated": [shop.schema_name for shop in done if not shop.error],
                        "failed": {shop.schema_name: shop.error for shop in failed},
                        "seconds": round(time.monotonic() - began, 1),
                    },
                    ensure_ascii=False,
                )
            )
        elif dry_run:
            for name in behind:
                self.stdout.write(name)
            self.stdout.write(_("Shops that are behind: %(count)s.") % {"count": len(behind)})
        else:
            self.stdout.write(
                _("Migrated: %(done)s, failed: %(failed)s, %(seconds).1f s.")
                % {"done": len(done) - len(failed), "failed": len(failed), "seconds": time.monotonic() - began}
            )
        if failed:
            raise CommandError(
                _("Not migrated: %(names)s. They work on with what they have; mend the cause and repeat.")
                % {"names": ", ".join(shop.schema_name for shop in failed)},
                returncode=SOME_FAILED,
            )
