"""The nightly job: delete the owners' archives that are older than a week."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from core.export_shelf import forget_archives
from core.management.shops import add_shop_options, chosen_shops
from core.tenancy import in_schema


class Command(BaseCommand):
    help = gettext_lazy("Delete archives of everything that are older than a week.")  # type: ignore[assignment]

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        for name in chosen_shops(options):
            with in_schema(name):
                count = forget_archives(now=timezone.now())
            said = ngettext("%(count)d archive deleted", "%(count)d archives deleted", count)
            self.stdout.write(f"{name}: {said % {'count': count}}")
