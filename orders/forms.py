"""Forms of orders: taking one down, changing it, what its lines take from the stock, money for it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import BadInput
from core.forms import CleanCharField, DateField, Form, KeyField, MoneyField, PhoneField, QuantityField
from core.quantities import round_money
from core.templatetags.florist import day
from core.templatetags.florist import quantity as quantity_words
from core.text import clean_text
from inventory.models import StockDemand, Warehouse
from orders.domain.lifecycle import Category
from orders.goods import LONGEST_SEARCH, Goods, Substitute, exact_goods, guest, load_goods, search_goods, short_unit
from orders.models import Fulfilment, Order, OrderItem, OrderStatus, PaymentMethod
from orders.selectors.people import is_colleague
from orders.services.lifecycle import status_of
from orders.services.placing import LineInput, OrderInput
from orders.stale import base_of, typed_parts
from products.domain.prices import Who
from products.models import Product

MAX_LINES = 200
# An order may be written down some days after it was taken.
DAYS_BACK = 31
# Not called optional: one of two is asked for, or the form says in its own way when it may stay empty.
UNMARKED = (
    "buyer_phone", "buyer_name", "recipient_phone", "recipient_name", "address", "due_from", "due_until", "discount",
    "delivery_price",
)  # fmt: skip
LARGEST_KEY = 2**63 - 1
MOST_BOUQUETS = 999


class LineForm(Form):
    """One line: what, how many, for how much each. `goods` is `p12` or `k3`, chosen in the picker."""

    item = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_KEY, widget=forms.HiddenInput)
    goods = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    quantity = QuantityField(label=_("Quantity"), maximum=Decimal("999999.999"))
    price = MoneyField(label=_("Price"), required=False)

    chosen: Goods | None = None

    def typed(self, name: str) -> Decimal | None:
        """The number in the field as it stands, sent or not; None when it can't be read."""
        value = self[name].value()
        try:
            number = self.fields[name].to_python(value)
        except ValidationError:
            return None
        return number if isinstance(number, Decimal) else None

    @property
    def amount(self) -> Decimal | None:
        """Money for the line as it stands."""
        quantity, price = self.typed("quantity"), self.typed("price")
        if price is None and self.chosen is not None and not self["price"].value():
            price = self.chosen.price
        return round_money(quantity * price) if quantity is not None and price is not None else None

    @property
    def is_at_staff_price(self) -> bool:
        """Whether the price as it stands is the one that holds for those who work here, and for them alone."""
        if self.chosen is None or not self.chosen.is_at_staff_price:
            return False
        return not self["price"].value() or self.typed("price") == self.chosen.price

    @property
    def lacking(self) -> Decimal:
        """How much of the quantity is not free."""
        quantity = self.typed("quantity")
        return self.chosen.lacking(quantity) if quantity is not None and self.chosen else Decimal(0)


class BaseLines(BaseFormSet):  # type: ignore[type-arg]  # a formset has no parameters at run time
    """The lines of one order."""

    warehouse: Warehouse | None = None
    order: Order | None = None
    asks: Callable[[], Who] = staticmethod(guest)

    def look_up(self) -> None:
        """Give every line the goods it names."""
        known = load_goods((str(line["goods"].value() or "") for line in self.forms), warehouse=self.warehouse,
                           order=self.order, asks=self.asks)  # fmt: skip
        for line in self.forms:
            line.chosen = known.get(str(line["goods"].value() or ""))

    def clean(self) -> None:
        self.look_up()
        for line in self.forms:
            if line.chosen is None:
                line.add_error(None, _("What this line names is not in the catalogue any more. Remove the line."))


LineFormSet = formset_factory(LineForm, formset=BaseLines, extra=0, max_num=MAX_LINES, absolute_max=MAX_LINES,
                              validate_max=True)  # fmt: skip


@dataclass(frozen=True)
class Summary:
    """What the order costs as the form stands; `is_sure` is False while some figure can't be read."""

    goods: Decimal
    discount: Decimal
    delivery: Decimal
    corrections: Decimal
    is_sure: bool

    @property
    def total(self) -> Decimal:
        return self.goods - self.discount + self.delivery + self.corrections


