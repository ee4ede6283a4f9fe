"""What a list of products is narrowed to: read from the address, asked of the database, said as chips.

The list, its labels, its price changes and its export share one address, so that "these 112" are the same everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.errors import BadInput
from core.text import clean_text
from products.domain.tag_names import folded
from products.models import Colour, Kind, Product
from products.selectors import Shelf, narrowed, tagged, used_tags, with_subcategories
from products.stock_figures import products_in_state

LONGEST = 100
STATES = {"on": gettext_lazy("On sale"), "off": gettext_lazy("Not on sale"), "archive": gettext_lazy("Archive")}
# What `products_in_state` knows, and "none": everything else that is kept in stock.
STOCK_STATES = {
    "free": pgettext_lazy("stock", "Free stock"), "none": pgettext_lazy("stock", "Nothing free"),
    "low": pgettext_lazy("stock", "Below the minimum"),
}  # fmt: skip


@dataclass(frozen=True)
class Chip:
    """A part of the filter that one press takes away."""

    name: str
    label: str
    url: str


@dataclass(frozen=True)
class Filter:
    """The parts as the address has them; one that can't be meant is empty."""

    q: str = ""
    category: str = ""
    kind: str = ""
    colour: str = ""
    tag: str = ""
    stock: str = ""
    state: str = ""
    shelves: Sequence[Shelf] = ()

    NAMES = ("q", "category", "kind", "colour", "tag", "stock", "state")

    @classmethod
    def read(cls, sent: Any, *, shelves: Sequence[Shelf]) -> "Filter":
        """The filter of an address."""
        given = {name: _text(sent.get(name, "")) for name in cls.NAMES}
        known = cls(**given, shelves=shelves)
        return replace(
            known,
            category=known.category if known.categories is not None else "",
            kind=known.kind if known.kind in Kind.values else "",
            colour=known.colour if known.colour in Colour.values else "",
            stock=known.stock if known.stock in STOCK_STATES else "",
            state=known.state if known.state in STATES else "",
        )

    @cached_property
    def categories(self) -> set[int] | None:
        """The keys of the chosen category and what is under it; None for all."""
        return with_subcategories(self.shelves, self.category)

    @property
    def given(self) -> dict[str, str]:
        """The parts that are not empty."""
        return {name: value for name in self.NAMES if (value := getattr(self, name))}

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the text is chosen."""
        return bool(self.given.keys() - {"q"})

    def url(self, **changed: str) -> str:
        """The query of an address with this filter, some parts changed; `?` without any."""
        return f"?{urlencode({name: value for name, value in {**self.given, **changed}.items() if value})}"

    @property
    def xlsx_url(self) -> str:
        """The query of the export as a workbook."""
        return self.url(format="xlsx")

    def products(self) -> QuerySet[Product]:
        """The products it leaves, by name."""
        rows = narrowed(text=self.q, categories=self.categories, state=self.state)
        for field in ("kind", "colour"):
            if value := getattr(self, field):
                rows = rows.filter(**{field: value})
        if self.tag:
            rows = rows.filter(pk__in=tagged(self.tag))
        if self.stock == "none":
            rows = rows.exclude(kind=Kind.SERVICE).exclude(pk__in=products_in_state("free"))
        elif self.stock:
            rows = rows.filter(pk__in=products_in_state(self.stock))
        return rows

    @property
    def chips(self) -> list[Chip]:
        """The chosen parts that a menu holds, each with the address without it."""
        names = {str(shelf.category.pk): shelf.category.name for shelf in self.shelves}
        said = [
            ("category", names.get(self.category, "")),
            ("kind", str(Kind(self.kind).label) if self.kind else ""),
            ("colour", str(Colour(self.colour).label) if self.colour else ""),
            ("tag", self.tag),
            ("stock", str(STOCK_STATES.get(self.stock, ""))),
        ]
        return [Chip(name, label, self.url(**{name: ""})) for name, label in said if label]

    @property
    def states(self) -> list[dict[str, str]]:
        """What the list may be switched to by one press, the rest of the filter as it is."""
        labels = {"": _("All of them"), **STATES}
        return [{"value": value, "label": str(label), "url": self.url(state=value)} for value, label in labels.items()]

    @property
    def menus(self) -> list[dict[str, Any]]:
        """Menus to choose from: name, label, what stands for "any", and the choices."""
        return [
            _menu("kind", _("Kind"), _("any kind"), Kind.choices, self.kind),
            _menu("colour", _("Colour"), _("any colour"), Colour.choices, self.colour),
            _menu("stock", _("Stock"), _("any stock"), list(STOCK_STATES.items()), self.stock),
            _menu("tag", _("Tag"), _("any tag"), *_tags(self.tag)),
        ]


def _menu(name: str, label: str, empty: str, choices: Sequence[tuple[Any, Any]], chosen: str) -> dict[str, Any]:
    return {"name": name, "label": label, "choices": [("", empty), *choices], "chosen": chosen}


def _tags(chosen: str) -> tuple[list[tuple[str, str]], str]:
    """The tags to choose from, and the chosen one in the spelling that it has there."""
    names = used_tags()
    return [(name, name) for name in names], next((name for name in names if folded(name) == folded(chosen)), chosen)


def _text(value: Any) -> str:
    try:
        return clean_text(str(value), max_length=LONGEST)
    except BadInput:
        return ""
