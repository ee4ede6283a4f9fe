"""What the living style sheet shows. Its texts stand for a shop's own data, so they are not translated."""

import datetime
from decimal import Decimal
from typing import Any

from django import forms as django_forms
from django.http import Http404, HttpRequest

from core.errors import Busy, DomainError, NotAllowed
from core.forms import CleanCharField, DateField, Form, KeyField, MoneyField, PhoneField, QuantityField

PARTS = ["buttons", "fields", "refusal", "words", "notices", "table", "stock", "order", "empty", "layers"]
PARTS_FOR_EYES = ["type", "colours", "icons", "flowers"]
HUES = ["slate", "blue", "cyan", "teal", "green", "lime", "amber", "orange", "red", "pink", "violet", "brown"]
STATUSES = [
    ("Черновик", ""),
    ("Новый", "blue"),
    ("Подтверждён", "cyan"),
    ("В сборке", "amber"),
    ("Готов", "teal"),
    ("В доставке", "violet"),
    ("Выполнен", "green"),
    ("Отменён", "slate"),
]
ICONS = [
    "today",
    "orders",
    "till",
    "bouquet",
    "stock",
    "purchase",
    "people",
    "catalogue",
    "reports",
    "settings",
    "search",
    "plus",
    "minus",
    "bell",
    "scan",
    "grip",
    "more",
    "menu",
    "board",
    "calendar",
    "print",
    "check",
    "alert",
    "info",
    "clock",
    "phone",
    "pin",
    "camera",
    "card",
    "cash",
    "qr",
    "close",
    "left",
    "right",
    "down",
    "arrow",
    "edit",
    "trash",
    "undo",
    "filter",
    "truck",
    "shop",
    "note",
    "gift",
    "link",
    "swap",
    "percent",
    "eye",
    "lock",
    "offline",
    "upload",
    "download",
    "fresh",
    "soon",
    "wilting",
    "expired",
]
FLOWERS = [
    ("rose", "red"),
    ("rose", "cream"),
    ("tulip", "yellow"),
    ("tulip", "lilac"),
    ("peony", "pink"),
    ("ranunculus", "coral"),
    ("mum", "white"),
    ("hydrangea", "lavender"),
    ("gypsophila", "white"),
    ("eucalyptus", "green"),
    ("bouquet", "pink"),
    ("hatbox", "cherry"),
    ("wrap", "orange"),
    ("vase", "terracotta"),
]
REFUSAL = "Роза Freedom 70 см: нужно 25, свободно 12. Уменьшите количество или примите поставку."
COLOURS = [
    "bg",
    "surface",
    "surface-2",
    "surface-3",
    "ink",
    "text",
    "text-2",
    "text-3",
    "border",
    "border-strong",
    "primary",
    "primary-soft",
    "danger",
    "danger-soft",
    "warn-soft",
    "ok-soft",
    "info-soft",
    "focus",
]


class SampleForm(Form):
    """One field of every kind."""

    name = CleanCharField(label="Имя", max_length=60, help_text="Как обращаться")
    phone = PhoneField(label="Телефон")
    quantity = QuantityField(label="Сколько списать", places=0, maximum=Decimal(38), unit="шт")
    price = MoneyField(label="Цена за штуку")
    day = DateField(label="День", help_text="Не раньше завтрашнего", days_back=0)
    warehouse = django_forms.ChoiceField(label="Склад", choices=[("1", "Салон на Садовой"), ("2", "Холодильник")])
    way = django_forms.ChoiceField(
        label="Как получит",
        choices=[("delivery", "Доставка"), ("pickup", "Самовывоз")],
        widget=django_forms.RadioSelect,
        initial="delivery",
    )
    surprise = django_forms.BooleanField(label="Сюрприз, не звонить получателю", required=False)
    card = CleanCharField(label="Открытка", max_length=120, multiline=True, required=False)
    key = KeyField()


REFUSED = {
    "name": "Анна Белова",
    "phone": "+7 912",
    "quantity": "45",
    "price": "1,234",
    "day": "2020-02-31",
    "warehouse": "1",
    "way": "",
    "key": "5b6a1c1e-6d6e-4a57-8a35-7d4f9f1b2c3d",
}


class EntranceForm(Form):
    """What a log-in looks like."""

    email = django_forms.EmailField(label="Электронная почта")
    password = django_forms.CharField(label="Пароль", widget=django_forms.PasswordInput)


def page_context(name: str) -> tuple[str, dict[str, Any]]:
    """Template and context of an example page: entrance, refused, busy or locked. Raises Http404 for other names."""
    if name == "entrance":
        return "core/styleguide/entrance.html", {"form": EntranceForm()}
    if name == "refused":
        return "core/refused.html", {"refusal": DomainError(REFUSAL), "back": "/styleguide/"}
    if name == "busy":
        return "core/refused.html", {"refusal": Busy(), "back": ""}
    if name == "locked":
        return "core/locked_out.html", {"cooloff_timedelta": datetime.timedelta(minutes=15)}
    if name == "csrf":
        return "core/csrf_failure.html", {"back": "/styleguide/"}
    raise Http404


def specimens(request: HttpRequest) -> dict[str, Any]:
    """The context of core/styleguide.html: every part twice, in the light and in the dark theme."""
    themes = [
        {
            "name": name,
            "form": SampleForm(prefix=name, initial={"quantity": Decimal(12), "price": Decimal("1250.5")}),
            "refused": SampleForm({f"bad_{name}-{key}": value for key, value in REFUSED.items()}, prefix=f"bad_{name}"),
        }
        for name in ("light", "dark")
    ]
    return {
        "specimen_themes": themes,
        "parts": [f"core/styleguide/{part}.html" for part in [*PARTS, *PARTS_FOR_EYES]],
        "error_codes": [403, 404, 500, 503],
        "page_names": ["entrance", "refused", "busy", "locked", "csrf"],
        "statuses": STATUSES,
        "hues": HUES,
        "icons": ICONS,
        "flowers": FLOWERS,
        "colours": COLOURS,
        "sum": Decimal(84200),
        "sum_with_kopecks": Decimal("-1234.50"),
        "weight": Decimal("1.250"),
        "number": Decimal("12.000"),
        "received_on": datetime.date(2026, 11, 18),
        "at_ten": datetime.time(10),
        "at_noon": datetime.time(12),
        "telephone": "+79123456789",
        "refusals": [
            DomainError(REFUSAL),
            NotAllowed("Ваша роль этого не разрешает. Может: владелец, управляющий."),
            Busy(),
        ],
        "steps": [
            {"label": "Новый", "state": "done", "note": "9:12"},
            {"label": "В сборке", "state": "current", "note": "Лена"},
            {"label": "Готов", "state": "", "note": ""},
            {"label": "Выполнен", "state": "", "note": ""},
        ],
    }