class StatusField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no parameters at run time
    """Statuses under the names the shop gave them."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class OrderForm(Form):
    """An order as it is taken down on the telephone, new or changed.

    A new one starts in one of the intermediate statuses and carries a key, so that a second press makes no second
    order; a changed one carries the version it was opened with, and the content of that version (orders/stale.py).
    """

    buyer_phone = PhoneField(label=_("Buyer's telephone"), required=False)
    buyer_name = CleanCharField(label=_("Buyer's name"), max_length=200, required=False)
    fulfilment = forms.ChoiceField(
        label=_("Handing over"), choices=Fulfilment.choices, initial=Fulfilment.DELIVERY, widget=forms.RadioSelect
    )
    same_recipient = forms.BooleanField(label=_("The buyer receives the flowers"), required=False, initial=True)
    recipient_name = CleanCharField(label=_("Recipient's name"), max_length=200, required=False)
    recipient_phone = PhoneField(label=_("Recipient's telephone"), required=False)
    address = CleanCharField(label=_("Address"), max_length=300, required=False)
    courier_note = CleanCharField(label=_("Note for the courier"), max_length=500, required=False)
    card_message = CleanCharField(label=_("Words on the card"), max_length=500, multiline=True, required=False)
    due_on = DateField(label=_("Day"))
    due_from = forms.TimeField(
        label=pgettext_lazy("time", "From"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    due_until = forms.TimeField(
        label=pgettext_lazy("time", "Until"),
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    goods_search = forms.CharField(
        label=_("Find goods"), required=False,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "maxlength": LONGEST_SEARCH}),
    )  # fmt: skip
    hold_until = DateField(
        label=_("Hold goods until"),
        required=False,
        help_text=_("To the end of that day; then they are free for others. Empty: as long as the order is open."),
    )
    discount = MoneyField(label=_("Discount"), required=False)
    delivery_price = MoneyField(label=_("Delivery price"), required=False)
    status = StatusField(label=_("Status"), queryset=OrderStatus.objects.none(), empty_label=None)
    warehouse = forms.ModelChoiceField(label=_("Warehouse"), queryset=Warehouse.objects.none(), empty_label=None)
    key = KeyField()
    version = forms.IntegerField(min_value=1, max_value=LARGEST_KEY, widget=forms.HiddenInput)
    base = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        order: Order | None = None,
        today: date | None = None,
        lines: Sequence[dict[str, Any]] | None = None,
        initial: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """`lines` are the rows to draw when the form is not sent; `today` is the day of a new order."""
        self.order = order
        start = self._stored(order) if order else {"due_on": today} if today else {}
        super().__init__(data, initial={**start, **(initial or {})}, **kwargs)
        for field in ("due_from", "due_until"):
            self.fields[field].error_messages["invalid"] = _("There is no such time. Write it as 14:30.")
        for name in UNMARKED:
            self.fields[name].unmarked = True  # type: ignore[attr-defined]  # read by components/field.html
        self.fields["card_message"].widget.attrs["rows"] = 4
        self._live_attributes()
        if order is None:
            self._offer_statuses()
            self.fields["due_on"].days_back = DAYS_BACK  # type: ignore[attr-defined]  # a DateField
            del self.fields["version"], self.fields["base"]
        else:
            del self.fields["status"], self.fields["key"]
        self._offer_warehouses()
        rows = lines if lines is not None else lines_of(order) if order else []
        lines_class: Any = LineFormSet
        self.lines: Any = lines_class(data, prefix="lines", initial=None if data is not None else rows)
        self.lines.warehouse, self.lines.order, self.lines.asks = self.chosen_warehouse(), order, self.who_buys
        self.suggestions: list[Goods] = []
        self.added: Goods | None = None
        if data is None:
            self.lines.look_up()

    def _stored(self, order: Order) -> dict[str, Any]:
        content = content_of(order)
        return content | {"base": base_of(order, content, lines_of(order))}

    def typed_parts(self) -> dict[str, Any]:
        """What the valid form says, part by part (orders/stale.py)."""
        rows = [
            {
                "goods": line.chosen.ref,
                "quantity": line.cleaned_data["quantity"],
                "price": line.chosen.price if line.cleaned_data["price"] is None else line.cleaned_data["price"],
            }
            for line in self.lines.forms
        ]
        if self.added is not None:
            rows.append({"goods": self.added.ref, "quantity": Decimal(1), "price": self.added.price})
        return typed_parts(self.cleaned_data, rows)

    def _live_attributes(self) -> None:
        """Buyers by the last digits of their number while it is typed; totals as soon as a sum changes."""
        here = reverse("orders:order_edit", args=[self.order.pk]) if self.order else reverse("orders:order_create")
        self.fields["buyer_phone"].widget.attrs |= {
            "hx-get": reverse("orders:contact_search"), "hx-trigger": "input changed delay:200ms",
            "hx-target": "#contacts_found", "hx-swap": "innerHTML", "hx-sync": "this:replace",
            "data-enter": "contact_first", "autocomplete": "off",
        }  # fmt: skip
        for name in ("discount", "delivery_price"):
            self.fields[name].widget.attrs |= {
                "hx-post": here, "hx-vals": '{"recount": "1"}', "hx-trigger": "change", "hx-target": "#order_totals",
                "hx-swap": "none",
            }  # fmt: skip

    def _offer_statuses(self) -> None:
        """Intermediate ones only: an order is completed or cancelled later, by its own button."""
        field: Any = self.fields["status"]
        field.queryset = OrderStatus.objects.filter(is_positive_end=False, is_negative_end=False)
        field.initial = status_of(Category.DRAFT).pk

    def _offer_warehouses(self) -> None:
        """Asked only where there is something to choose."""
        self._warehouses = list(Warehouse.objects.order_by("-is_default", "position", "pk"))
        if len(self._warehouses) < 2:
            del self.fields["warehouse"]
            return
        field: Any = self.fields["warehouse"]
        field.queryset = Warehouse.objects.order_by("-is_default", "position", "pk")
        field.initial = self._warehouses[0].pk

    def chosen_warehouse(self) -> Warehouse | None:
        """The warehouse the form stands at, sent or not."""
        if "warehouse" in self.fields:
            wanted = str(self["warehouse"].value() or "")
            for warehouse in self._warehouses:
                if str(warehouse.pk) == wanted:
                    return warehouse
        if self.order is not None:
            return self.order.warehouse
        return self._warehouses[0] if self._warehouses else None

    def who_buys(self) -> Who:
        """For whom the prices are: the buyer typed so far works here, or is a guest."""
        return Who.STAFF if self._buyer_is_colleague else Who.GUEST

    @cached_property
    def _buyer_is_colleague(self) -> bool:
        try:
            phone, name = (
                str(self.fields[each].clean(self[each].value()) or "") for each in ("buyer_phone", "buyer_name")
            )
        except ValidationError:
            return False
        buyer = self.order.buyer if self.order else None
        if buyer is not None and (buyer.phone == phone if phone else buyer.phone == "" and buyer.name == name):
            return buyer.is_colleague
        return is_colleague(phone=phone, name=name)

    def is_valid(self) -> bool:
        lines_are_valid = self.lines.is_valid()
        return super().is_valid() and lines_are_valid

    def clean_goods_search(self) -> str:
        """Something typed into the picker and not chosen counts when it names exactly one thing."""
        text = searched(self.cleaned_data["goods_search"])
        if text:
            self.find(text)
            if self.added is None:
                raise ValidationError(unresolved(text, self.suggestions), code="bad_input")
        return text

    def find(self, text: str) -> None:
        """Resolve what is typed: into `added` when it is one thing, else into `suggestions`."""
        self.added = exact_goods(text, warehouse=self.chosen_warehouse(), asks=self.who_buys)
        if self.added is None:
            self.suggestions = search_goods(text, warehouse=self.chosen_warehouse(), asks=self.who_buys)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self._has_person("buyer"):
            self.add_error("buyer_phone", _("Write down who orders: a telephone or a name."))
        if not cleaned.get("same_recipient") and not self._has_person("recipient"):
            self.add_error(
                "recipient_name", _("Write down who receives the flowers, or tick that the buyer receives them.")
            )
        status = cleaned.get("status") if self.order is None else self.order.status
        is_delivery = cleaned.get("fulfilment") == Fulfilment.DELIVERY
        is_meant = status is not None and status.category != Category.DRAFT
        if is_delivery and is_meant and not cleaned.get("address") and "address" not in self.errors:
            self.add_error("address", _("Write the address, choose pickup, or save the order as a draft."))
        return cleaned

    def _has_person(self, who: str) -> bool:
        names = (f"{who}_phone", f"{who}_name")
        return any(self.cleaned_data.get(name) or name in self.errors for name in names)

    def people(self) -> tuple[tuple[str, str], tuple[str, str] | None]:
        """Telephone and name of the buyer, and of the recipient unless it is the buyer."""
        cleaned = self.cleaned_data
        buyer = (cleaned["buyer_phone"], cleaned["buyer_name"])
        if cleaned["same_recipient"]:
            return buyer, None
        return buyer, (cleaned["recipient_phone"], cleaned["recipient_name"])

    def to_input(self) -> OrderInput:
        """What was taken down, without the people: finding them may write, which is the service's work."""
        cleaned = self.cleaned_data
        zero = Decimal(0)
        return OrderInput(
            due_on=cleaned["due_on"],
            due_from=cleaned["due_from"],
            due_until=cleaned["due_until"],
            fulfilment=cleaned["fulfilment"],
            address=cleaned["address"] if cleaned["fulfilment"] == Fulfilment.DELIVERY else "",
            card_message=cleaned["card_message"],
            courier_note=cleaned["courier_note"],
            hold_until=cleaned["hold_until"],
            discount=cleaned["discount"] or zero,
            delivery_price=cleaned["delivery_price"] or zero,
            status=cleaned.get("status"),
            warehouse=cleaned.get("warehouse"),
            lines=list(self._line_inputs()),
        )

    def _line_inputs(self) -> Iterable[LineInput]:
        for line in self.lines.forms:
            cleaned, goods = line.cleaned_data, line.chosen
            yield LineInput(
                quantity=cleaned["quantity"], product=goods.product, kit=goods.kit, price=cleaned["price"],
                item=cleaned["item"],
            )  # fmt: skip
        if self.added is not None:
            yield LineInput(quantity=Decimal(1), product=self.added.product, kit=self.added.kit)

    @property
    def summary(self) -> Summary:
        """The figures beside the form, from whatever can be read in it."""
        amounts = [line.amount for line in self.lines.forms]
        extras = [self._typed_money("discount"), self._typed_money("delivery_price")]
        return Summary(
            goods=sum((amount for amount in amounts if amount is not None), Decimal(0)),
            discount=extras[0] or Decimal(0),
            delivery=extras[1] or Decimal(0),
            corrections=self.order.corrections if self.order else Decimal(0),
            is_sure=None not in [*amounts, *extras],
        )

    def _typed_money(self, name: str) -> Decimal | None:
        try:
            return self.fields[name].to_python(self[name].value()) or Decimal(0)
        except ValidationError:
            return None

    def with_people(self, taken: OrderInput, buyer: Any, recipient: Any) -> OrderInput:
        """`taken` for these contacts."""
        return replace(taken, buyer=buyer, recipient=recipient or buyer)


