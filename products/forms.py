"""What people type about the catalogue."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import CleanCharField, DecimalTextField, Form, ModelForm, MoneyField, QuantityField
from products.lines import ComponentField, LineForm, reckoning, unmarked
from products.models import Packing, Product, ProductCategory, ProductKit
from products.selectors import category_tree, with_subcategories
from products.services.catalogue import Packed


class ProductForm(ModelForm):
    """A product as the catalogue shows it."""

    name = CleanCharField(max_length=200, label=pgettext_lazy("goods", "Name"))
    sku = CleanCharField(
        max_length=40, required=False, label=_("SKU"), help_text=_("Left empty, it is made automatically.")
    )
    category = forms.ModelChoiceField(
        queryset=ProductCategory.objects.none(), required=False, label=_("Category"), empty_label=_("without category")
    )
    sale_price = MoneyField(label=_("Price"))
    vase_life_days = DecimalTextField(
        places=0, minimum=Decimal(1), maximum=Decimal(3650), required=False, label=_("Vase life, days"),
        help_text=_("How long it stays fresh; empty if it does not wilt."),
    )  # fmt: skip
    description = CleanCharField(max_length=5000, multiline=True, required=False, label=_("Description"))

    class Meta:
        model = Product
        fields = ("name", "sku", "category", "unit", "sale_price", "vase_life_days", "description", "is_active")
        labels = {"unit": _("Unit"), "is_active": _("On sale")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_categories(self.fields["category"])

    def clean_vase_life_days(self) -> int | None:
        days = self.cleaned_data["vase_life_days"]
        return None if days is None else int(days)


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

    class Meta:
        model = ProductCategory
        fields = ("name", "parent")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_categories(self.fields["parent"], but=self.instance)

    def validate_unique(self) -> None:
        """The service says it, under its lock."""

    def validate_constraints(self) -> None:
        """The service says it, under its lock."""


def offer_categories(field: Any, *, but: ProductCategory | None = None) -> None:
    """Let a field choose among all live categories, indented like the tree, `but` this one and what is under it."""
    field.queryset = ProductCategory.objects.all()
    shelves = category_tree(counted=False)
    left_out = with_subcategories(shelves, str(but.pk)) if but is not None else None
    field.choices = [
        ("", field.empty_label),
        *((s.category.pk, s.indented) for s in shelves if s.category.pk not in (left_out or ())),
    ]


KIT_FIGURES = "kit_figures"  # the part of the page that is reckoned while a recipe is typed


class KitForm(ModelForm):
    """A bouquet without its components: those are lines."""

    name = CleanCharField(max_length=200, label=pgettext_lazy("goods", "Name"))
    category = forms.ModelChoiceField(
        queryset=ProductCategory.objects.none(), required=False, label=_("Category"), empty_label=_("without category")
    )
    sale_price = MoneyField(label=_("Price"))
    description = CleanCharField(max_length=5000, multiline=True, required=False, label=_("Description"))

    class Meta:
        model = ProductKit
        fields = ("name", "category", "sale_price", "description", "is_active")
        labels = {"is_active": _("On sale")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sale_price"].widget.attrs |= reckoning(KIT_FIGURES)
        offer_categories(self.fields["category"])


class ComponentForm(LineForm):
    """How much of which product, or how many of which other bouquet, go into one bouquet."""

    product = ComponentField(label=_("Product or bouquet"))
    offers = "&kits=1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].widget.attrs |= reckoning(KIT_FIGURES)


class SearchForm(Form):
    """What is looked for in a list."""

    q = CleanCharField(max_length=100, required=False, label=_("Search"))

    @classmethod
    def text(cls, sent: Any) -> str:
        """The text of the address, empty when it can't be meant."""
        form = cls(sent)
        return str(form.cleaned_data.get("q", "")) if form.is_valid() else ""
