"""Filters and tags that every template has without loading: how money, quantities and days look, icons, widgets."""

import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

import phonenumbers
from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, HiddenInput, RadioSelect
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.numbers import MINUS, NO_BREAK_SPACE, decimal_mark, format_decimal

register = template.Library()

CURRENCY_SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸", "GEL": "₾", "AMD": "֏", "UZS": "сум", "BYN": "Br"}
SPRITE = "core/icons.svg"
WEEKDAY_HUES = ["blue", "cyan", "teal", "amber", "pink", "violet", "slate"]  # from Monday


def currency_sign() -> str:
    """The sign of the installation's currency, or its code where there is no common sign."""
    return CURRENCY_SIGNS.get(settings.CURRENCY, settings.CURRENCY)


def _exact(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    if isinstance(value, float):
        raise TypeError("Money and quantities are Decimal, not float.")
    return Decimal(value)


@register.filter
def money(value: Decimal | int | str | None) -> str:
    """`1 234,50 ₽`, in English `₽1,234.50`; kopecks only when there are any."""
    number = _exact(value)
    if number is None:
        return ""
    number = number.quantize(Decimal("0.01"), ROUND_HALF_UP)
    written = format_decimal(number, places=0 if number == number.to_integral_value() else 2)
    if decimal_mark() == ",":
        return f"{written}{NO_BREAK_SPACE}{currency_sign()}"
    sign = MINUS if written.startswith(MINUS) else ""
    return f"{sign}{currency_sign()}{written.removeprefix(MINUS)}"


@register.filter
def quantity(value: Decimal | int | str | None, unit: object = "") -> str:
    """`12,5`, with a unit `12,5 м`; no trailing zeros."""
    number = _exact(value)
    if number is None:
        return ""
    return f"{format_decimal(number)}{NO_BREAK_SPACE}{unit}" if unit else format_decimal(number)


@register.filter
def machine(value: Any) -> str:
    """A value for machines (SVG, data attributes, JSON, CSV): never localised, `1.5` in every language."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


@register.filter
def day(value: datetime.date | None, today: datetime.date | None = None) -> str:
    """`пт, 20 ноя`, in English `Fri 20 Nov`; with the year unless it is the year of `today` (by default the clock's)."""
    if not value:
        return ""
    if isinstance(value, datetime.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return _day(value, get_language(), with_year=value.year != (today or timezone.localdate()).year)


@lru_cache(maxsize=4096)  # a list names the same few days again and again
def _day(value: datetime.date, _language: str | None, *, with_year: bool) -> str:
    # Translators: how a day looks in lists: weekday, day, month, in Django's date format letters
    pattern = _("D j b")
    written = date_format(value, f"{pattern} Y" if with_year else pattern)
    if decimal_mark() == ",":
        return written.lower().replace(" ", NO_BREAK_SPACE)
    return " ".join(part.capitalize() for part in written.split(" ")).replace(" ", NO_BREAK_SPACE)


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """A day and the time of day: `пт, 20 ноя, 14:05`."""
    if not value:
        return ""
    return f"{day(value)}, {timezone.localtime(value):%H:%M}"


@register.filter
def slot(start: datetime.time | None, end: datetime.time | None = None) -> str:
    """`14:00–16:00`; with one end only, `from 14:00` or `until 16:00`."""
    if start and end:
        return f"{start:%H:%M}–{end:%H:%M}"
    if start:
        return _("from %(time)s") % {"time": f"{start:%H:%M}"}
    return _("until %(time)s") % {"time": f"{end:%H:%M}"} if end else ""


@register.filter
def phone(value: str | None) -> str:
    """`+7 912 345-67-89` from `+79123456789`; what is no number stays as it is."""
    return _phone(value) if value else ""


@lru_cache(maxsize=4096)  # reading a number takes longer than everything else in a row
def _phone(value: str) -> str:
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return str(written).replace(" ", NO_BREAK_SPACE)


@register.filter
def full_name(user: Any) -> str:
    """What to call a staff member: the name, else the log-in."""
    return str(getattr(user, "name", "") or user.get_username())


@register.filter
def initials(name: str) -> str:
    """Up to two capitals for an avatar: `МП` from `Марина Петрова`."""
    return "".join(word[0] for word in str(name).split()[:2]).upper()


@register.filter
def minutes(duration: datetime.timedelta) -> int:
    """Whole minutes, at least one, rounded up."""
    return max(1, -int(-duration.total_seconds() // 60))


@register.filter
def weekday(value: datetime.date) -> str:
    """The short name of the day of the week: `Ср`."""
    return date_format(value, "D")[:3]


@register.filter
def weekday_hue(value: datetime.date) -> str:
    """The hue of a batch ribbon: every weekday has its own, so that florists know a bucket from afar."""
    return WEEKDAY_HUES[value.weekday()]


@register.filter
def tone(message: Message) -> str:
    """The tone of a notice for one of Django's messages; empty means plain information."""
    return {"success": "ok", "warning": "warn", "error": "danger"}.get(message.level_tag, "")


@register.filter
def tone_icon(message: Message) -> str:
    """The symbol that goes with the tone."""
    return {"success": "check", "warning": "alert", "error": "alert"}.get(message.level_tag, "info")


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """One symbol of the sprite, hidden from screen readers; `size` is empty, small or large."""
    return _symbol(str(name), str(size))


@lru_cache(maxsize=512)  # a list shows several hundred of a few dozen; the sprite stays where it is while we run
def _symbol(name: str, size: str) -> SafeString:
    classes = f"icon {size}" if size else "icon"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', classes, static(SPRITE), name)


@register.simple_tag
def motif(name: str, petal: str = "") -> SafeString:
    """A flower of the sprite in the colour `petal`; without one it takes the colour of the element around it."""
    if not petal:
        return format_html('<svg aria-hidden="true"><use href="{}#f-{}"/></svg>', static(SPRITE), name)
    return format_html(
        '<svg data-petal="{}" aria-hidden="true"><use href="{}#f-{}"/></svg>', petal, static(SPRITE), name
    )


@register.filter
def legends(keys: str) -> list[str]:
    """How physical keys are written on a keyboard, in Latin and in Russian."""
    from core.shortcuts import legends as legends_of  # its table needs the rights, which need the user model

    return legends_of(keys)


@register.filter
def words(text: str) -> list[str]:
    """The words of a sentence, to loop over a few constants in a template."""
    return text.split()


@register.filter
def basename(path: str) -> str:
    """`buttons` from `core/styleguide/buttons.html`."""
    return PurePosixPath(path).stem


@register.filter
def kind(field: BoundField) -> str:
    """How a field is laid out: hidden, tick, choices or line."""
    widget = field.field.widget
    if isinstance(widget, HiddenInput):
        return "hidden"
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    return "tick" if isinstance(widget, CheckboxInput) else "line"


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The field's control with our class, its error and hint named for screen readers."""
    attrs: dict[str, Any] = {}
    own_class = field.field.widget.attrs.get("class", "")
    if kind(field) == "line":
        attrs["class"] = f"input {own_class}".strip()
    described = [f"{field.auto_id}_error"] if field.errors else []
    described += [f"{field.auto_id}_hint"] if field.help_text else []
    if described and kind(field) in {"line", "tick"}:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors and kind(field) in {"line", "tick"}:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)
