"""Products as a table that can be imported again."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import pgettext

from core.sheets import Value
from products.columns import COLUMNS
from products.models import Barcode, Colour, DesignRole, Kind, Product, ProductCategory, Unit
from products.selectors import tags_on

_LABELS: dict[str, Any] = {"kind": Kind, "unit": Unit, "colour": Colour, "role": DesignRole}
CHUNK = 2000


def export_header() -> list[str]:
    """The names of the columns in the reader's language."""
    return [str(column.label) for column in COLUMNS]


def export_rows(products: QuerySet[Product], *, yes: str, no: str) -> Iterator[list[Value]]:
    """One row for each product in the order of the list, some thousand in memory at a time."""
    shelves = {row.pk: row for row in ProductCategory.objects.all()}
    codes: dict[int, list[str]] = {}
    for key, code in Barcode.objects.order_by("pk").values_list("product", "code"):
        codes.setdefault(key, []).append(code)
    tags = tags_on()
    labels = {
        field: {str(choice.value): str(choice.label) for choice in choices} for field, choices in _LABELS.items()
    }  # fmt: skip
    labels["unit"][Unit.STEM] = pgettext("unit in a table", "stem")
    for product in products.iterator(chunk_size=CHUNK):
        made: dict[str, Value] = {
            "category": _path(product.category_id, shelves),
            "barcodes": " ".join(codes.get(product.pk, [])),
            "tags": ", ".join(tags.get(product.pk, [])),
            "is_active": yes if product.is_active else no,
        }
        made |= {key: words.get(getattr(product, key), "") for key, words in labels.items()}
        yield [made[column.key] if column.key in made else getattr(product, column.key) for column in COLUMNS]


def _path(key: int | None, shelves: dict[int, ProductCategory]) -> str:
    names: list[str] = []
    while key in shelves:
        names.insert(0, shelves[key].name)
        key = shelves[key].parent_id
    return " / ".join(names)
