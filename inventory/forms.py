"""What people type about the stock."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.forms import CleanCharField, DateField, Form, KeyField, MoneyField, QuantityField
from core.templatetags.florist import quantity
from inventory.domain.counting import WHOLE, Counted, TooExact, count, dearer_by
from inventory.errors import TooExactPacks
from inventory.models import FreightSpread, StockBatch, Supplier, Warehouse, WriteOffReason
from products.lines import LineForm, reckoning, unmarked
from products.models import PurchaseUnit
from products.models.purchase_unit import counted_in_words

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
        for name in ("quantity", "unit", "unit_cost"):
            self.fields[name].widget.attrs |= reckoning(f"lines-{self.number}-counted", also="lines_total")

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

    def offer(self, units: Sequence[PurchaseUnit]) -> None:
        """The purchase units to choose from, beside the base unit."""
        self.units = units
        base = self.chosen.get_unit_display() if self.chosen else ""
        self.fields["unit"].widget.choices = [("", base), *((str(unit.pk), str(unit)) for unit in units)]

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


class SupplierReturnForm(Form):
    """How much of a batch goes back."""

    quantity = QuantityField(label=_("How much goes back"))
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    @classmethod
    def for_batch(cls, batch: StockBatch) -> "SupplierReturnForm":
        """The form as it opens: all that is left of the batch."""
        return cls(initial={"quantity": batch.remaining})