def content_of(order: Order) -> dict[str, Any]:
    """An order's content as the form's initial values."""
    buyer, recipient = order.buyer, order.recipient
    is_same = recipient is None or recipient == buyer
    return {
        "buyer_phone": buyer.phone if buyer else "",
        "buyer_name": buyer.name if buyer else "",
        "same_recipient": is_same,
        "recipient_phone": recipient.phone if recipient and not is_same else "",
        "recipient_name": recipient.name if recipient and not is_same else "",
        **{
            name: getattr(order, name)
            for name in (
                "fulfilment", "address", "courier_note", "card_message", "due_on", "due_from", "due_until", "hold_until",
                "discount",
                "delivery_price", "version",
            )
        },
        "warehouse": order.warehouse_id,
    }  # fmt: skip


def lines_of(order: Order) -> list[dict[str, Any]]:
    """An order's lines as rows of the form."""
    return [
        {
            "item": item.pk,
            "goods": f"p{item.product_id}" if item.product_id else f"k{item.kit_id}",
            "quantity": item.quantity,
            "price": item.price,
        }
        for item in order.items.all()
    ]


def searched(text: Any) -> str:
    """What was typed into a search field, tidied. Raises ValidationError for what can't be text."""
    try:
        return clean_text(str(text or ""), max_length=LONGEST_SEARCH)
    except BadInput as refusal:
        raise ValidationError(str(refusal), code=refusal.code) from refusal


