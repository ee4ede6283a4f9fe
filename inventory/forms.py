"""What people type about the stock."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import CleanCharField, DateField, Form, KeyField, ModelForm, MoneyField, QuantityField
from core.links import shop_url
from core.templatetags.florist import quantity
from inventory.domain.counting import WHOLE, Counted, TooExact, count, dearer_by
from inventory.errors import TooExactPacks
from inventory.models import FreightSpread, IssueOrder, StockBatch, StockTakeScope, Supplier, Warehouse, WriteOffReason
from inventory.services.assembling import MOST_AT_ONCE
from inventory.services.transfers import Missing
from products.forms import offer_categories
from products.lines import LineForm, ProductField, reckoning, unmarked
from products.models import Product, ProductCategory, PurchaseUnit
from products.models.purchase_unit import counted_in_words
from products.selectors import carried, product_by_code

REMARKABLE_CHANGE = 15  # per cent


class ReceiptForm(Form):
    """Who brought it, when, where to."""

    supplier = forms.ModelChoiceField(
        queryset=Supplier.objects.none(), required=False, label=_("Supplier"), empty_label=_("not named")
    )
    warehouse = forms.ModelChoiceField(queryset=Warehouse.objects.none(), label=_("Warehouse"), empty_label=None)
    received_on = DateField(label=_("Day of receipt"), days_back=366, days_ahead=0)
    freight = MoneyField(label=_("Freight"), required=False, help_text=_("Becomes part of what the goods cost."))
    spread = forms.ChoiceField(
        choices=FreightSpread.choices, label=_("Shared over the goods"), required=False, initial=FreightSpread.VALUE
    )
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "spread")
        self.fields["supplier"].queryset = Supplier.objects.order_by("name")  # type: ignore[attr-defined]
        # Another supplier packs otherwise: the lines come back with what it is offered in.
        self.fields["supplier"].widget.attrs |= {
            "hx-post": "",
            "hx-vals": '{"do": "count"}',
            "hx-trigger": "change",
            "hx-target": "#lines",
            "hx-swap": "outerHTML",
            "hx-sync": "this:replace",
            # What is typed into a line while they are on their way would be lost.
            "hx-disabled-elt": "#lines input, #lines select",
        }
        self.fields["warehouse"].queryset = Warehouse.objects.order_by("-is_default", "position")  # type: ignore[attr-defined]

    def clean_freight(self) -> Decimal:
        return self.cleaned_data["freight"] or Decimal(0)

    def clean_spread(self) -> str:
        return self.cleaned_data["spread"] or FreightSpread.VALUE

    def received_at(self) -> datetime:
        """Noon of the day typed, the shop's time: the same form sent again means the same moment."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["received_on"], time(12)))


