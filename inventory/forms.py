"""What people type about the stock."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.forms import CleanCharField, DateField, Form, KeyField, MoneyField, QuantityField
from inventory.models import StockBatch, Supplier, Warehouse, WriteOffReason
from products.lines import LineForm


class ReceiptForm(Form):
    """Who brought it, when, where to."""

    supplier = forms.ModelChoiceField(
        queryset=Supplier.objects.none(), required=False, label=_("Supplier"), empty_label=_("not named")
    )
    warehouse = forms.ModelChoiceField(queryset=Warehouse.objects.none(), label=_("Warehouse"), empty_label=None)
    received_on = DateField(label=_("Day of receipt"), days_back=366, days_ahead=0)
    comment = CleanCharField(max_length=500, required=False, label=_("Comment"))
    key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].queryset = Supplier.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["warehouse"].queryset = Warehouse.objects.order_by("-is_default", "position")  # type: ignore[attr-defined]

    def received_at(self) -> datetime:
        """Noon of the day typed, the shop's time: the same form sent again means the same moment."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["received_on"], time(12)))


class ReceiptLineForm(LineForm):
    """What arrived of one product, at which cost per base unit."""

    unit_cost = MoneyField(label=_("Cost per unit"), places=4)
    expires_on = DateField(label=_("Fresh until"), required=False, days_back=366, days_ahead=3650)
    last_cost: Decimal | None = None
    fresh_until: date | None = None


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