def unresolved(text: str, suggestions: Sequence[Goods]) -> Any:
    """Why what was typed adds no line, and what to do."""
    if suggestions:
        return _("“%(text)s” may mean several things. Choose one below.") % {"text": text}
    return _("Nothing on sale is called “%(text)s”. Check the name or the SKU, or empty the field.") % {"text": text}


class PaymentForm(Form):
    """Money received for an order."""

    amount = MoneyField(label=_("Amount"), minimum=Decimal("0.01"))
    method = forms.ChoiceField(
        label=_("How it was paid"), choices=PaymentMethod.choices, initial=PaymentMethod.CARD, widget=forms.RadioSelect
    )
    key = KeyField()


class PriceNoteForm(Form):
    """What a completed order is to cost instead. `seen` is the total the person saw."""

    total = MoneyField(label=_("It should cost"))
    reason = CleanCharField(
        label=_("Why"), max_length=300, help_text=_("Stays in the order's history and on its receipt.")
    )
    seen = forms.DecimalField(max_digits=14, decimal_places=2, min_value=0, widget=forms.HiddenInput)
    key = KeyField()


class PullForm(Form):
    """How many bouquets the pull list is for, and where they are made."""

    times = QuantityField(label=_("How many bouquets"), places=0, maximum=Decimal(MOST_BOUQUETS))
    warehouse = forms.ModelChoiceField(
        queryset=Warehouse.objects.none(), label=_("Warehouse"), empty_label=None, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].queryset = Warehouse.objects.all()  # type: ignore[attr-defined]


