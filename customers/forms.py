"""What people type on the public site."""

from typing import Any

from django import forms
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from core.forms import CleanCharField, Form, KeyField, PhoneField
from customers.models import self_service_name_rule
from customers.services.registration import suggest_address


class ApplicationForm(Form):
    """An application for a shop. `website` is a trap: people do not see it, robots fill it in."""

    shop_name = CleanCharField(label=_("Name of the shop"), max_length=120)
    schema_name = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=60,
        help_text=_("Latin letters and digits, from three; leave it empty and we suggest one."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    owner_name = CleanCharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    owner_email = forms.CharField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    phone = PhoneField(label=_("Phone"), required=False)
    consent = forms.BooleanField(label=_("I agree that these data are kept to answer the application."))
    website = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    key = KeyField()

    def clean_owner_email(self) -> str:
        return _email(self.cleaned_data["owner_email"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        address = cleaned.get("schema_name", "").strip().lower()
        if "schema_name" in self.errors:
            return cleaned
        if address:
            cleaned["schema_name"] = address
            try:
                self_service_name_rule(address)
            except forms.ValidationError as error:
                self.add_error("schema_name", error)
        elif "shop_name" in cleaned:
            self._suggest(cleaned["shop_name"])
        return cleaned

    def _suggest(self, shop_name: str) -> None:
        """Nothing is decided for people: the suggestion stands in the field, they send it or change it."""
        suggestion = suggest_address(shop_name)
        self.data = {**self.data.dict(), self.add_prefix("schema_name"): suggestion}  # type: ignore[attr-defined]
        self.add_error(
            "schema_name",
            _("We suggest this address. Send the form once more, or choose another.")
            if suggestion
            else _("Think of an address: we could not make one from the name."),
        )


def _email(value: str) -> str:
    email = value.strip()
    EmailValidator(_("This is not an e-mail address. Write it like marina@example.com."))(email)
    return email


class MailCodeForm(Form):
    """The code of our mail, as it is typed or pasted."""

    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "xxxx-xxxx",
            }
        ),
    )


class OtherEmailForm(Form):
    """Another address instead of a mistyped one."""

    owner_email = forms.CharField(
        label=_("The right e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean_owner_email(self) -> str:
        return _email(self.cleaned_data["owner_email"])


class AddressForm(Form):
    """The shop's name alone, for the suggestion while the form is filled in."""

    shop_name = CleanCharField(max_length=120)
