"""The tree of categories: looking at it, adding, renaming, moving, deleting."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from products.forms import CategoryForm
from products.models import ProductCategory
from products.selectors import category_tree
from products.services.categories import move_category, restore_category, save_category
from products.undo import delete_and_remember


@require_GET
@needs("catalogue.view")
def list_of_categories(request: HttpRequest) -> HttpResponse:
    """The tree with how much is in each; `?deleted=1` shows those taken out."""
    return page_or_part(request, "products/category_list.html", "list", _tree(request))


def _tree(request: HttpRequest) -> dict[str, Any]:
    may_change = may(request.user, "catalogue.change")
    deleted = request.GET.get("deleted") == "1" and may_change
    gone = ProductCategory.all_objects.filter(is_deleted=True).select_related("parent").order_by("name", "pk")
    return {"rows": list(gone) if deleted else category_tree(), "deleted": deleted, "may_change": may_change}


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def create(request: HttpRequest) -> HttpResponse:
    """A new category."""
    return _edit(request, ProductCategory())


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a category, put it under another."""
    return _edit(request, get_object_or_404(ProductCategory, pk=pk))


def _edit(request: HttpRequest, category: ProductCategory) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    form = CategoryForm(sent, instance=category)
    if sent is not None and form.is_valid():
        try:
            saved = run(lambda: save_category(form.instance, parent=form.cleaned_data["parent"]))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("products:category_list")
    context = {"form": form, "category": category}
    return page_or_part(request, "products/category_form.html", "page", context, status=200 if sent is None else 422)


@require_POST
@needs("catalogue.change")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down; answers with the tree."""
    category = get_object_or_404(ProductCategory, pk=pk)
    run(lambda: move_category(category, up=request.POST.get("to") == "up"))
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        return page_or_part(request, "products/category_list.html", "list", _tree(request))
    return redirect("products:category_list")


@require_POST
@needs("catalogue.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an empty category out. Refused while products, bouquets or categories are in it."""
    category = get_object_or_404(ProductCategory, pk=pk)
    tell(request, run(lambda: delete_and_remember(category, by=request.user)))
    return redirect("products:category_list")


@require_POST
@needs("catalogue.change")
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a deleted category back."""
    category = get_object_or_404(ProductCategory.all_objects, pk=pk)
    run(lambda: restore_category(category, by=request.user))
    messages.success(request, _("“%(name)s” is in the catalogue again.") % {"name": category})
    return redirect("products:category_list")
