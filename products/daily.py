"""The day's work of the catalogue."""

from datetime import datetime, timedelta

from products.models import GoodsImport

FILES_KEPT = timedelta(days=2)


def forget_imports(*, now: datetime) -> int:
    """Remove files that wait for being imported, and what was needed for taking an import back, after two days; answers
    with how many."""
    count, _models = GoodsImport.objects.filter(at__lt=now - FILES_KEPT).delete()
    return count
