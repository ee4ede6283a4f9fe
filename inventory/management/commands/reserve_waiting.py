"""A piece of run_daily, alone: serve orders that came within their warehouse's horizon. Exit code 1 when a shop failed."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import DomainError
from core.management.shops import add_shop_options, chosen_shops
from core.tenancy import in_schema
from core.transactions import run
from inventory.services.reservations import reserve_waiting


class Command(BaseCommand):
    help = _("Reserve free goods for waiting orders that are due within the warehouse's horizon.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        shops = chosen_shops(options)
        for number, name in enumerate(shops, start=1):
            try:
                with in_schema(name):
                    served = run(lambda: reserve_waiting(on=timezone.localdate()))
            except (DatabaseError, DomainError) as error:
                # One shop's trouble must not keep the night's work from the others.
                failed = True
                self.stderr.write(
                    self.style.ERROR(
                        _("%(shop)s: not done, nothing was changed: %(error)s") % {"shop": name, "error": error}
                    )
                )
                continue
            said = ngettext("%(count)d waiting line got goods", "%(count)d waiting lines got goods", len(served))
            self.stdout.write(f"[{number}/{len(shops)}] {name}: {said % {'count': len(served)}}")
        if failed:
            sys.exit(1)