class ReceiptLineForm(LineForm):
    """What arrived of one product, counted in its base unit or one of its purchase units, and the cost of one of them.

    What the page shows beside it is set by the view: `units` to choose from, `last_cost` per base unit, `fresh_until`.
    """

    unit = CleanCharField(max_length=20, required=False, label=_("Counted in"), widget=forms.Select)
    unit_cost = MoneyField(label=_("Cost per unit"), places=4)
    expires_on = DateField(label=_("Fresh until"), required=False, days_back=366, days_ahead=3650)
    units: Sequence[PurchaseUnit] = ()
    last_cost: Decimal | None = None
    fresh_until: date | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "unit", "expires_on")
        self.reckon_with([self])

    def reckon_with(self, lines: Sequence["ReceiptLineForm"]) -> None:
        """Let what is typed bring the figures of all `lines` and the total: asking again drops what another line asked."""
        others = [f"#lines-{line.number}-counted" for line in lines if line.number != self.number]
        for name in ("quantity", "unit", "unit_cost"):
            attrs = reckoning(f"lines-{self.number}-counted", also=",".join([*others, "#lines_total"]))
            self.fields[name].widget.attrs |= attrs

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        product, key = data.get("product"), data.get("unit", "")
        data["unit"] = None
        if product is None or not key:
            return data
        unit = product.purchase_units.filter(pk=int(key)).first() if key.isascii() and key.isdigit() else None
        if unit is None:
            self.add_error("unit", _("It is not bought so, or not any more. Choose anew what it is counted in."))
            return data
        data["unit"] = unit
        if "quantity" in data:
            try:
                count(data["quantity"], Decimal(0), unit.factor)
            except TooExact as exact:
                self.add_error("quantity", str(TooExactPacks(data["quantity"], unit, exact.quantity)))
        return data

    def offer(self, units: Sequence[PurchaseUnit], *, all_units: Sequence[PurchaseUnit] = ()) -> None:
        """The purchase units to choose from, beside the base unit. One of `all_units` that was chosen and is not among
        them, because the supplier was changed since, stays and says so: ten bunches don't become ten stems by themselves.
        """
        chosen = str(self["unit"].value() or "")
        foreign = [unit for unit in all_units if str(unit.pk) == chosen and unit not in units]
        self.units = [*units, *foreign]
        base = self.chosen.get_unit_display() if self.chosen else ""
        self.fields["unit"].widget.choices = [
            ("", base),
            *((str(unit.pk), str(unit)) for unit in units),
            *((str(unit.pk), _("%(unit)s: another supplier's") % {"unit": unit}) for unit in foreign),
        ]

    @property
    def counted_in(self) -> PurchaseUnit | None:
        """The purchase unit chosen so far."""
        return next((unit for unit in self.units if str(unit.pk) == str(self["unit"].value() or "")), None)

    @property
    def packs(self) -> Decimal | None:
        """The quantity as typed so far; None while it can't be read."""
        return self.typed("quantity")

    @property
    def counted(self) -> Counted | None:
        """The line in base units as typed so far, costing nothing without a cost; None while it can't be read."""
        if self.packs is None:
            return None
        unit = self.counted_in
        try:
            return count(self.packs, self.typed("unit_cost") or Decimal(0), unit.factor if unit else WHOLE)
        except TooExact:
            return None

    @property
    def has_cost(self) -> bool:
        """Whether a cost can be read."""
        return self.typed("unit_cost") is not None

    @property
    def words(self) -> str:
        """`10 bunches × 25`; empty when it is counted in base units."""
        unit = self.counted_in
        if unit is None or self.packs is None:
            return ""
        return f"{counted_in_words(self.packs, unit.packing, unit.own_name)} × {quantity(unit.factor)}"

    @property
    def change(self) -> int | None:
        """Per cent above the last cost, negative below it; None when there is nothing to compare."""
        counted = self.counted
        return dearer_by(counted.unit_cost, self.last_cost) if counted and self.has_cost else None

    @property
    def remarkable(self) -> int:
        """The change without its sign when it is worth words, else 0."""
        change = abs(self.change or 0)
        return change if change > REMARKABLE_CHANGE else 0


class PackForm(LineForm):
    """What a supplier packs, and in which of its purchase units."""

    quantity = None  # type: ignore[assignment]  # how Django takes a field away
    unit = CleanCharField(max_length=20, required=False, label=_("Packed in"), widget=forms.Select)
    units: Sequence[PurchaseUnit] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "unit")

    def take_focus(self) -> None:
        self.fields["unit" if self.chosen else "product"].widget.attrs["data-focus"] = ""

    def offer(self, units: Sequence[PurchaseUnit]) -> None:
        """The units to choose from."""
        self.units = units
        self.fields["unit"].widget.choices = [(str(unit.pk), str(unit)) for unit in units]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        product, key = data.get("product"), data.get("unit", "")
        if product is None:
            return data
        units = list(product.purchase_units.all())
        data["unit"] = next((unit for unit in units if str(unit.pk) == key), None)
        if data["unit"] is None:
            self.add_error("unit", _("Choose in what this supplier packs it."))
        return data


