from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.domain.lifecycle import ENDS, STAGES, Category, Stage

# The names of the statuses every shop starts with; a shop's own name, once given, wins.
SYSTEM_NAMES = {
    "draft": pgettext_lazy("order status", "Draft"),
    "new": pgettext_lazy("order status", "New"),
    "confirmed": pgettext_lazy("order status", "Confirmed"),
    "assembling": pgettext_lazy("order status", "Assembling"),
    "ready": pgettext_lazy("order status", "Ready"),
    "delivering": pgettext_lazy("order status", "Out for delivery"),
    "completed": pgettext_lazy("order status", "Completed"),
    "cancelled": pgettext_lazy("order status", "Cancelled"),
}

HUES = [
    ("slate", _("slate")), ("blue", _("blue")), ("cyan", _("cyan")), ("teal", _("teal")), ("green", _("green")),
    ("lime", _("lime")), ("amber", _("amber")), ("orange", _("orange")), ("red", _("red")), ("pink", _("pink")),
    ("violet", _("violet")), ("brown", _("brown")),
]  # fmt: skip


class OrderStatus(models.Model):
    """A step of an order's way, named and coloured by the shop. What it does to the stock follows from `category`."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(
        pgettext_lazy("order status", "name"),
        max_length=60,
        blank=True,
        help_text=_("Left empty, a system status is named in the reader's language."),
    )
    color = models.CharField(_("colour"), max_length=10, choices=HUES, default="slate")
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    category = models.CharField(
        _("category"), max_length=12, choices=[(category.value, SYSTEM_NAMES[category]) for category in Category]
    )
    is_system = models.BooleanField(_("system"), default=False, editable=False)
    is_positive_end = models.BooleanField(_("good end"), default=False)
    is_negative_end = models.BooleanField(_("bad end"), default=False)

    class Meta:
        verbose_name = _("order status")
        verbose_name_plural = _("order statuses")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(category__in=[category.value for category in Category]), name="status_category_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_positive_end=True, category="completed")
                | models.Q(is_positive_end=False) & ~models.Q(category="completed"),
                name="status_good_end_matches",
            ),
            models.CheckConstraint(
                condition=models.Q(is_negative_end=True, category="cancelled")
                | models.Q(is_negative_end=False) & ~models.Q(category="cancelled"),
                name="status_bad_end_matches",
            ),
            models.CheckConstraint(condition=models.Q(is_system=True) | ~models.Q(name=""), name="status_named"),
        ]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def label(self) -> Any:
        """The shop's own name, else the system status's name in the reader's language."""
        return self.name or SYSTEM_NAMES.get(self.code, self.code)

    @property
    def stage(self) -> Stage:
        """What orders in this status mean for the stock."""
        return STAGES[Category(self.category)]

    @property
    def is_end(self) -> bool:
        return Category(self.category) in ENDS
