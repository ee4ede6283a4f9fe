"""The nightly job: delete the owners' archives that are older than a week, those of shops that are gone as well."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from core.export_shelf import forget_archives


class Command(BaseCommand):
    help = gettext_lazy("Delete archives of everything that are older than a week.")  # type: ignore[assignment]

    def handle(self, *args: Any, **options: Any) -> None:
        count = forget_archives(now=timezone.now())
        said = ngettext("%(count)d archive deleted", "%(count)d archives deleted", count)
        self.stdout.write(said % {"count": count})
