"""What the search finds of orders and people."""

from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.search import Hit, Provider, matching, register
from core.search_text import MOST_DIGITS, SearchQuery, number_ranges
from core.templatetags.florist import day, phone
from orders.models import Contact, Order

PEOPLE_AT_MOST = 500  # whose orders are looked for; a name that more people share is no help in finding one of them


def find_orders(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """Orders by their number, by the beginning of it, by the end of a telephone number, by the names of people; among
    equals the newest first. Names and telephones cost a statement more."""
    if query.digits:
        exact = Q(number=int(query.digits)) if len(query.digits) <= MOST_DIGITS else Q(pk__in=[])
        wanted = exact
        for first, last in number_ranges(query.digits):
            wanted |= Q(number__range=(first, last))
        if query.phone_end:
            wanted |= _of(Contact.objects.filter(phone__endswith=query.phone_end))
        rank = Case(When(exact, then=Value(0)), default=Value(1), output_field=IntegerField())
        orders = Order.objects.filter(wanted).order_by(rank, "-due_on", "-pk")
    else:
        people = matching(Contact.objects.all(), query, "name").order_by("reading", "-pk")
        orders = Order.objects.filter(_of(people)).order_by("-due_on", "-pk")
    return [_order_hit(order, query) for order in orders.select_related("status", "buyer", "recipient")[:limit]]


def _of(people: QuerySet[Contact]) -> Q:
    """Ordered or received by one of these people. Their keys are read first: as a subquery under an OR they would be
    looked for twice, and no index of orders would help."""
    keys = list(people.values_list("pk", flat=True)[:PEOPLE_AT_MOST])
    return Q(buyer__in=keys) | Q(recipient__in=keys)


def _order_hit(order: Order, query: SearchQuery) -> Hit:
    people = list(dict.fromkeys(str(person) for person in (order.recipient, order.buyer) if person is not None))
    return Hit(
        title=" · ".join([_("No. %(number)s") % {"number": order.number}, *people]),
        note=f"{day(order.due_on)} · {order.status}",
        url=reverse("orders:order_detail", args=[order.pk]),
        icon="orders",
        reading=query.reading_of(" ".join(people)),
    )


def find_contacts(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """People by the end of their telephone number, else by name; each leads to the orders with this person."""
    contacts = Contact.objects.all()
    if query.digits:
        if not query.phone_end:
            return []
        contacts = contacts.filter(phone__endswith=query.phone_end)
        contacts = contacts.annotate(reading=Value(0, output_field=IntegerField()))
    else:
        contacts = matching(contacts, query, "name")
    return [
        Hit(
            title=str(contact),
            note=phone(contact.phone) if contact.name else "",
            url=f"{reverse('orders:order_list')}?{urlencode({'view': 'all', 'contact': contact.pk})}",
            icon="people",
            reading=contact.reading,
        )
        for contact in contacts.order_by("reading", "name", "pk")[:limit]
    ]


register(Provider("orders", gettext_lazy("Orders"), "orders.view", 10, find_orders))
register(Provider("contacts", gettext_lazy("People"), "orders.change", 20, find_contacts))
