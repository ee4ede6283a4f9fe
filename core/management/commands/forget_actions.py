"""A piece of run_daily, alone: forget what was done more than 30 days ago. Documents and history stay; only undoing them ends."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.management.shops import add_shop_options, chosen_shops
from core.tenancy import in_schema
from core.transactions import run
from core.undo import forget_old


class Command(BaseCommand):
    help = _("Forget recent actions that are older than 30 days.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        for name in chosen_shops(options):
            with in_schema(name):
                count = run(lambda: forget_old(now=timezone.now()))
            said = ngettext("%(count)d action forgotten", "%(count)d actions forgotten", count)
            self.stdout.write(f"{name}: {said % {'count': count}}")
