"""The nightly job: let go of goods that were held up to a day that is over. Exit code 3 when a shop failed."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import SOME_FAILED, DomainError
from core.management.shops import add_shop_options, chosen_shops
from core.tenancy import in_schema
from orders.services.holding import end_reservations


class Command(BaseCommand):
    help = _("End reservations whose time is over; the goods serve who waits for them.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        shops = chosen_shops(options)
        for number, name in enumerate(shops, start=1):
            try:
                with in_schema(name):
                    ended = end_reservations(at=timezone.now())
            except (DatabaseError, DomainError) as error:
                # One shop's trouble must not keep the night's work from the others.
                failed = True
                text = _("%(shop)s: stopped, the rest is done next time: %(error)s") % {"shop": name, "error": error}
                self.stderr.write(self.style.ERROR(text))
                continue
            said = ngettext("%(count)d reservation ended", "%(count)d reservations ended", ended) % {"count": ended}
            self.stdout.write(f"[{number}/{len(shops)}] {name}: {said}")
        if failed:
            sys.exit(SOME_FAILED)
