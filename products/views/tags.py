"""Tags: how many products carry each, another name, one made of two, deleting."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part, wants_part
from core.transactions import run
from core.undo import tell
from products.forms import TagForm
from products.models import ProductTag
from products.selectors import after_name, tag_list
from products.services.tags import TagTaken, save_tag
from products.undo import delete_and_remember, merge_and_remember

PAGE = 100


@require_GET
@needs("catalogue.view")
def list_of_tags(request: HttpRequest) -> HttpResponse:
    """Every live tag by the alphabet."""
    rows = list(after_name(tag_list(), request.GET.get("after", ""))[: PAGE + 1])
    context = {
        "tags": rows[:PAGE],
        "may_change": may(request.user, "catalogue.change"),
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
    }
    return page_or_part(request, "products/tag_list.html", "rows" if "after" in request.GET else "list", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """The row of one tag: `?edit=1` asks for its field, sending the field gives it another name. A name that another tag
    has is refused, and offered for making one of both."""
    tag = get_object_or_404(tag_list(), pk=pk)
    context: dict[str, Any] = {"tag": tag, "edits": "edit" in request.GET, "may_change": True}
    status = 200
    if request.method == "POST":
        if request.POST.get("do") == "merge":
            return _merge(request, tag)
        form, status, shown = TagForm(request.POST), 422, tag.name
        if form.is_valid():
            tag.name = form.cleaned_data["name"]
            try:
                run(lambda: save_tag(tag))
            except DomainError as refusal:
                form.add_refusal(refusal)
                tag.name = shown
                if isinstance(refusal, TagTaken):
                    context["other"] = ProductTag.objects.filter(pk=refusal.data["other"]).first()
            else:
                status = 200
                if not wants_part(request):
                    return redirect("products:tag_list")
        context |= {"form": form, "edits": status != 200, "just_saved": status == 200}
    elif context["edits"]:
        context["form"] = TagForm(initial={"name": tag.name})
    return page_or_part(request, "products/tag.html", "row", context, status=status)


def _merge(request: HttpRequest, tag: ProductTag) -> HttpResponse:
    key = request.POST.get("into", "")
    into = get_object_or_404(ProductTag, pk=int(key) if key.isascii() and key.isdigit() and len(key) < 19 else 0)
    tell(request, run(lambda: merge_and_remember(tag, into, by=request.user)))
    return (
        HttpResponseClientRedirect(reverse("products:tag_list"))
        if wants_part(request)
        else redirect("products:tag_list")
    )


@require_POST
@needs("catalogue.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a tag away everywhere; it stays on its products unseen."""
    tag = get_object_or_404(ProductTag, pk=pk)
    tell(request, run(lambda: delete_and_remember(tag, by=request.user)))
    return redirect("products:tag_list")
