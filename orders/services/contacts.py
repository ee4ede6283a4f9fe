"""People behind telephone numbers: found, or written down once."""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from core.access import may
from core.errors import BadInput, NotAllowed
from core.tenancy import current_schema_name
from orders.models import Contact


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
