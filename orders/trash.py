"""Contacts and photos of orders that lie in the trash. Orders never do, they are cancelled."""

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from core.trash import Kind, register
from orders.models import Contact, OrderPhoto
from orders.services.contacts import forget_contact, restore_contact

NAME_OR_PHONE = Coalesce(NullIf(F("name"), Value("")), F("phone"))
ORDER_NUMBER = Cast("order__number", CharField())

register(
    Kind(
        Contact, "orders.change", restore_contact, name=NAME_OR_PHONE, searched=("name", "phone"),
        shown=~Q(name="", phone=""), forget=forget_contact,
    )
)  # fmt: skip
register(Kind(OrderPhoto, "orders.change", name=ORDER_NUMBER, searched=(ORDER_NUMBER,)))