class CostCorrectionForm(Form):
    """What all goods of a receipt line really cost."""

    cost = MoneyField(label=_("Sum by the invoice"), help_text=_("For all of these goods, without freight."))
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()


class WriteOffForm(Form):
    """How much is gone and why."""

    quantity = QuantityField(label=_("How much to write off"))
    reason = forms.ChoiceField(
        choices=WriteOffReason.choices,
        label=_("Reason"),
        error_messages={
            "required": _("Choose one of the reasons for the write-off."),
            "invalid_choice": _("Choose one of the reasons for the write-off."),
        },
    )
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()


class StockTakeForm(Form):
    """Where and what is to be counted."""

    warehouse = forms.ModelChoiceField(queryset=Warehouse.objects.none(), label=_("Warehouse"), empty_label=None)
    scope = forms.ChoiceField(
        choices=StockTakeScope.choices,
        widget=forms.RadioSelect,
        label=_("What is counted"),
        error_messages={
            "required": _("Choose what is to be counted."),
            "invalid_choice": _("Choose what is to be counted."),
        },
    )
    category = forms.ModelChoiceField(
        queryset=ProductCategory.objects.none(), required=False, label=_("Category"), empty_label=_("not chosen")
    )
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = Warehouse.objects.order_by("-is_default", "position")  # type: ignore[attr-defined]
        offer_categories(self.fields["category"])


# What a label's code leads to, and what is printed under it.
LABEL_PATH = re.compile(r"/stock/batches/([0-9]{1,18})/?")
LABEL_NUMBER = re.compile(r"0[0-9]{5}|[0-9]{6,18}")


class LabelledField(ProductField):
    """A product as `ProductField` reads it, or by the label of a bucket: scanned, its address, or read, its number.

    Where the number is the SKU of another product, both are offered: SKUs made by the program are such numbers too.
    """

    def to_python(self, value: Any) -> Product | None:
        text = str(value or "").strip()
        address = urlsplit(text) if text.startswith(("http://", "https://")) else None
        found = LABEL_PATH.fullmatch(address.path) if address else LABEL_NUMBER.fullmatch(text)
        if found is None:
            return super().to_python(value)
        if address is not None and address.hostname != urlsplit(shop_url("")).hostname:
            raise ValidationError(_("This label is of another shop. Type the name of the product."), code="other_shop")
        key = int(found[1] if address else found[0])
        batches = StockBatch.objects.filter(pk=key, stock__product__is_deleted=False).select_related("stock__product")
        batch = batches.first()
        named = (carried().filter(sku__iexact=text).first() or product_by_code(text)) if address is None else None
        if batch is None and named is None:
            raise ValidationError(_("No goods have this label. Type the name of the product."), code="unknown_label")
        if batch is None or named is None or batch.stock.product == named:
            return named or batch.stock.product  # type: ignore[union-attr]  # one of them is there
        self.suggestions = [named, batch.stock.product]
        raise ValidationError(
            _("%(number)s is the SKU of %(named)s and the label of %(labelled)s. Choose one below.")
            % {"number": text, "named": named, "labelled": batch.stock.product},
            code="unknown_product",
        )


