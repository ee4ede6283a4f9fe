"""Forms with several lines that grow and shrink, with scripts and without.

Every press of a button sends the whole form; the server answers with the lines as they are then. `add`, `remove` and
`choose` are the buttons; `look` (what the Enter key sends) only looks up the products that were typed, and `count` (what
a field sends while it is typed into) has the figures reckoned anew.
"""

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.forms import Form, QuantityField
from core.text import clean_text
from products.models import Product, ProductKit, ProductVariantGroup
from products.selectors import (
    GROUP_MARK,
    KIT_MARK,
    products_by_sku,
    resolve_marked,
    resolve_named,
    resolve_product,
    written,
)

LINES_AT_MOST = 100
LONGEST_TEXT = 300


def unmarked(form: forms.BaseForm, *names: str) -> None:
    """These fields don't say that they are optional: in a line it would stand there again and again."""
    for name in names:
        form.fields[name].unmarked = True  # type: ignore[attr-defined]  # read by components/field.html


class ProductField(forms.Field):
    """A product by SKU or name, typed or chosen. What it might have been is kept for the page in `suggestions`."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Product"))
        super().__init__(**kwargs)
        self.suggestions: list[Any] = []
        self.known: Mapping[str, Product] = {}

    def chosen(self, key: str) -> Any:
        """What an offered button stands for: a product's key."""
        return Product.objects.filter(pk=int(key)).first() if is_key(key) else None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "off", "spellcheck": "false"}

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, Product | ProductKit | ProductVariantGroup) else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            text = clean_text(str(value), max_length=LONGEST_TEXT)
        except BadInput as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal
        if not text:
            return None
        resolved = resolve_product(text, known=self.known)
        if resolved.product is None:
            self.suggestions = list(resolved.suggestions)
            if self.suggestions:
                raise ValidationError(
                    _("“%(text)s” is not one certain product. Choose one below or type its SKU.") % {"text": text},
                    code="unknown_product",
                )
            raise ValidationError(
                _("There is no product “%(text)s”. Type a part of its name or its SKU.") % {"text": text},
                code="unknown_product",
            )
        return resolved.product


class ComponentField(ProductField):
    """A product, one of a group of interchangeable ones, or a bouquet: what may go into a bouquet."""

    marks: Mapping[str, type[Any]] = {"k": ProductKit, "g": ProductVariantGroup}

    def chosen(self, key: str) -> Any:
        """A product's key, a bouquet's after a `k`, a group's after a `g`."""
        model = self.marks.get(key[:1])
        if model is None:
            return super().chosen(key)
        return model.objects.filter(pk=int(key[1:])).first() if is_key(key[1:]) else None

    def to_python(self, value: Any) -> Any:
        text = "" if value in self.empty_values else str(value).replace("\x00", "").strip()[:LONGEST_TEXT]
        if (KIT_MARK in text or GROUP_MARK in text) and (goods := resolve_marked(text)) is not None:
            return goods
        try:
            return super().to_python(value)
        except ValidationError:
            if (goods := resolve_named(text)) is not None:
                return goods
            raise


def is_key(text: str) -> bool:
    """Whether a text of an address or a button can be the key of a row."""
    return text.isascii() and text.isdigit() and len(text) < 19


def reckoning(into: str, *, also: str = "") -> dict[str, str]:
    """Attributes of a field of a form with lines: what is typed goes to the server, the part `into` comes back, and with
    it the parts `also` (`#one,#other`). A form asks one thing at a time: an older answer that is still on its way, asked for
    by another field, would tell what is no longer so."""
    attrs = {
        "hx-post": "",
        "hx-vals": '{"do": "count"}',
        "hx-trigger": "input changed delay:300ms",
        "hx-target": f"#{into}",
        "hx-select": f"#{into}",
        "hx-swap": "outerHTML",
        "hx-sync": "closest form:replace",
    }
    return attrs | {"hx-select-oob": also} if also else attrs


def number_so_far(form: forms.BaseForm, name: str) -> Decimal | None:
    """What stands in a field of numbers while the form is being filled in; None while it can't be read."""
    try:
        value: Decimal | None = form.fields[name].clean(form[name].value())
    except ValidationError:
        return None
    return value


class LineForm(Form):
    """One line: a product and how much of it. Subclasses add what else a line has."""

    product = ProductField()
    quantity = QuantityField(label=_("Quantity"))
    chosen: Any = None  # a product; a line of a recipe may have chosen a bouquet
    offers = ""  # what else the search offers, as a part of its address
    chosen_in = "product"  # the field that an offer was just chosen for

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.picked: dict[str, Any] = {}  # goods by the name of their field, as far as they are certain
        self.look_up("product", f"?line={self.number}{self.offers}", f"#lines-{self.number}-found")

    def look_up(self, name: str, query: str, into: str) -> None:
        """Offer what a field's text may mean while it is typed."""
        self.fields[name].widget.attrs |= {
            "hx-get": f"{reverse('products:product_search')}{query}",
            "hx-trigger": "input changed delay:250ms",
            "hx-target": into,
            "hx-sync": "this:replace",
        }

    @classmethod
    def tidied(cls, values: dict[str, Any]) -> dict[str, Any]:
        """What was sent for a line, in order."""
        return values

    def know(self, products: Mapping[str, Product]) -> None:
        """Products found for all lines at once, by SKU in capitals."""
        for field in self.fields.values():
            if isinstance(field, ProductField):
                field.known = products

    def take_focus(self) -> None:
        """The cursor goes to what comes next: the quantity of a chosen product, else the product."""
        self.fields["quantity" if self.chosen else "product"].widget.attrs["data-focus"] = ""

    def typed(self, name: str) -> Decimal | None:
        """A number as typed so far, refused or not yet sent; None while it can't be read."""
        return number_so_far(self, name)

    @property
    def suggestions(self) -> list[Any]:
        """What the typed text may mean."""
        field = self.fields["product"]
        return field.suggestions if isinstance(field, ProductField) else []

    @property
    def number(self) -> int:
        """The line's place, from 0."""
        return int(str(self.prefix).rpartition("-")[2])


