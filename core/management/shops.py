"""What commands over shops share: which shop, what to say when there is none of that name."""

import argparse

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, get_tenant_model

from core.tenancy import in_public


def add_shop_options(parser: argparse.ArgumentParser) -> None:
    """`--schema papa` or `--all`."""
    parser.add_argument("--schema", "--tenant", dest="schema", help=_("The shop's schema."))
    parser.add_argument("--all", action="store_true", dest="every", help=_("All shops, one after the other."))


def chosen_shops(options: dict[str, object]) -> list[str]:
    """Schema names by the options. Raises CommandError with the list of shops when the choice makes no sense."""
    with in_public():
        known = list(
            get_tenant_model()
            .objects.exclude(schema_name=get_public_schema_name())
            .order_by("schema_name")
            .values_list("schema_name", flat=True)
        )
    if options.get("every"):
        return known
    name = options.get("schema")
    if not name:
        raise CommandError(_("Say which shop: --schema=NAME, or --all. Shops: %s") % (", ".join(known) or "—"))
    if name not in known:
        raise CommandError(
            _("There is no shop with the schema “%(name)s”. Shops: %(known)s")
            % {"name": name, "known": ", ".join(known) or "—"}
        )
    return [str(name)]
