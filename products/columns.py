"""The columns of a table of products: which there are, by which names people call them, how a cell is read and written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.errors import BadInput
from core.numbers import parse_decimal
from core.quantities import MAX_MONEY
from core.sheets import Cell
from core.text import clean_text
from products.domain.tag_names import parted
from products.models import Colour, DesignRole, Kind, Unit
from products.models.product import DAYS_AT_MOST, STEM_AT_MOST
from products.services.catalogue import checked_codes
from products.services.tags import checked_tags


@dataclass(frozen=True)
class Column:
    """A column: `key` is the product's attribute, `names` what else people call it, `read` makes a value of a cell that is
    not empty (raising BadInput)."""

    key: str
    label: Any
    names: tuple[str, ...]
    read: Callable[[Cell], Any]


def _text(limit: int, *, multiline: bool = False) -> Callable[[Cell], str]:
    return lambda cell: clean_text(cell.text, max_length=limit, multiline=multiline)


def _number(*, places: int, minimum: str, maximum: Decimal | int) -> Callable[[Cell], Decimal]:
    def read(cell: Cell) -> Decimal:
        if cell.number is None:
            plain = re.sub(r"\s*(₽|руб\.?|р\.|%|шт\.?|см|cm)$", "", cell.text.strip(), flags=re.IGNORECASE)
            return parse_decimal(plain, places=places, minimum=Decimal(minimum), maximum=Decimal(maximum))
        # The file says which number it is: nothing is ambiguous, but it may still be too exact.
        number = cell.number
        if len(f"{number:f}".partition(".")[2]) <= places:
            number = number.quantize(Decimal(1).scaleb(-places))
        typed = f"{number:f}" if places != 3 else f"{number:f}0"
        return parse_decimal(typed, places=places, minimum=Decimal(minimum), maximum=Decimal(maximum))

    return read


def _whole(maximum: int) -> Callable[[Cell], int]:
    read = _number(places=0, minimum="1", maximum=maximum)
    return lambda cell: int(read(cell))


# "шт" is said of stems and of pieces alike: which is meant follows from the product.
COUNTED = "counted"

_MORE_WORDS: dict[str, dict[str, str]] = {
    "unit": {"шт": COUNTED, "штука": COUNTED, "штуки": COUNTED, "pc": COUNTED, "стебель": "stem", "ст": "stem", "stem": "stem",
             "горшок": "pot", "м": "metre", "метр": "metre", "m": "metre", "упак": "pack", "уп": "pack", "pack": "pack"},
    "kind": {"цветок": "flower", "цветы": "flower", "срезанный цветок": "flower", "товар": "gift", "подарки": "gift",
             "подарок": "gift", "сопутствующий товар": "gift", "горшечное": "pot", "услуги": "service", "flower": "flower"},
    "colour": {"бордо": "cherry", "персиковый": "coral", "коралловый": "coral", "сиреневый": "lilac", "фиолетовый": "lilac",
               "синий": "blue", "голубой": "blue", "коричневый": "terracotta", "микс": "mixed", "mix": "mixed",
               "красная": "red", "белая": "white", "розовая": "pink", "желтая": "yellow", "кремовая": "cream"},
    "role": {"главный": "focal", "второстепенный": "secondary", "зелень": "foliage", "focal": "focal"},
}  # fmt: skip


def _choices(key: str) -> Any:
    return {"unit": Unit, "kind": Kind, "colour": Colour, "role": DesignRole}[key]


@cache
def _words(key: str) -> Mapping[str, str]:
    """Folded word → value, of every choice in both languages."""
    choices = _choices(key)
    found = dict(_MORE_WORDS[key])
    for language in ("en", "ru"):
        with translation.override(language):
            for choice in choices:
                found.setdefault(_folded(str(choice.label)), str(choice.value))
                found.setdefault(_folded(str(choice.value)), str(choice.value))
    return found


def _folded(text: str) -> str:
    return re.sub(r"[\s.:*_/-]+", " ", text.casefold().replace("ё", "е")).strip()


def _choice(key: str) -> Callable[[Cell], str]:
    def read(cell: Cell) -> str:
        value = _words(key).get(_folded(cell.text))
        if value is None:
            words = ", ".join(str(label) for label in _choices(key).labels if label)
            raise BadInput(
                _("“%(text)s” can't stand here. Write one of these: %(words)s.")
                % {"text": cell.text[:40], "words": words}
            )
        return value

    return read


_YES = {"yes", "да", "true", "истина", "1", "+", "y", "д", "on", "в продаже", "продается"}
_NO = {"no", "нет", "false", "ложь", "0", "-", "n", "н", "off", "не в продаже", "не продается"}


def _yes(cell: Cell) -> bool:
    word = _folded(cell.text) or cell.text.strip()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadInput(_("Write yes or no."))


def _tags(cell: Cell) -> list[str]:
    return checked_tags(parted(cell.text))


def _codes(cell: Cell) -> list[str]:
    if re.search(r"[0-9],?[0-9]*[eе]\+", cell.text, re.IGNORECASE):
        raise BadInput(_("The spreadsheet has shortened this barcode. Format the column as text and enter it anew."))
    return checked_codes(part for part in re.split(r"[\s,;]+", cell.text) if part)


def _path(cell: Cell) -> list[str]:
    """A category with what it stands in: `Flowers / Roses`."""
    parts = [clean_text(part, max_length=100) for part in re.split(r"\s*[/>]\s*", cell.text)]
    parts = [part for part in parts if part]
    if len(parts) > 3:
        raise BadInput(_("Categories have three levels at most. Choose one that stands higher."))
    return parts


COLUMNS = [
    Column("sku", gettext_lazy("SKU"), ("артикул", "код", "код товара", "арт", "sku", "article", "code", "item code"), _text(40)),
    Column("name", pgettext_lazy("goods", "Name"), ("название", "наименование", "товар", "номенклатура", "name", "product", "title", "item"), _text(200)),
    Column("sale_price", gettext_lazy("Price"), ("цена", "цена продажи", "розничная цена", "розница", "стоимость", "price", "retail price", "sale price"), _number(places=2, minimum="0", maximum=MAX_MONEY)),
    Column("unit", gettext_lazy("Unit"), ("единица", "единица измерения", "ед", "ед изм", "ед. изм.", "unit", "uom"), _choice("unit")),
    Column("kind", gettext_lazy("Kind"), ("вид", "тип", "тип товара", "kind", "type"), _choice("kind")),
    Column("category", gettext_lazy("Category"), ("категория", "группа", "группы", "раздел", "category", "group"), _path),
    Column("variety", gettext_lazy("Variety"), ("сорт", "variety", "cultivar"), _text(100)),
    Column("colour", gettext_lazy("Colour"), ("цвет", "окраска", "colour", "color"), _choice("colour")),
    Column("stem_length", gettext_lazy("Stem length, cm"), ("ростовка", "длина", "длина стебля", "высота", "stem length", "length", "length cm"), _whole(STEM_AT_MOST)),
    Column("role", gettext_lazy("Role in a bouquet"), ("роль", "роль в букете", "role"), _choice("role")),
    Column("vase_life_days", gettext_lazy("Vase life, days"), ("срок стояния", "стойкость", "vase life", "срок жизни"), _whole(DAYS_AT_MOST)),
    Column("shelf_life_days", gettext_lazy("Shelf life, days"), ("срок хранения", "срок годности", "shelf life"), _whole(DAYS_AT_MOST)),
    Column("minimum_stock", gettext_lazy("Minimum stock"), ("минимум", "минимальный остаток", "неснижаемый остаток", "min stock", "minimum", "minimum stock"), _number(places=3, minimum="0.001", maximum=Decimal("999999.999"))),
    Column("tax_rate", gettext_lazy("Tax within the price"), ("ндс", "ставка ндс", "налог", "vat", "tax"), _number(places=2, minimum="0", maximum=100)),
    Column("trade_code", gettext_lazy("Trade code"), ("код vbn", "vbn", "floricode", "vbn code", "trade code"), _text(20)),
    Column("barcodes", gettext_lazy("Barcodes"), ("штрихкод", "штрихкоды", "штрих код", "ean", "ean13", "barcode", "barcodes", "gtin"), _codes),
    Column("tags", gettext_lazy("Tags"), ("метки", "теги", "tags", "labels"), _tags),
    Column("notes", gettext_lazy("Notes for the staff"), ("заметки", "заметка", "примечание", "notes", "note"), _text(5000, multiline=True)),
    Column("description", gettext_lazy("Description"), ("описание", "description"), _text(5000, multiline=True)),
    Column("is_active", gettext_lazy("On sale"), ("в продаже", "продается", "активен", "on sale", "active"), _yes),
]  # fmt: skip
BY_KEY = {column.key: column for column in COLUMNS}


@cache
def _names() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for column in COLUMNS:
        labels = list(column.names)
        for language in ("en", "ru"):
            with translation.override(language):
                labels.append(str(column.label))
        for label in labels:
            found.setdefault(_folded(re.sub(r",.*", "", label)), column.key)
    return found


def recognised(header: list[str]) -> list[str]:
    """For each name of a file's header the key of the column it most likely is, or nothing; no column twice."""
    used: set[str] = set()
    found = []
    for name in header:
        key = _names().get(_folded(re.sub(r",.*|\(.*?\)", "", name)), "")
        found.append("" if key in used else key)
        used.add(key)
    return found