class CountForm(LineForm):
    """How much of a product is there. A quantity that is still empty is no mistake: it is typed next."""

    product = LabelledField(
        label=_("Product or label"), help_text=_("Scan the label of a bucket, or type a part of the name or the SKU.")
    )
    quantity = QuantityField(minimum=Decimal(0), required=False, label=_("How much is there"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "quantity")


class TransferForm(Form):
    """From where to where."""

    source = forms.ModelChoiceField(queryset=Warehouse.objects.none(), label=_("From"), empty_label=None)
    target = forms.ModelChoiceField(queryset=Warehouse.objects.none(), label=_("To"), empty_label=None)
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("source", "target"):
            self.fields[name].queryset = Warehouse.objects.order_by("-is_default", "position")  # type: ignore[attr-defined]


class TransferLineForm(LineForm):
    """How much of a product is sent, and the batch it is taken from when one was named.

    What is free in the warehouse it leaves is set by the view: `free`, base units.
    """

    batch = forms.ModelChoiceField(
        queryset=StockBatch.objects.none(),
        required=False,
        widget=forms.HiddenInput,
        label=_("Batch"),
        error_messages={"invalid_choice": _("This batch is not there any more. Choose the product anew.")},
    )
    free: Decimal | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["batch"].queryset = StockBatch.objects.select_related("stock")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        batch = data.get("batch")
        if batch is not None and batch.stock.product_id != getattr(data.get("product"), "pk", None):
            data["batch"] = None  # another product was chosen since
        return data


class ArrivedForm(Form):
    """How much of one line of a transfer arrived."""

    quantity = QuantityField(minimum=Decimal(0), label=_("Arrived"))


class ReceiveTransferForm(Form):
    """What becomes of goods that did not arrive."""

    missing = forms.ChoiceField(choices=Missing.choices, widget=forms.RadioSelect, label=_("What did not arrive"))
    key = KeyField()


class MarkDownForm(Form):
    """How much is sold cheaper from now on, and for how much."""

    quantity = QuantityField(label=_("How much"))
    price = MoneyField(label=_("New price"), minimum=Decimal("0.01"))
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()


class RegradeForm(Form):
    """What is said about a regrade besides what the goods are."""

    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()


class RegradeLineForm(LineForm):
    """What the goods really are, and how many of them."""

    product = ProductField(label=_("What it is"))
    quantity = QuantityField(label=_("How much"))


PLAN = "plan"  # the part of the page that is reckoned while bouquets are put together


class AssembleForm(Form):
    """How many bouquets, where, and the work on them. One there is no recipe for has a name and a price besides."""

    name = CleanCharField(max_length=200, label=_("Name of the bouquet"))
    price = MoneyField(label=_("Price of one"), minimum=Decimal("0.01"))
    quantity = QuantityField(places=0, maximum=Decimal(MOST_AT_ONCE), label=_("How many bouquets"))
    warehouse = forms.ModelChoiceField(queryset=Warehouse.objects.none(), label=_("Warehouse"), empty_label=None)
    work_cost = MoneyField(
        label=_("Work on all of them"),
        required=False,
        help_text=_("Becomes part of what the bouquets cost; left empty, it is what the recipe says for each."),
    )
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    def __init__(self, *args: Any, is_new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["name"], self.fields["price"]
        self.fields["warehouse"].queryset = Warehouse.objects.order_by("-is_default", "position")  # type: ignore[attr-defined]
        for name in ("quantity", "warehouse", "work_cost"):
            self.fields[name].widget.attrs |= reckoning(PLAN)


class PartForm(LineForm):
    """How much of which product goes into one bouquet."""

    quantity = QuantityField(label=_("In one bouquet"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].widget.attrs |= reckoning(PLAN)


class TakeApartForm(Form):
    """Why stems of a bouquet are spoiled."""

    reason = forms.ChoiceField(
        choices=WriteOffReason.choices, widget=forms.RadioSelect, label=_("Why they are spoiled"), required=False
    )
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "reason")

    def clean_reason(self) -> str:
        return self.cleaned_data["reason"] or WriteOffReason.WILTED


class RepairForm(TakeApartForm):
    """Why stems are spoiled, and the work on the bouquet besides."""

    work_cost = MoneyField(
        label=_("Work on it"), required=False, help_text=_("On top of the work that is in it already.")
    )

    def clean_work_cost(self) -> Decimal:
        return self.cleaned_data["work_cost"] or Decimal(0)


class SpoiledForm(Form):
    """How much of one part of a bouquet is spoiled. With `live` the plan is reckoned anew while it is typed."""

    quantity = QuantityField(minimum=Decimal(0), required=False, label=_("Spoiled of it"))

    def __init__(self, *args: Any, live: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "quantity")
        if live:
            self.fields["quantity"].widget.attrs |= reckoning(PLAN)


class TakeBackForm(Form):
    """Why goods that a buyer brought back are spoiled, and where the good ones go."""

    reason = forms.ChoiceField(
        choices=WriteOffReason.choices, widget=forms.RadioSelect, label=_("Why they are spoiled"), required=False
    )
    to = forms.ModelChoiceField(
        queryset=Warehouse.objects.none(),
        required=False,
        label=_("Where the good ones go"),
        empty_label=_("back to where they were sold from"),
    )
    key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "reason", "to")
        self.fields["to"].queryset = Warehouse.objects.order_by("-is_default", "position")  # type: ignore[attr-defined]

    def clean_reason(self) -> str:
        return self.cleaned_data["reason"] or WriteOffReason.WILTED


class BackForm(Form):
    """How much of one sale came back, and how much of that is spoiled."""

    quantity = QuantityField(minimum=Decimal(0), required=False, label=_("Came back"))
    spoiled = QuantityField(minimum=Decimal(0), required=False, label=_("Spoiled of it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "quantity", "spoiled")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("spoiled") and "quantity" in data and not data["quantity"]:
            self.add_error("quantity", _("Enter how much came back, the spoiled ones among it."))
        return data


class PeriodForm(Form):
    """Up to which day nothing is posted any more."""

    upto = DateField(label=_("Close up to this day, with it"), days_ahead=0)
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))


def _whole(label: Any, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}), **kwargs
    )


