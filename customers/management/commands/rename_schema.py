"""`rename_schema` of django-tenants, refused."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.management.refused import RefusedCommand


class Command(RefusedCommand):
    """Refuses."""

    help = _("Refused here; says what to use instead.")
    why = gettext_lazy(
        "A schema is never renamed alone: domain, files and links would keep the old name. Nothing was changed: make a "
        "new shop with create_tenant and, when it is in use, take the old one off with cleanup_tenant."
    )