class PhotoRuleForm(Form):
    """Whether the shop asks for a photo of the finished bouquet."""

    photo_before_ready = forms.BooleanField(
        label=_("An order for delivery is ready only with a photo of the finished bouquet"), required=False
    )


class StepForm(Form):
    """One step of an order's way: to which status, seen in which version. `next` brings back to a list."""

    status = forms.ModelChoiceField(queryset=OrderStatus.objects.all())
    version = forms.IntegerField(min_value=1, max_value=LARGEST_KEY)

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """As it was sent. Where one form serves all rows of a page, the version stands in the address of the button."""
        return cls(request.GET.dict() | request.POST.dict())


@dataclass(frozen=True)
class PartRow:
    """One product behind a line, as the page draws it. `free` counts what the order itself holds."""

    product: Product
    quantity: Any
    instead: Any
    free: Decimal
    asked: Decimal

    @property
    def unit(self) -> str:
        return short_unit(self.product.unit)

    @property
    def lacking(self) -> Decimal:
        """What is asked and could not be taken now."""
        return max(self.asked - self.free, Decimal(0))


class CompositionForm(Form):
    """What a line takes from the stock: for each product how much, or another one instead; and one product more."""

    seen = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    other = CleanCharField(label=_("One product more"), max_length=LONGEST_SEARCH, required=False)
    other_quantity = QuantityField(label=_("How many of it"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        order: Order,
        line: OrderItem,
        demands: Sequence[StockDemand],
        substitutes: dict[int, list[Substitute]],
        free: dict[int, Decimal],
    ) -> None:
        super().__init__(data, initial={"seen": ",".join(str(demand.pk) for demand in demands)})
        self.order, self.line, self.demands, self._free = order, line, demands, free
        self._products: dict[int, Product] = {}
        for name in ("other", "other_quantity"):
            self.fields[name].unmarked = True  # type: ignore[attr-defined]  # read by components/field.html
        self.fields["other"].help_text = _("Its name or SKU.")
        for demand in demands:
            found = substitutes.get(demand.product_id, [])
            self._products |= {substitute.product.pk: substitute.product for substitute in found}
            quantity = QuantityField(label=_("Quantity"), required=False, unit=short_unit(demand.product.unit))
            quantity.initial, quantity.unmarked = demand.quantity, True  # type: ignore[attr-defined]  # see above
            quantity.widget.attrs["aria-label"] = f"{demand.product}: {_('Quantity')}"
            self.fields[f"quantity_{demand.pk}"] = quantity
            if found:
                instead = forms.ChoiceField(
                    label=_("Take instead"), required=False, choices=[("", _("as it is")), *map(_offered, found)]
                )
                instead.unmarked = True  # type: ignore[attr-defined]  # see above
                instead.widget.attrs["aria-label"] = f"{demand.product}: {_('Take instead')}"
                self.fields[f"instead_{demand.pk}"] = instead

    @property
    def parts(self) -> list[PartRow]:
        return [
            PartRow(
                demand.product,
                self[f"quantity_{demand.pk}"],
                self[f"instead_{demand.pk}"] if f"instead_{demand.pk}" in self.fields else None,
                self._free.get(demand.product_id, Decimal(0)),
                demand.quantity,
            )
            for demand in self.demands
        ]

    @property
    def seen_demands(self) -> set[int]:
        """The keys of the demands that were shown; what can't be read was not."""
        parts = str(self["seen"].value() or "").split(",")
        return {int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19}

    @property
    def is_stale(self) -> bool:
        """Whether the line's demands are other ones than the person saw: the fields are theirs."""
        return self.seen_demands != {demand.pk for demand in self.demands}

    def clean_other(self) -> Product | None:
        text = self.cleaned_data["other"]
        if not text:
            return None
        goods = exact_goods(text, warehouse=self.order.warehouse)
        if goods is not None and goods.product is not None and not goods.is_service:
            return goods.product
        found = [
            goods
            for goods in search_goods(text, warehouse=self.order.warehouse)
            if goods.product and not goods.is_service
        ]
        if len(found) == 1:
            return found[0].product
        if found:
            raise ValidationError(
                _("Several products may be meant: %(names)s. Write the whole name or the SKU.")
                % {"names": ", ".join(goods.name for goods in found)},
                code="bad_input",
            )
        raise ValidationError(
            _("No product on sale is called “%(text)s”. Check the name or the SKU.") % {"text": text}, code="bad_input"
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        has_other, has_quantity = cleaned.get("other"), cleaned.get("other_quantity")
        if has_other and not has_quantity and "other_quantity" not in self.errors:
            self.add_error("other_quantity", _("Write how many of it are taken."))
        if has_quantity and not has_other and "other" not in self.errors:
            self.add_error("other", _("Write which product it is, or empty the quantity."))
        if not self.errors and not self.wanted():
            self.add_error(None, _("A line needs at least one product. To drop the line, change the order."))
        return cleaned

    def wanted(self) -> list[tuple[Product, Decimal]]:
        """Product and base units, row by row; a row without a quantity is left out."""
        cleaned = self.cleaned_data
        rows = []
        for demand in self.demands:
            quantity, instead = cleaned[f"quantity_{demand.pk}"], cleaned.get(f"instead_{demand.pk}")
            if quantity:
                rows.append((self._products[int(instead)] if instead else demand.product, quantity))
        if cleaned.get("other"):
            rows.append((cleaned["other"], cleaned["other_quantity"]))
        return rows


def _offered(substitute: Substitute) -> tuple[str, str]:
    free = quantity_words(substitute.free, short_unit(substitute.product.unit))
    came = f", {day(substitute.received_on)}" if substitute.received_on else ""
    return str(substitute.product.pk), f"{substitute.product}: " + _("free %(amount)s") % {"amount": free} + came