class WarehouseForm(ModelForm):
    """How a warehouse is called and how goods leave it. The main one stays it until another is made the main one."""

    name = CleanCharField(max_length=100, label=pgettext_lazy("warehouse", "Name"))
    issue_order = forms.ChoiceField(
        choices=IssueOrder.choices,
        widget=forms.RadioSelect,
        label=_("Leaves first"),
        help_text=_("Goods without a day of wilting leave last when what wilts first leaves first."),
    )
    allow_short = forms.BooleanField(
        required=False,
        label=_("Sell before entry"),
        help_text=_(
            "Orders may be completed with goods that are there but not entered yet; the receipt brings their cost."
        ),
    )
    short_limit = QuantityField(
        label=_("Sold before entry at most, per line"),
        help_text=_("More than this in one line of an order is taken for a slip of the finger."),
    )
    short_in_all = QuantityField(
        label=_("Sold before entry at most, of one product in all"),
        help_text=_("Beyond this the receipt of the product has to be entered first."),
    )
    short_days = _whole(
        _("Sold before entry for at most, days"),
        min_value=0,
        max_value=365,
        help_text=_("Then it stands among what needs a decision, and no more of the product is sold so."),
    )
    reserve_ahead_days = _whole(
        _("Reserve ahead, days"),
        min_value=0,
        max_value=365,
        help_text=_("An order takes free goods when it is needed within this many days; later ones wait."),
    )
    position = _whole(_("Position in lists"), min_value=0, max_value=9999)
    make_main = forms.BooleanField(required=False, label=_("Main warehouse"))

    class Meta:
        model = Warehouse
        fields = (
            "name", "issue_order", "allow_short", "short_limit", "short_in_all", "short_days", "reserve_ahead_days",
            "position",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unmarked(self, "allow_short", "make_main")
        if self.instance.is_default:
            del self.fields["make_main"]


class KeyForm(Form):
    """Nothing but the key that makes a second press the same press."""

    key = KeyField()


class SupplierReturnForm(Form):
    """How much of a batch goes back."""

    quantity = QuantityField(label=_("How much goes back"))
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    @classmethod
    def for_batch(cls, batch: StockBatch) -> "SupplierReturnForm":
        """The form as it opens: all that is left of the batch."""
        return cls(initial={"quantity": batch.remaining})
