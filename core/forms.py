"""Form fields that read what florists type, and the base classes that draw forms with our components."""

import datetime
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.numbers import parse_decimal, typed_decimal
from core.text import clean_text

TWO_YEARS = 731


class ComponentRenderer(TemplatesSetting):
    """Draws `{{ form }}` and `{{ field.as_field_group }}` with the templates in components/."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class Shaped(forms.BaseForm):
    """What our forms and model forms share."""

    default_renderer = ComponentRenderer

    def add_refusal(self, refusal: DomainError) -> None:
        """Show a service's refusal in the form: beside its field if it names one of ours, else above the form."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


class Form(Shaped, forms.Form):
    """A form drawn with our components."""


class ModelForm(Shaped, forms.ModelForm):  # type: ignore[type-arg]
    """A model form drawn with our components."""


class DecimalTextField(forms.Field):
    """An exact number in a text input: `type=number` loses commas, spaces and, under a mouse wheel, the value."""

    widget = forms.TextInput

    def __init__(
        self,
        *,
        places: int,
        minimum: Decimal | None = None,
        maximum: Decimal | None = None,
        unit: Any = "",
        **kwargs: Any,
    ) -> None:
        self.places, self.minimum, self.maximum, self.unit = places, minimum, maximum, unit
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal" if self.places else "numeric", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        return typed_decimal(value) if isinstance(value, Decimal | int) else value

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return parse_decimal(str(value), places=self.places, minimum=self.minimum, maximum=self.maximum)
        except BadInput as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True


class QuantityField(DecimalTextField):
    """How many: above zero, up to 999 999,999, three decimals unless told otherwise."""

    def __init__(self, *, places: int = 3, **kwargs: Any) -> None:
        kwargs.setdefault("minimum", Decimal(1).scaleb(-places))
        kwargs.setdefault("maximum", Decimal("999999.999").quantize(Decimal(1).scaleb(-places), "ROUND_DOWN"))
        super().__init__(places=places, **kwargs)


class MoneyField(DecimalTextField):
    """A sum in the shop's currency: not negative, up to 99 999 999,99, two decimals unless told otherwise."""

    def __init__(self, *, places: int = 2, **kwargs: Any) -> None:
        from core.templatetags.florist import currency_sign

        kwargs.setdefault("minimum", Decimal(0))
        kwargs.setdefault("maximum", Decimal("99999999.99"))
        kwargs.setdefault("unit", currency_sign())
        super().__init__(places=places, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal | int):
            return typed_decimal(value, places=0 if Decimal(value) == int(value) else 2)
        return value


class CleanCharField(forms.CharField):
    """Text through `core.text.clean_text`; `multiline` keeps line breaks and draws a text area."""

    def __init__(self, *, max_length: int, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        if multiline:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(max_length=max_length, strip=False, **kwargs)
        # clean_text measures the tidied text and refuses control characters itself, with a sentence that helps more.
        self.validators = []

    def to_python(self, value: Any) -> str:
        if value in self.empty_values:
            return str(self.empty_value)
        try:
            return clean_text(str(value), max_length=self.max_length or 0, multiline=self.multiline)
        except BadInput as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from refusal


class PhoneField(forms.CharField):
    """A telephone number, stored as E.164 (`+79121234567`); without a country code it is a Russian one."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
    _ALLOWED = re.compile(r"[0-9+() .\-\u00a0\u2010\u2011\u2013]+")

    def __init__(self, *, region: str = "RU", **kwargs: Any) -> None:
        self.region = region
        super().__init__(max_length=kwargs.pop("max_length", 40), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        from core.templatetags.florist import phone

        return phone(value) if isinstance(value, str) and value.startswith("+") else value

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return str(self.empty_value)
        wrong = ValidationError(
            _("This is not a telephone number. Write it with the code, for example +7 912 345-67-89."), code="bad_input"
        )
        if not self._ALLOWED.fullmatch(text):
            raise wrong
        try:
            number = phonenumbers.parse(text, self.region)
        except phonenumbers.NumberParseException as error:
            raise wrong from error
        if not phonenumbers.is_valid_number(number):
            raise wrong
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


class KeyField(forms.UUIDField):
    """The hidden idempotency key: made when the form is drawn, so that a second press sends the same one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.HiddenInput)
        kwargs.setdefault("initial", uuid.uuid4)
        kwargs.setdefault(
            "error_messages",
            {
                "required": _("The form lost its key. Open it again and send it once more."),
                "invalid": _("The form lost its key. Open it again and send it once more."),
            },
        )
        super().__init__(**kwargs)


class DateField(forms.DateField):
    """A day between `days_back` before and `days_ahead` after today; None means 20 years back.

    `today` is called when the value is checked, so that tests and views can pass the day in.
    """

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(
        self,
        *,
        days_back: int | None = None,
        days_ahead: int = TWO_YEARS,
        today: Callable[[], datetime.date] = timezone.localdate,
        **kwargs: Any,
    ) -> None:
        self.days_back = 20 * 366 if days_back is None else days_back
        self.days_ahead, self.today = days_ahead, today
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%d.%m.%Y"])
        kwargs.setdefault(
            "error_messages",
            {"invalid": _("There is no such day. Write it as day.month.year, for example 20.11.2026.")},
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> datetime.date | None:
        day: datetime.date | None = super().clean(value)
        if day is None:
            return None
        today = self.today()
        earliest = today - datetime.timedelta(days=self.days_back)
        latest = today + datetime.timedelta(days=self.days_ahead)
        if day < earliest:
            raise ValidationError(
                _("This day is too early: %(limit)s or later, please.") % {"limit": date_format(earliest, "d.m.Y")},
                code="bad_input",
            )
        if day > latest:
            raise ValidationError(
                _("This day is too far ahead: %(limit)s or earlier, please.") % {"limit": date_format(latest, "d.m.Y")},
                code="bad_input",
            )
        return day
