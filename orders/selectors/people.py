"""Contacts by their telephone, and where they had flowers sent."""

from typing import Any

from django.db.models import (
    Count,
    Max,
)

from orders.models import (
    Contact,
    Fulfilment,
    Order,
)

CONTACTS = 5
DIGITS_OF_A_PHONE = 3
MOST_DIGITS = 15


def digits_of(text: str) -> str:
    """The ASCII digits of what was typed."""
    return "".join(character for character in text if character.isascii() and character.isdigit())


def end_of_number(digits: str) -> str:
    """How a stored number ends: a Russian one may be typed with 8 where the stored one begins with +7."""
    return digits[1:] if len(digits) == 11 and digits[0] == "8" else digits


def contacts_by_digits(text: str) -> list[Any]:
    """At most five contacts whose telephone ends with the digits of `text` (three or more), those with most orders
    first; `orders` is how many they have ordered, `last` the day of the latest."""
    digits = digits_of(text)
    if not DIGITS_OF_A_PHONE <= len(digits) <= MOST_DIGITS:
        return []
    found = Contact.objects.filter(phone__endswith=end_of_number(digits))
    return list(
        found.annotate(orders=Count("bought"), last=Max("bought__due_on")).order_by("-orders", "name", "pk")[:CONTACTS]
    )


def is_colleague(*, phone: str, name: str) -> bool:
    """Whether whom `contact_of` would find works here: by the telephone (E.164), without one by the name. One statement
    at most."""
    if not phone and not name:
        return False
    rows = Contact.objects.filter(phone=phone) if phone else Contact.objects.filter(phone="", name=name)
    return rows.filter(is_colleague=True).exists()


DELIVERIES = 3
LOOKED_AT = 50


def last_deliveries(phone: str) -> list[Order]:
    """The latest order of each of the last three places to which the buyer with this telephone (E.164) had flowers
    delivered: recipient and address together. One statement."""
    if not phone:
        return []
    orders = (
        Order.objects.filter(buyer__phone=phone, fulfilment=Fulfilment.DELIVERY)
        .exclude(address="")
        .select_related("buyer", "recipient")
        .order_by("-pk")[:LOOKED_AT]
    )
    found: dict[tuple[int | None, str], Order] = {}
    for order in orders:
        found.setdefault((order.recipient_id, order.address.casefold()), order)
    return list(found.values())[:DELIVERIES]