Line = TypeVar("Line", bound=LineForm)


class Lines(Generic[Line]):
    """The lines of a form as they were sent."""

    def __init__(
        self, form: type[Line], sent: Mapping[str, Any] | None = None, start: list[dict[str, Any]] | None = None
    ):
        self.form = form
        self.names = list(form.base_fields)
        self.of_goods = [name for name, field in form.base_fields.items() if isinstance(field, ProductField)]
        self.raw: list[dict[str, Any]] = self._read(sent) if sent is not None else list(start or [{}])
        self.focus: int | None = None
        self.chosen_in = "product"
        self.forms: list[Line] = []

    def _read(self, sent: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The lines that were sent, from 0 on. Raises BadInput when there are more than anybody types."""
        rows: list[dict[str, Any]] = []
        while any(f"lines-{len(rows)}-{name}" in sent for name in self.names):
            rows.append(self.form.tidied({name: sent.get(f"lines-{len(rows)}-{name}", "") for name in self.names}))
            if len(rows) > LINES_AT_MOST:
                raise BadInput(
                    _("There are more than %(limit)s lines. Split them into several documents.")
                    % {"limit": LINES_AT_MOST}
                )
        return rows or [{}]

    def change(self, sent: Mapping[str, Any]) -> bool:
        """Do what a button of the lines asked. False means that no such button was pressed: the form itself is sent."""
        if "remove" in sent:
            place = str(sent["remove"])
            if place.isascii() and place.isdigit() and int(place) < len(self.raw):
                del self.raw[int(place)]
            self.raw = self.raw or [{}]
            self.focus = len(self.raw) - 1
        elif "choose" in sent:
            self._choose(str(sent["choose"]))
        elif sent.get("do") == "add":
            if len(self.raw) < LINES_AT_MOST:
                self.raw.append({})
            self.focus = len(self.raw) - 1
        elif sent.get("do") not in {"look", "count"}:
            return False
        return True

    def _choose(self, choice: str) -> None:
        """`choice` is the line, the goods and, where it is not the line's product, the name of the field."""
        place, _colon, rest = choice.partition(":")
        key, _colon, name = rest.partition(":")
        name = name or "product"
        field = self.form.base_fields.get(name)
        if not is_key(place) or int(place) >= len(self.raw) or not isinstance(field, ProductField):
            return
        goods = field.chosen(key)
        if goods is not None:
            self.raw[int(place)][name] = written(goods)
            self.focus, self.chosen_in = int(place), name

    def _known(self) -> dict[str, Product]:
        texts = (str(values.get(name) or "") for values in self.raw for name in self.of_goods)
        return products_by_sku(text for text in texts if "\x00" not in text and len(text) <= LONGEST_TEXT)

    def open(self) -> list[Line]:
        """The lines as forms to go on filling in: typed products are looked up, nothing is refused yet."""
        self.forms = []
        known = self._known()
        for place, values in enumerate(self.raw):
            line = self.form(initial=values, prefix=f"lines-{place}")
            line.know(known)
            for name in self.of_goods:
                text = str(values.get(name) or "")
                if text.strip():
                    with suppress(ValidationError):
                        line.picked[name] = line.fields[name].clean(text)
            line.chosen = line.picked.get("product")
            line.initial = {**values, **{name: written(goods) for name, goods in line.picked.items()}}
            if place == self.focus:
                line.chosen_in = self.chosen_in
                line.take_focus()
            self.forms.append(line)
        return self.forms

    def checked(self) -> list[dict[str, Any]] | None:
        """The values of all lines that are not empty, or None when one of them is refused; `forms` show why."""
        self.forms = []
        known = self._known()
        good: list[dict[str, Any]] = []
        refused = False
        filled = [values for values in self.raw if any(str(value).strip() for value in values.values())]
        for place, values in enumerate(filled or self.raw[:1]):
            line = self.form(
                {f"lines-{place}-{name}": value for name, value in values.items()}, prefix=f"lines-{place}"
            )
            line.know(known)
            if line.is_valid():
                good.append(line.cleaned_data)
            else:
                refused = True
            line.picked = {name: line.cleaned_data[name] for name in self.of_goods if line.cleaned_data.get(name)}
            line.chosen = line.picked.get("product")
            self.forms.append(line)
        return None if refused else good
