"""What people type about the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import BadInput
from core.forms import CleanCharField, DateField, DecimalTextField, Form, ModelForm, MoneyField, QuantityField
from products.domain.kit_price import KitPrice, Rule
from products.domain.prices import Change, Rounding, Way
from products.domain.tag_names import parted
from products.lines import ComponentField, LineForm, ProductField, number_so_far, reckoning, unmarked
from products.models import (
    INSTEAD_AT_MOST,
    Channel,
    Colour,
    DesignRole,
    Kind,
    Packing,
    PriceKind,
    PriceRule,
    Product,
    ProductCategory,
    ProductKit,
    ProductVariantGroup,
    RoundedTo,
    Size,
)
from products.models.product import DAYS_AT_MOST, STEM_AT_MOST, TAG_LENGTH
from products.models.settings import MINIMUM_AT_MOST
from products.selectors import category_tree, with_subcategories
from products.services.catalogue import Packed, checked_codes
from products.services.tags import checked_tags
from products.stock_figures import places


class WholeField(DecimalTextField):
    """A whole number from one up, or nothing."""

    def __init__(self, *, maximum: int, **kwargs: Any) -> None:
        super().__init__(places=0, minimum=Decimal(1), maximum=Decimal(maximum), required=False, **kwargs)

    def clean(self, value: Any) -> int | None:
        number = super().clean(value)
        return None if number is None else int(number)


class TagsField(forms.Field):
    """Words parted by commas, each once whatever its case, by the alphabet."""

    widget = forms.TextInput

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        try:
            return checked_tags(parted(str(value or "")))
        except BadInput as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal


SEASON_HELP = _("Before and after these days orders are not offered it. Empty: always.")


class ProductForm(ModelForm):
    """A product as the catalogue shows it. The first five fields are enough; the others stand folded below them."""

    FIRST = ("name", "kind", "sale_price", "unit", "category")

    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.FLOWER, required=False, label=_("Kind"))
    name = CleanCharField(max_length=200, label=pgettext_lazy("goods", "Name"))
    sku = CleanCharField(
        max_length=40, required=False, label=_("SKU"), help_text=_("Left empty, it is made automatically.")
    )
    category = forms.ModelChoiceField(
        queryset=ProductCategory.objects.none(), required=False, label=_("Category"), empty_label=_("without category")
    )
    sale_price = MoneyField(label=_("Price"))
    vase_life_days = WholeField(
        maximum=DAYS_AT_MOST, label=_("Vase life, days"),
        help_text=_("How long it stays fresh; empty if it does not wilt."),
    )  # fmt: skip
    shelf_life_days = WholeField(
        maximum=DAYS_AT_MOST, label=_("Shelf life, days"), help_text=_("How long the shop keeps it for sale.")
    )
    variety = CleanCharField(max_length=100, required=False, label=_("Variety"))
    colour = forms.ChoiceField(choices=[("", _("not named")), *Colour.choices], required=False, label=_("Colour"))
    stem_length = WholeField(maximum=STEM_AT_MOST, label=_("Stem length, cm"))
    role = forms.ChoiceField(
        choices=[("", _("not named")), *DesignRole.choices], required=False, label=_("Role in a bouquet")
    )
    minimum_stock = QuantityField(
        required=False, label=_("Minimum stock"), help_text=_("With less than this free, the stock list warns.")
    )
    tax_rate = DecimalTextField(
        places=2, minimum=Decimal(0), maximum=Decimal(100), required=False, unit="%", label=_("Tax within the price"),
        help_text=_("Empty: without tax."),
    )  # fmt: skip
    barcodes = CleanCharField(
        max_length=400, required=False, label=_("Barcodes on the goods"),
        help_text=_("As the maker printed them, parted by blanks. The shop's own code is made by itself."),
    )  # fmt: skip
    trade_code = CleanCharField(
        max_length=20, required=False, label=_("Trade code"),
        help_text=_("What the auctions and exporters call it: VBN, Floricode."),
    )  # fmt: skip
    offered_from = DateField(required=False, label=_("Offered from"), days_back=366, help_text=SEASON_HELP)
    offered_until = DateField(required=False, label=_("Offered until"), days_back=366)
    tags = TagsField(required=False, label=_("Tags"), help_text=_("Parted by commas: wedding, 8 March."))
    notes = CleanCharField(
        max_length=5000, multiline=True, required=False, label=_("Notes for the staff"),
        help_text=_("How to keep it, what to tell the buyer. Buyers don't see it."),
    )  # fmt: skip
    description = CleanCharField(max_length=5000, multiline=True, required=False, label=_("Description"))

    class Meta:
        model = Product
        fields = (
            "name", "kind", "sku", "category", "unit", "sale_price", "variety", "colour", "stem_length", "role",
            "vase_life_days", "shelf_life_days", "minimum_stock", "tax_rate", "trade_code", "offered_from", "offered_until",
            "notes", "description", "is_active",
        )  # fmt: skip
        labels = {"unit": _("Unit"), "is_active": _("On sale")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_categories(self.fields["category"])
        unmarked(self, "kind", "category", *(set(self.fields) - set(self.FIRST)))
        if self.instance.pk is not None:
            self.fields["barcodes"].initial = " ".join(row.code for row in self.instance.barcodes.all())

    def clean_kind(self) -> str:
        """A form that says nothing about it leaves the kind as it is."""
        return self.cleaned_data["kind"] or self.instance.kind

    def clean_barcodes(self) -> list[str]:
        try:
            return checked_codes(self.cleaned_data["barcodes"].replace(",", " ").split())
        except BadInput as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal

    @property
    def has_folded_errors(self) -> bool:
        """Whether a field that stands folded is refused."""
        return bool(set(self.errors) - {*self.FIRST, "__all__"})


class ListPriceForm(Form):
    """A price changed in the list, with the one that the person saw."""

    price = MoneyField(label=_("Price"))
    seen = MoneyField(label=_("Price"), widget=forms.HiddenInput)


class PriceForm(Form):
    """A price beside the retail price."""

    kind = forms.ChoiceField(
        choices=[choice for choice in PriceKind.choices if choice[0] != PriceKind.RETAIL], label=_("For what")
    )
    price = MoneyField(label=_("Price"))
    place = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label=_("Warehouse"))
    from_on = DateField(required=False, label=_("From day"), days_back=366)
    until_on = DateField(required=False, label=_("To day"), days_back=366)

    def __init__(self, *args: Any, names: Mapping[int, str] | None = None, **kwargs: Any) -> None:
        """`names` are the warehouses', where they are read already."""
        super().__init__(*args, **kwargs)
        offered = places() if names is None else names
        self.fields["place"].choices = [("", _("not chosen")), *offered.items()]  # type: ignore[attr-defined]
        unmarked(self, "place", "from_on", "until_on")


