"""What the platform does every day."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name

from customers.jobs import mail_payment
from customers.models import Client, TenantRegistration
from customers.services.paying import reminder_due

UNCONFIRMED_FOR = timedelta(days=14)


def expire_applications(*, now: datetime) -> int:
    """Let applications go whose e-mail nobody confirmed in 14 days; their addresses are free again. Answers how many."""
    waiting = TenantRegistration.objects.filter(
        status=TenantRegistration.Status.PENDING, expired_at=None, email_verified_at=None
    )
    return waiting.filter(created_at__lt=now - UNCONFIRMED_FOR).update(expired_at=now)


@transaction.atomic
def remind_of_payment(*, now: datetime) -> int:
    """Have the owners mailed whose shop is about to end, or can't be changed any more; each of both once. Answers how
    many."""
    today = timezone.localdate(now)
    shops = Client.objects.filter(status=Client.Status.ACTIVE).exclude(schema_name=get_public_schema_name())
    due = [
        shop
        for shop in shops.exclude(paid_until=None).exclude(owner_email="").select_for_update()
        if reminder_due(shop.paid_until, shop.reminded_on, today)
    ]
    for shop in due:
        mail_payment.enqueue(shop.pk)
    Client.objects.filter(pk__in=[shop.pk for shop in due]).update(reminded_on=today)
    return len(due)
