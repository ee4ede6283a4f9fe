"""What a new shop does first, and how far it has come: everything is read from the shop's own data."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.flags import FIRST_STEPS_HIDDEN
from core.models import ShopFlag
from inventory.models import Receipt, Warehouse
from orders.domain.lifecycle import Category
from orders.models import Order
from orders.services.first_steps import is_empty
from products.models import Product


@dataclass(frozen=True)
class Step:
    """One thing to do: whether it is done, what it is, why, and where."""

    is_done: bool
    title: Any
    text: Any
    url: str
    action: Any


@dataclass(frozen=True)
class FirstSteps:
    """The checklist with its progress; `demo` is whether goods to try things with may be loaded."""

    steps: list[Step]
    demo: bool

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def next_step(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def first_steps(*, may_load_demo: bool, is_protected: bool = True) -> FirstSteps | None:
    """The checklist, or None once the shop works or has hidden it: one statement, two with the demo.

    `is_protected` is whether whoever looks has a second factor. It is offered, but the list does not stay for it alone.
    """
    found = (
        Warehouse.all_objects.order_by("pk")
        .values_list(
            Exists(ShopFlag.objects.filter(name=FIRST_STEPS_HIDDEN)),
            Exists(User.objects.order_by("pk")[1:]),
            Exists(Product.objects.all()),
            Exists(Receipt.objects.all()),
            Exists(Order.objects.all()),
            Exists(Order.objects.filter(status__category=Category.COMPLETED.value)),
        )
        .first()
    )
    is_hidden, *done = found or (False,) * 6
    if is_hidden or all(done):
        return None
    words = [
        (_("Tell who works here"), _("Look over the shop's people and warehouses, and invite your colleagues."),
         reverse("admin:accounts_user_changelist"), _("Open the list")),
        (_("Enter your goods"), _("Flowers, greenery and packaging with their prices. A few are enough to begin."),
         reverse("products:starter"), _("Choose from a list")),
        (_("Receive a delivery"), _("The stock then knows what is there, what it cost and until when it is fresh."),
         reverse("inventory:receive"), _("Receive goods")),
        (_("Take down an order"), _("As on the telephone: who, where, when, what."),
         reverse("orders:order_create"), _("New order")),
        (_("Complete the order"), _("The goods leave the stock, the oldest first, and the money shows up on this page."),
         reverse("orders:order_list"), _("Open the orders")),
    ]  # fmt: skip
    steps = [Step(is_done, *word) for is_done, word in zip(done, words, strict=True)]
    if not is_protected:
        steps.append(
            Step(
                is_done=False,
                title=_("Lock the door twice"),
                text=_(
                    "With a second factor a stolen password opens nothing: a code from your phone is asked for as well."
                ),
                url=reverse("second_factor"),
                action=_("Switch it on"),
            )
        )
    return FirstSteps(steps, demo=may_load_demo and not any(done[1:]) and has_demo() and is_empty())


def has_demo() -> bool:
    """Whether the installation has goods to offer."""
    return bool(settings.DEMO_FILLER) and hasattr(import_module(settings.DEMO_FILLER), "fill_goods")