class ManyForm(Form):
    """What is done to many products: the button says which of it."""

    do = forms.ChoiceField(choices=[(name, name) for name in ("tags", "category", "archive")])
    add = TagsField(required=False, label=_("Add tags"), help_text=_("Parted by commas: wedding, 8 March."))
    remove = TagsField(required=False, label=_("Take tags away"))
    category = forms.ModelChoiceField(
        queryset=ProductCategory.objects.none(), required=False, label=_("Category"), empty_label=_("without category")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "add", "remove", "category")
        offer_categories(self.fields["category"])


class TagForm(Form):
    """The name of a tag."""

    name = CleanCharField(max_length=TAG_LENGTH, label=pgettext_lazy("goods", "Name"))


class MinimumMarginForm(Form):
    """What a price has to leave."""

    percent = DecimalTextField(
        places=0, minimum=Decimal(0), maximum=Decimal(MINIMUM_AT_MOST), unit="%", label=_("Minimum margin"),
        help_text=_("Where a price leaves less than this share of itself, the program says so. 0 warns of losses alone."),
    )  # fmt: skip


class ChangeForm(Form):
    """What is done to many prices."""

    way = forms.ChoiceField(
        choices=[
            (Way.UP.value, _("raise by per cent")), (Way.DOWN.value, _("lower by per cent")),
            (Way.SET.value, _("set to one price")),
        ],
        initial=Way.UP.value, label=_("What to do"),
    )  # fmt: skip
    amount = DecimalTextField(
        places=2, minimum=Decimal("0.01"), maximum=Decimal("99999999.99"), label=_("Per cent or price")
    )
    rounding = forms.ChoiceField(
        choices=[
            (Rounding.NONE.value, _("do not round")), (Rounding.ONE.value, _("to whole ones")),
            (Rounding.TEN.value, _("to tens")), (Rounding.FIFTY.value, _("to fifties")),
            (Rounding.NINETY.value, _("to an end in 90")),
        ],
        initial=Rounding.TEN.value, label=_("Round"),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        way, amount = data.get("way"), data.get("amount")
        if amount is not None and way == Way.DOWN.value and amount >= 100:
            self.add_error("amount", _("A price can be lowered by less than 100 per cent."))
        if amount is not None and way == Way.UP.value and amount > 1000:
            self.add_error("amount", _("A price can be raised by 1000 per cent at most."))
        return data

    def change(self) -> Change:
        """What was typed. Only for a valid form."""
        data = self.cleaned_data
        return Change(Way(data["way"]), data["amount"], Rounding(data["rounding"]))


class PackingForm(Form):
    """One way the product is bought. A line without an amount is no line: that is how one is removed."""

    packing = forms.ChoiceField(choices=Packing.choices, initial=Packing.BUNCH, label=_("Bought in"))
    own_name = CleanCharField(max_length=40, required=False, label=_("Own name"))
    factor = QuantityField(required=False, label=_("How much is in one"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "own_name", "factor")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        factor, own_name = data.get("factor"), data.get("own_name", "")
        if own_name and factor is None and "factor" not in self.errors:
            self.add_error("factor", _("Say how much is in one, or leave the whole line empty."))
        if (
            factor is not None
            and data.get("packing") == Packing.OTHER
            and not own_name
            and "own_name" not in self.errors
        ):
            self.add_error("own_name", _("Name it: crate, net, dozen."))
        return data

    def packed(self) -> Packed | None:
        """The unit as typed, None for an empty line. A name beside one of the named kinds is not meant."""
        data = self.cleaned_data
        if data.get("factor") is None:
            return None
        other = data["packing"] == Packing.OTHER
        return Packed(data["packing"], data["factor"], data["own_name"] if other else "")


PACKINGS_AT_MOST = 10
_PackingForms = forms.formset_factory(PackingForm, extra=1, max_num=PACKINGS_AT_MOST, absolute_max=PACKINGS_AT_MOST)


def packing_forms(product: Product, sent: Any = None) -> Any:
    """The ways a product is bought as lines of a form, one of them empty.

    None when a form was sent without them: then they stay as they are.
    """
    if sent is not None:
        return _PackingForms(sent, prefix="packings") if "packings-TOTAL_FORMS" in sent else None
    units = product.purchase_units.all() if product.pk else []
    known = [{"packing": unit.packing, "own_name": unit.own_name, "factor": unit.factor} for unit in units]
    return _PackingForms(initial=known, prefix="packings")


class CategoryForm(ModelForm):
    """A category's name and what it stands in."""

    name = CleanCharField(max_length=100, label=pgettext_lazy("goods", "Name"))
    parent = forms.ModelChoiceField(
        queryset=ProductCategory.objects.none(), required=False, label=_("Stands in"), empty_label=_("at the top")
    )

    hidden_from = forms.MultipleChoiceField(
        choices=Channel, required=False, label=_("Not offered in"), widget=forms.CheckboxSelectMultiple,
        help_text=_("What is in it or under it is then found there only by its code or whole name."),
    )  # fmt: skip

    class Meta:
        model = ProductCategory
        fields = ("name", "parent", "hidden_from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_categories(self.fields["parent"], but=self.instance)

    def validate_unique(self) -> None:
        """The service says it, under its lock."""

    def validate_constraints(self) -> None:
        """The service says it, under its lock."""


def offer_categories(field: Any, *, but: ProductCategory | None = None) -> None:
    """Let a field choose among all live categories, indented like the tree, `but` this one and what is under it. They are
    read when the field is drawn: a part of the page without it asks nothing."""

    @cache
    def choices() -> list[tuple[Any, str]]:
        shelves = category_tree(counted=False)
        left_out = with_subcategories(shelves, str(but.pk)) if but is not None else None
        offered = [shelf for shelf in shelves if shelf.category.pk not in (left_out or ())]
        return [("", field.empty_label), *((shelf.category.pk, shelf.indented) for shelf in offered)]

    field.queryset = ProductCategory.objects.all()
    field.choices = choices


KIT_FIGURES = "kit_figures"  # the part of the page that is reckoned while a recipe is typed


class KitForm(ModelForm):
    """A bouquet without its components: those are lines."""

    name = CleanCharField(max_length=200, label=pgettext_lazy("goods", "Name"))
    category = forms.ModelChoiceField(
        queryset=ProductCategory.objects.none(), required=False, label=_("Category"), empty_label=_("without category")
    )
    size = forms.TypedChoiceField(
        choices=Size.choices,
        coerce=int,
        empty_value=Size.ONE.value,  # type: ignore[arg-type]  # the stubs know only texts
        required=False,
        label=_("Size"),
    )
    sale_price = MoneyField(required=False, label=_("Price"), help_text=_("Left empty where a rule reckons it."))
    work_cost = MoneyField(required=False, label=_("Work on one bouquet"))
    price_rule = forms.ChoiceField(choices=PriceRule.choices, required=False, label=_("Price by"))
    markup = DecimalTextField(
        places=2, minimum=Decimal(0), maximum=Decimal(9999), required=False, unit="%", label=_("Markup")
    )
    rounded_to = forms.ChoiceField(choices=RoundedTo.choices, required=False, label=_("Price rounded"))
    offered_from = DateField(required=False, label=_("Offered from"), days_back=366, help_text=SEASON_HELP)
    offered_until = DateField(required=False, label=_("Offered until"), days_back=366)
    description = CleanCharField(max_length=5000, multiline=True, required=False, label=_("Description"))

    class Meta:
        model = ProductKit
        fields = (
            "name", "size", "category", "sale_price", "work_cost", "price_rule", "markup", "rounded_to", "offered_from",
            "offered_until", "description", "is_active",
        )  # fmt: skip
        labels = {"is_active": _("On sale")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(
            self,
            "offered_from",
            "offered_until",
            "size",
            "sale_price",
            "work_cost",
            "price_rule",
            "markup",
            "rounded_to",
        )
        for name in ("sale_price", "work_cost", "markup"):
            self.fields[name].widget.attrs |= reckoning(KIT_FIGURES)
        for name in ("price_rule", "rounded_to"):
            self.fields[name].widget.attrs |= reckoning(KIT_FIGURES) | {"hx-trigger": "change"}
        offer_categories(self.fields["category"])

    def priced_so_far(self, work: Decimal) -> KitPrice:
        """The rule as it is chosen while the form is being filled in."""
        rule, rounded = str(self["price_rule"].value() or ""), str(self["rounded_to"].value() or "")
        return KitPrice(
            Rule(rule) if rule in PriceRule.values else Rule.FIXED,
            number_so_far(self, "markup") or Decimal(0),
            work,
            Rounding(rounded) if rounded in RoundedTo.values else Rounding.NONE,
        )

    def clean(self) -> dict[str, Any]:
        """Without a rule there is a price; what is left empty is nothing."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["price_rule"] = data.get("price_rule") or PriceRule.FIXED.value
        data["rounded_to"] = data.get("rounded_to") or RoundedTo.NONE.value
        if data.get("sale_price") is None and data["price_rule"] == PriceRule.FIXED and "sale_price" not in self.errors:
            self.add_error(
                "sale_price", ValidationError(self.fields["sale_price"].error_messages["required"], code="required")
            )
        for name in ("sale_price", "work_cost", "markup"):
            data[name] = data.get(name) or Decimal(0)
        return data


@dataclass(frozen=True)
class Alternative:
    """A field for what may be taken instead, as a line of a recipe shows it."""

    field: forms.BoundField
    line: int

    @property
    def name(self) -> str:
        """How the field is called in its line."""
        return self.field.name

    @property
    def suggestions(self) -> list[Any]:
        """What the typed text may mean."""
        field = self.field.field
        return field.suggestions if isinstance(field, ProductField) else []


class ComponentForm(LineForm):
    """How much of which product or group, or how many of which other bouquet, go into one bouquet."""

    INSTEAD = tuple(f"instead_{place}" for place in range(1, INSTEAD_AT_MOST + 1))

    product = ComponentField(label=_("Product, bouquet or group"))
    instead_1 = ProductField(required=False, label=_("Or instead"))
    instead_2 = ProductField(required=False, label=_("Or instead"))
    instead_3 = ProductField(required=False, label=_("Or instead"))
    instead_4 = ProductField(required=False, label=_("Or instead"))
    offers = "&kits=1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].widget.attrs |= reckoning(KIT_FIGURES)
        unmarked(self, *self.INSTEAD)
        for name in self.INSTEAD:
            self.look_up(name, f"?line={self.number}&field={name}", f"#lines-{self.number}-{name}-found")

    @classmethod
    def tidied(cls, values: dict[str, Any]) -> dict[str, Any]:
        """What may be taken instead moves up where a field was emptied."""
        texts = [str(values.get(name) or "") for name in cls.INSTEAD]
        filled = [text for text in texts if text.strip()]
        return values | dict(zip(cls.INSTEAD, filled + [""] * len(texts), strict=False))

    def take_focus(self) -> None:
        """Behind what may be taken instead there may be more of it."""
        if self.chosen_in in self.INSTEAD:
            self.alternatives[-1].field.field.widget.attrs["data-focus"] = ""
        else:
            super().take_focus()

    @property
    def alternatives(self) -> list[Alternative]:
        """The fields of what may be taken instead that are filled in, and one more while there is one."""
        fields = [self[name] for name in self.INSTEAD]
        filled = sum(bool(str(field.value() or "").strip()) for field in fields)
        return [Alternative(field, self.number) for field in fields[: filled + 1]]

    @property
    def has_alternatives(self) -> bool:
        """Whether something is filled in there."""
        return bool(str(self[self.INSTEAD[0]].value() or "").strip())

    @property
    def may_have_alternatives(self) -> bool:
        """A bouquet or a group has none."""
        return self.has_alternatives or self.chosen is None or isinstance(self.chosen, Product)

    def instead(self) -> tuple[Product, ...]:
        """What may be taken instead, as far as it is certain."""
        return tuple(self.picked[name] for name in self.INSTEAD if name in self.picked)


class VariantForm(LineForm):
    """One of several products that may stand for each other."""

    quantity = None  # type: ignore[assignment]  # Django's way to leave out an inherited field

    def take_focus(self) -> None:
        """There is nothing but the product."""
        self.fields["product"].widget.attrs["data-focus"] = ""


class GroupForm(ModelForm):
    """What interchangeable products are called."""

    name = CleanCharField(
        max_length=200, label=pgettext_lazy("goods", "Name"), help_text=_("For example: any red rose of 60 cm.")
    )
    note = CleanCharField(max_length=300, required=False, label=_("Note"))

    class Meta:
        model = ProductVariantGroup
        fields = ("name", "note")

    def validate_unique(self) -> None:
        """The service says it, under its lock."""

    def validate_constraints(self) -> None:
        """The service says it, under its lock."""


class SearchForm(Form):
    """What is looked for in a list."""

    q = CleanCharField(max_length=100, required=False, label=_("Search"))

    @classmethod
    def text(cls, sent: Any) -> str:
        """The text of the address, empty when it can't be meant."""
        form = cls(sent)
        return str(form.cleaned_data.get("q", "")) if form.is_valid() else ""
