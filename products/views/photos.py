"""Photos of a product, a bouquet or a category: adding, putting in order, describing, removing."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.access import may, needs
from core.errors import BadInput, DomainError, StaleForm
from core.htmx import wants_part
from core.photos import key_of_upload, take_uploads
from core.transactions import run
from products.models import Product, ProductCategory, ProductKit
from products.services.photos import (
    PHOTOS,
    Owner,
    add_photos,
    describe_photo,
    make_main,
    move_photo,
    order_photos,
)
from products.undo import remove_photo_and_remember


class Place(NamedTuple):
    """Whose photos they are, and where: the names of the addresses begin with `name`."""

    model: type[Owner]
    name: str
    page: str


PLACES = {
    "product": Place(Product, "product", "products:product_detail"),
    "kit": Place(ProductKit, "kit", "products:kit_detail"),
    "category": Place(ProductCategory, "category", "products:category_edit"),
}


@require_POST
@needs("catalogue.change")
def add(request: HttpRequest, pk: int, of: str) -> HttpResponse:
    """Add photos. Good pictures are kept even when others of the same upload are refused; each refusal names its file."""
    owner: Any = get_object_or_404(PLACES[of].model, pk=pk)
    key = key_of_upload(request.POST.get("key", ""))
    taken = take_uploads(
        request.FILES.getlist("photos"), lambda pictures: add_photos(owner, pictures, by=request.user, key=key)
    )
    return _answer(request, owner, refusals=taken.refusals, done=taken.done, photos=taken.photos)


@require_POST
@needs("catalogue.change")
def put_in_order(request: HttpRequest, pk: int, of: str) -> HttpResponse:
    """The whole order at once: `order` and, as it was looked at, `was`: keys with commas between them."""
    owner: Any = get_object_or_404(PLACES[of].model, pk=pk)
    try:
        keys, was = (_keys(request.POST.get(name, "")) for name in ("order", "was"))
        run(lambda: order_photos(owner, keys, was=was))
    except DomainError as refusal:
        return _answer(request, owner, refusals=[refusal])
    return _answer(request, owner, done=_("The photos are in this order now."))


@require_POST
@needs("catalogue.change")
def change(request: HttpRequest, pk: int, photo: int, of: str) -> HttpResponse:
    """Put a photo elsewhere, describe or remove it."""
    model = PHOTOS[PLACES[of].model]
    return _change(request, get_object_or_404(model.objects.select_related(of), pk=photo, **{of: pk}))


def photos_context(owner: Owner, user: Any) -> dict[str, Any]:
    """What the part with the photos shows."""
    place = _place(owner)
    one = isinstance(owner, ProductCategory)
    may_change = may(user, "catalogue.change") and not owner.is_deleted
    return {
        "owner": owner,
        "photos": list(owner.photos.all()),
        "one_photo": one,
        "add_url": reverse(f"products:{place.name}_photos", args=[owner.pk]),
        "order_url": reverse(f"products:{place.name}_photo_order", args=[owner.pk]) if may_change and not one else "",
        "page_url": reverse(place.page, args=[owner.pk]),
        "photo_url_name": f"products:{place.name}_photo",
        "may_change_photos": may_change,
    }


def _place(owner: Owner) -> Place:
    return next(place for place in PLACES.values() if place.model is type(owner))


def _keys(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise BadInput(_("This page is out of date. Open it again and repeat what you wanted."))
    return [int(part) for part in parts]


def _change(request: HttpRequest, photo: Any) -> HttpResponse:
    owner = getattr(photo, photo.owner_field)
    action = request.POST.get("do", "")
    try:
        if action == "main":
            run(lambda: make_main(photo))
            done = _("This photo is the first now.")
        elif action in {"earlier", "later"}:
            run(lambda: move_photo(photo, earlier=action == "earlier"))
            done = _("The photos are in this order now.")
        elif action == "remove":
            run(lambda: remove_photo_and_remember(photo, by=request.user, now=timezone.now()))
            done = _("The photo is removed.")
        elif action == "describe":
            run(lambda: describe_photo(photo, alt=request.POST.get("alt", "")))
            done = _("The description is saved.")
        else:
            raise BadInput(_("This page is out of date. Open it again and repeat what you wanted."))
    except DomainError as refusal:
        return _answer(request, owner, refusals=[refusal])
    return _answer(request, owner, done=done)


def _answer(
    request: HttpRequest, owner: Owner, *, refusals: list[DomainError] | None = None, done: str = "", photos: Any = ()
) -> HttpResponse:
    """The part with the photos for a script, JSON for the one that sends files, else the owner's page."""
    status = max((refusal.status for refusal in refusals or []), default=200)
    if request.headers.get("Accept") == "application/json":
        told = {"refusals": [str(refusal) for refusal in refusals or []], "done": done}
        return JsonResponse(told | {"photos": [photo.pk for photo in photos]}, status=status)
    stale = any(isinstance(refusal, StaleForm) for refusal in refusals or [])
    context = photos_context(owner, request.user) | {"refusals": refusals, "done": done, "stale": stale}
    if wants_part(request):
        return render(request, "products/_photos.html", context, status=status)
    if not refusals:
        messages.success(request, done)
        return redirect(context["page_url"])
    return render(request, "products/photos.html", context, status=status)
