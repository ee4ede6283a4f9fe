"""Photos of a product or a bouquet: adding, putting first, describing, removing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.access import may, needs
from core.errors import BadInput, DomainError
from core.htmx import wants_part
from core.photos import take_uploads
from core.transactions import run
from products.models import Product, ProductKit, ProductKitPhoto, ProductPhoto
from products.services.photos import add_photos, describe_photo, make_main, remove_photo


@require_POST
@needs("catalogue.change")
def add_to_product(request: HttpRequest, pk: int) -> HttpResponse:
    """Add photos to a product."""
    return _add(request, get_object_or_404(Product, pk=pk))


@require_POST
@needs("catalogue.change")
def add_to_kit(request: HttpRequest, pk: int) -> HttpResponse:
    """Add photos to a bouquet."""
    return _add(request, get_object_or_404(ProductKit, pk=pk))


@require_POST
@needs("catalogue.change")
def change_of_product(request: HttpRequest, pk: int, photo: int) -> HttpResponse:
    """Put a product's photo first, describe or remove it."""
    return _change(request, get_object_or_404(ProductPhoto.objects.select_related("product"), pk=photo, product=pk))


@require_POST
@needs("catalogue.change")
def change_of_kit(request: HttpRequest, pk: int, photo: int) -> HttpResponse:
    """Put a bouquet's photo first, describe or remove it."""
    return _change(request, get_object_or_404(ProductKitPhoto.objects.select_related("kit"), pk=photo, kit=pk))


def photos_context(owner: Product | ProductKit, user: Any) -> dict[str, Any]:
    """What the part with the photos shows."""
    is_product = isinstance(owner, Product)
    return {
        "owner": owner,
        "photos": list(owner.photos.all()),
        "add_url": reverse("products:product_photos" if is_product else "products:kit_photos", args=[owner.pk]),
        "page_url": reverse("products:product_detail" if is_product else "products:kit_detail", args=[owner.pk]),
        "photo_url_name": "products:product_photo" if is_product else "products:kit_photo",
        "may_change_photos": may(user, "catalogue.change") and not owner.is_deleted,
    }


def _add(request: HttpRequest, owner: Product | ProductKit) -> HttpResponse:
    """Good pictures are kept even when others of the same upload are refused; each refusal names its file."""
    refusals, done = take_uploads(request.FILES.getlist("photos"), lambda pictures: add_photos(owner, pictures))
    return _answer(request, owner, refusals=refusals, done=done)


def _change(request: HttpRequest, photo: Any) -> HttpResponse:
    owner = getattr(photo, photo.owner_field)
    action = request.POST.get("do", "")
    try:
        if action == "main":
            run(lambda: make_main(photo))
            done = _("This photo is the first now.")
        elif action == "remove":
            run(lambda: remove_photo(photo, by=request.user, now=timezone.now()))
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
    request: HttpRequest, owner: Product | ProductKit, *, refusals: list[DomainError] | None = None, done: str = ""
) -> HttpResponse:
    """The part with the photos for a script, JSON for the one that sends files, else the owner's page."""
    status = max((refusal.status for refusal in refusals or []), default=200)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"refusals": [str(refusal) for refusal in refusals or []], "done": done}, status=status)
    context = photos_context(owner, request.user) | {"refusals": refusals, "done": done}
    if wants_part(request):
        return render(request, "products/_photos.html", context, status=status)
    if not refusals:
        messages.success(request, done)
        name = "products:product_detail" if isinstance(owner, Product) else "products:kit_detail"
        return redirect(name, pk=owner.pk)
    return render(request, "products/photos.html", context, status=status)
