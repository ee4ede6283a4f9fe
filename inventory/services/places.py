"""Warehouses and suppliers: names that are taken are refused, not crashed into."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput

TAKEN = {
    "warehouse_name_once": ("name", _("Another warehouse has this name. Choose a different one.")),
    "warehouse_one_default": (
        "is_default",
        _("There is a main warehouse already. Take the mark away from it first, then make this one the main."),
    ),
    "supplier_name_once": ("name", _("Another supplier has this name. Choose a different one.")),
}


@contextmanager
def refusing_taken() -> Iterator[None]:
    """Save a warehouse or a supplier inside this block: what another live one has becomes BadInput."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name not in TAKEN:
            raise
        field, sentence = TAKEN[name]
        raise BadInput(sentence, field=field) from error
