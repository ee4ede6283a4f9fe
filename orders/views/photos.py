"""Photos of an order: adding and removing them, and whether the shop asks for one before "ready"."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access import may, needs
from core.errors import DomainError
from core.flags import PHOTO_BEFORE_READY, clear_flag, has_flag, set_flag
from core.htmx import wants_part
from core.photos import key_of_upload, take_uploads
from core.transactions import run
from orders.forms import PhotoRuleForm
from orders.models import Order, OrderPhoto, PhotoKind
from orders.services.photos import add_order_photos, remove_order_photo


@require_POST
@needs("orders.change")
def photos_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add photos; good pictures are kept even when others of the same upload are refused."""
    order = get_object_or_404(Order.objects.select_related("status"), pk=pk)
    kind = PhotoKind.SAMPLE if request.POST.get("kind") == PhotoKind.SAMPLE else PhotoKind.WORK
    key = key_of_upload(request.POST.get("key", ""))
    taken = take_uploads(
        request.FILES.getlist("photos"),
        lambda pictures: add_order_photos(order, pictures, kind=kind, by=request.user, key=key),
    )
    return _answer(request, order, refusals=taken.refusals, done=taken.done, photos=taken.photos)


@require_POST
@needs("orders.change")
def photo_remove(request: HttpRequest, pk: int, photo: int) -> HttpResponse:
    """Take one photo away."""
    found = get_object_or_404(OrderPhoto.objects.select_related("order__status"), pk=photo, order=pk)
    run(lambda: remove_order_photo(found, by=request.user, now=timezone.now()))
    return _answer(request, found.order, refusals=[], done=_("The photo is removed."))


@require_http_methods(["GET", "HEAD", "POST"])
@needs("shop.set_up")
def photo_rule(request: HttpRequest) -> HttpResponse:
    """Whether a delivery order needs a photo of the finished bouquet before it is ready."""
    if request.method != "POST":
        form = PhotoRuleForm(initial={"photo_before_ready": has_flag(PHOTO_BEFORE_READY)})
        return render(request, "orders/photo_rule.html", {"form": form})
    form = PhotoRuleForm(request.POST)
    wanted = form.is_valid() and form.cleaned_data["photo_before_ready"]
    run(lambda: (set_flag if wanted else clear_flag)(PHOTO_BEFORE_READY))
    messages.success(request, _("Saved."))
    return redirect("orders:photo_rule")


def photos_context(order: Order, user: Any) -> dict[str, Any]:
    """What the part with the photos shows."""
    photos = list(order.photos.all())
    return {
        "photos": photos,
        "photo_groups": [
            (kind, kind.label, [photo for photo in photos if photo.kind == kind])
            for kind in (PhotoKind.WORK, PhotoKind.SAMPLE)
        ],
        "photos_url": reverse("orders:photos_add", args=[order.pk]),
        "page_url": reverse("orders:order_detail", args=[order.pk]),
        "may_change_photos": may(user, "orders.change"),
    }


def _answer(
    request: HttpRequest, order: Order, *, refusals: list[DomainError], done: str, photos: Sequence[Any] = ()
) -> HttpResponse:
    """The part with the photos for a script, JSON for the one that sends files, else the order's page."""
    status = max((refusal.status for refusal in refusals), default=200)
    if request.headers.get("Accept") == "application/json":
        told = {"refusals": [str(refusal) for refusal in refusals], "done": done}
        return JsonResponse(told | {"photos": [photo.pk for photo in photos]}, status=status)
    context = photos_context(order, request.user) | {"order": order, "refusals": refusals, "done": done}
    if wants_part(request):
        return render(request, "orders/_photos.html", context, status=status)
    if not refusals:
        messages.success(request, done)
        return redirect(f"{reverse('orders:order_detail', args=[order.pk])}#photos")
    return render(request, "orders/photos.html", context, status=status)
