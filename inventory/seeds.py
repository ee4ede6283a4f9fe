"""What a new shop's inventory starts with."""

from django.utils.translation import gettext as _

from inventory.models import Warehouse


def seed_inventory() -> None:
    """One warehouse, named in the shop's language. Running it again changes nothing."""
    if not Warehouse.all_objects.exists():
        Warehouse.objects.create(name=_("Main warehouse"), is_default=True)
