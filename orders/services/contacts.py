"""People behind telephone numbers: found, written down once, and forgotten when they ask for it."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.access import may
from core.errors import BadInput, DomainError, NotAllowed
from core.soft_delete import CannotRestore, restore
from core.tenancy import current_schema_name
from orders.domain.lifecycle import ENDS
from orders.models import Contact, Order, OrderDraft
from orders.selectors.people import digits_of


class StillOrdering(DomainError):
    """An order that is not ended yet needs the person's name and telephone."""

    code = "still_ordering"


def contact_of(*, phone: str = "", name: str = "", known: Contact | None = None) -> Contact | None:
    """The live contact with this telephone number (E.164), made if there is none; None when both are empty.

    A number belongs to one contact, and the contact keeps its name, with one exception: `known`, the person whose name
    is being corrected. Without a number people are told apart by their names.
    """
    if not phone:
        return _named(name) if name else None
    found = Contact.objects.filter(phone=phone).first()
    if found is None:
        try:
            with transaction.atomic():
                return Contact.objects.create(phone=phone, name=name)
        except IntegrityError:
            # Somebody else wrote the same number down a moment ago.
            found = Contact.objects.get(phone=phone)
    if name and name != found.name and (not found.name or found == known):
        found.name = name
        found.save(update_fields=["name"])
    return found


def _named(name: str) -> Contact:
    """The contact without a number of this name. The lock makes twins of one request find the same row."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_schema_name()} contact {name}"]
            )
        return Contact.objects.filter(phone="", name=name).first() or Contact.objects.create(name=name)


def forget_contact(contact: Contact) -> int:
    """Blank the name and telephone of a deleted contact, with the words on the cards and the couriers' notes of the orders
    that name it, and the addresses where the person received the flowers, and remove what was typed of them into orders not saved yet;
    answers with the number of orders. Money,
    goods and days stay. The caller holds the contact's lock. Raises StillOrdering while such an order is not ended.
    """
    # The orders alone: a status joined in would be the one of before a wait.
    named = Order.objects.select_for_update(of=("self",), no_key=True).filter(Q(buyer=contact) | Q(recipient=contact))
    orders = list(named.order_by("pk"))
    for order in orders:
        if order.status.category not in ENDS:
            raise StillOrdering(
                _("Order %(number)s of this person is not ended yet. Complete or cancel it first.")
                % {"number": order.number}
            )
    keys = [order.pk for order in orders]
    Order.objects.filter(pk__in=keys).update(card_message="", courier_note="", version=F("version") + 1)
    theirs = Q(recipient=contact) | Q(recipient=None, buyer=contact)
    Order.objects.filter(theirs, pk__in=keys).update(address="")
    Contact.all_objects.filter(pk=contact.pk).update(name="", phone="", is_colleague=False)
    kind = ContentType.objects.get_for_model(Contact)
    LogEntry.objects.filter(content_type=kind, object_id=str(contact.pk)).update(object_repr="")
    OrderDraft.objects.filter(
        pk__in=[draft.pk for draft in OrderDraft.objects.all() if _tells_of(draft, contact)]
    ).delete()
    return len(orders)


def _tells_of(draft: OrderDraft, contact: Contact) -> bool:
    """Whether an order that is not saved yet was typed for the person: by the telephone, without one by the name."""
    typed = [str(value) for value in draft.data.values()]
    if contact.phone:
        end = digits_of(contact.phone)[-10:]
        return any(digits_of(text).endswith(end) for text in typed)
    return contact.name.casefold() in (text.strip().casefold() for text in typed)


def restore_contact(contact: Contact, *, by: Any) -> int:
    """Bring a deleted contact back. Raises CannotRestore for a person who was forgotten."""
    with transaction.atomic():
        stored = Contact.all_objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if stored.is_forgotten:
            raise CannotRestore(
                _("This person was forgotten: there is nothing left to bring back. Write them down anew.")
            )
        return restore(contact, by=by)


def mark_colleague(contact: Contact, *, works_here: bool, by: Any) -> None:
    """Say that a contact works here, or no more: lines they order from then on take the staff's price, those that stand
    keep theirs. Raises NotAllowed for who may not change prices, BadInput for a deleted contact."""
    refuse_to_mark(by)
    with transaction.atomic():
        stored = Contact.all_objects.select_for_update(of=("self",), no_key=True).get(pk=contact.pk)
        if stored.is_deleted:
            raise BadInput(_("%(name)s is deleted. Restore the contact or choose another.") % {"name": stored})
        Contact.objects.filter(pk=stored.pk).update(is_colleague=works_here)
    contact.is_colleague = works_here


def refuse_to_mark(by: Any) -> None:
    """Who works here pays less: it takes the right to change prices. Raises NotAllowed."""
    if not may(by, "catalogue.change"):
        raise NotAllowed(
            _("Who works here pays the staff's price. Your role may not change prices: ask the owner or a manager.")
        )
