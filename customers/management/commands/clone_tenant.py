"""`clone_tenant` of django-tenants, refused."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.management.refused import RefusedCommand


class Command(RefusedCommand):
    """Refuses."""

    help = _("Refused here; says what to use instead.")
    why = gettext_lazy(
        "A shop is never cloned: the copy would hold people, passwords and orders of another shop, and constraints "
        "under other names. Nothing was changed: make a new shop with create_tenant."
    )
