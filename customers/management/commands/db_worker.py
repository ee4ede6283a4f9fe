"""`db_worker` of django-tasks-db, refused."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.management.refused import RefusedCommand


class Command(RefusedCommand):
    """Refuses."""

    help = _("Refused here; says what to use instead.")
    why = gettext_lazy(
        "This worker would try no job a second time and leave those of a killed worker undone. Nothing was done: use "
        "run_worker."
    )
