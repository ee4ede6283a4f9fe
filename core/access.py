"""Who may do what. One table of rights by role, and the decorator that asks it before a view runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from core.errors import NotAllowed
from core.htmx import wants_part


class Role(models.TextChoices):
    """What a staff member of a shop is. The owner may everything."""

    OWNER = "owner", _("owner")
    MANAGER = "manager", _("manager")
    FLORIST = "florist", _("florist")
    SELLER = "seller", _("seller")
    COURIER = "courier", _("courier")


_ALL = frozenset(Role)
_OFFICE = frozenset({Role.OWNER, Role.MANAGER})
_SHOP_FLOOR = _OFFICE | {Role.FLORIST, Role.SELLER}

RIGHTS: dict[str, frozenset[Role]] = {
    "orders.view": _ALL,
    "orders.change": _SHOP_FLOOR,
    "orders.complete": _ALL,
    "orders.cancel": _OFFICE | {Role.SELLER},
    "orders.reopen": _OFFICE,
    "orders.correct_price": _OFFICE,
    "stock.view": _SHOP_FLOOR,
    "stock.receive": _OFFICE | {Role.FLORIST},
    "stock.write_off": _SHOP_FLOOR,
    "stock.return_to_supplier": _OFFICE,
    "stock.count": _SHOP_FLOOR,
    "stock.apply_count": _OFFICE,
    "stock.transfer": _SHOP_FLOOR,
    "stock.regrade": _OFFICE | {Role.FLORIST},
    "stock.mark_down": _OFFICE,
    "stock.assemble": _SHOP_FLOOR,
    "stock.take_back": _OFFICE | {Role.SELLER},
    "stock.cost": _OFFICE,
    "stock.correct_cost": _OFFICE,
    "stock.close_period": frozenset({Role.OWNER}),
    "catalogue.view": _SHOP_FLOOR,
    "catalogue.change": _OFFICE,
    "reports.view": _OFFICE | {Role.SELLER},
    "shop.set_up": frozenset({Role.OWNER}),
    "shop.export": frozenset({Role.OWNER}),
    "staff.change": frozenset({Role.OWNER}),
    "admin.use": _OFFICE,
    "actions.all": _OFFICE,
    "trash.view": _OFFICE,
    "trash.purge": frozenset({Role.OWNER}),
}


def may(user: Any, right: str) -> bool:
    """Whether `user` has `right`. An unknown right is a mistake in the code and raises KeyError."""
    holders = RIGHTS[right]
    return bool(user.is_authenticated and user.is_active and (user.is_superuser or user.role in holders))


def needs(right: str) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Let a view run only for those who have `right`; others log in first or get the 403 page.

    htmx is answered 401 instead of the log-in page: the page then asks for the password over what was typed and sends
    the request again.
    """
    holders = RIGHTS[right]

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if wants_part(request):
                    return HttpResponse(status=401, headers={"Cache-Control": "no-store"})
                # Here, because it needs the user model, and the user model needs Role from this module.
                from django.contrib.auth.views import redirect_to_login

                return redirect_to_login(request.get_full_path())
            if not may(request.user, right):
                who = ", ".join(str(role.label) for role in Role if role in holders)
                raise NotAllowed(_("Your role does not permit this. Ask someone who may: %(who)s.") % {"who": who})
            return view(request, *args, **kwargs)

        checked.right = right  # type: ignore[attr-defined]  # read by the access matrix
        return checked

    return decorate
