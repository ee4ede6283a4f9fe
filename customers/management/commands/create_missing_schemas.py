"""`create_missing_schemas` of django-tenants, refused."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.management.refused import RefusedCommand


class Command(RefusedCommand):
    """Refuses."""

    help = _("Refused here; says what to use instead.")
    why = gettext_lazy(
        "A missing schema is never made anew: its shop would wake up empty as if nothing had been there. Nothing was "
        "changed: list_tenants shows which are missing; restore them from a backup, or take the shop off with "
        "cleanup_tenant and make it again with create_tenant."
    )
