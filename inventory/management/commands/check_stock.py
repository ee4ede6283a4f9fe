"""Check every invariant of the stock: exit code 0 when all hold, 1 when one is broken, 2 when a check could not run."""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core.management.shops import add_shop_options, chosen_shops
from core.tenancy import in_schema
from inventory.services.checking import Finding, check_stock, repair_caches


class Command(BaseCommand):
    help = _("Check that batches, ledger, reservations, sales and stock rows agree.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)
        parser.add_argument("--product", type=int, help=_("Only this product's key."))
        parser.add_argument("--warehouse", type=int, help=_("Only this warehouse's key."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))
        parser.add_argument(
            "--repair-caches",
            action="store_true",
            help=_("Write stock rows anew where batches and ledger agree; nothing else is ever repaired."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report: dict[str, list[Finding]] = {}
        for name in chosen_shops(options):
            started = time.monotonic()
            try:
                with in_schema(name):
                    if options["repair_caches"]:
                        for key in repair_caches():
                            self.stderr.write(
                                _("%(shop)s: stock row %(key)s written anew") % {"shop": name, "key": key}
                            )
                    report[name] = check_stock(
                        product=options["product"], warehouse=options["warehouse"], extra=extra_invariants()
                    )
            except DatabaseError as error:
                self.stderr.write(_("%(shop)s: could not be checked: %(error)s") % {"shop": name, "error": error})
                sys.exit(2)
            self.stderr.write(f"{name} {time.monotonic() - started:.1f} s")
        broken = {name: findings for name, findings in report.items() if findings}
        if options["as_json"]:
            self.stdout.write(json.dumps({name: _plain(found) for name, found in report.items()}, default=str))
        else:
            self._tell(report)
        if broken:
            sys.exit(1)

    def _tell(self, report: dict[str, list[Finding]]) -> None:
        for name, findings in report.items():
            if not findings:
                self.stdout.write(self.style.SUCCESS(_("%(shop)s: everything adds up") % {"shop": name}))
            for finding in findings:
                self.stdout.write(
                    self.style.ERROR(
                        _("%(shop)s: not true that %(sentence)s: %(count)s")
                        % {"shop": name, "sentence": finding.invariant.sentence, "count": finding.count}
                    )
                )
                for key, expected, actual in finding.examples:
                    self.stdout.write(
                        _("  row %(key)s: expected %(expected)s, found %(actual)s")
                        % {"key": key, "expected": expected, "actual": actual}
                    )


def extra_invariants() -> list[Any]:
    """Invariants of apps above the inventory, named in the settings so that nothing here imports them."""
    return [invariant for path in settings.STOCK_INVARIANTS for invariant in import_string(path)]


def _plain(findings: list[Finding]) -> list[dict[str, Any]]:
    return [
        {"code": item.invariant.code, "count": item.count, "examples": [list(row) for row in item.examples]}
        for item in findings
    ]
