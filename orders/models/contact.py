from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import SoftDelete


class Contact(SoftDelete):
    """Somebody who orders flowers or receives them. A shop's contacts; the platform's customers are the shops.

    One with neither name nor telephone was forgotten on their own wish; orders still point to it.
    """

    is_person = True

    name = models.CharField(pgettext_lazy("person", "name"), max_length=200)
    phone = models.CharField(_("phone"), max_length=20, blank=True, help_text=_("With country code."))
    is_colleague = models.BooleanField(
        _("works here"),
        db_default=False,
        default=False,
        help_text=_("What they order from now on costs the staff's price, where the goods have one."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(SoftDelete.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["phone"], condition=models.Q(is_deleted=False) & ~models.Q(phone=""), name="contact_phone_once"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.phone or str(_("forgotten person"))

    @property
    def is_forgotten(self) -> bool:
        """Whether what told of the person was blanked (`orders.services.contacts.forget_contact`)."""
        return not (self.name or self.phone)
