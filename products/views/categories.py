"""The tree of categories: looking at it, adding, renaming, moving, deleting."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import may, needs
from core.errors import BadInput, DomainError
from core.htmx import page_or_part, wants_part
from core.models import RecentAction
from core.transactions import run
from core.undo import tell, undo_context
from products.forms import CategoryForm
from products.lines import is_key
from products.models import ProductCategory
from products.selectors import category_tree
from products.services.categories import save_category
from products.undo import delete_and_remember, move_and_remember, place_and_remember
from products.views.photos import photos_context


@require_GET
@needs("catalogue.view")
def list_of_categories(request: HttpRequest) -> HttpResponse:
    """The tree with how much is in each."""
    return page_or_part(request, "products/category_list.html", "list", _tree(request))


def _tree(request: HttpRequest) -> dict[str, Any]:
    return {"rows": category_tree(), "may_change": may(request.user, "catalogue.change")}


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
    context: dict[str, Any] = {"form": form, "category": category}
    if category.pk is not None:
        context |= photos_context(category, request.user)
    return page_or_part(request, "products/category_form.html", "page", context, status=200 if sent is None else 422)


@require_POST
@needs("catalogue.change")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Up, down, in or out by the menu; answers with the tree."""
    category = get_object_or_404(ProductCategory, pk=pk)
    return _moved(request, lambda: move_and_remember(category, to=request.POST.get("to", ""), by=request.user), menu=pk)


@require_POST
@needs("catalogue.change")
def place(request: HttpRequest, pk: int) -> HttpResponse:
    """Into `parent` (nothing: at the top) before `before` (nothing: last), dragged there; answers with the tree."""
    category = get_object_or_404(ProductCategory, pk=pk)
    parent, before = (_key(request, name) for name in ("parent", "before"))
    return _moved(request, lambda: place_and_remember(category, parent=parent, before=before, by=request.user))


def _moved(request: HttpRequest, do: Callable[[], RecentAction | None], *, menu: int | None = None) -> HttpResponse:
    """The tree as it is now, also when the move is refused; `menu` is the category whose menu stays open."""
    action, refusal, status = None, None, 200
    try:
        action = run(do)
    except DomainError as refused:
        refusal, status = refused, refused.status
    if not wants_part(request) and refusal is None:
        tell(request, action)
        return redirect("products:category_list")
    context = _tree(request) | {"refusal": refusal, "menu": menu}
    if action is not None:
        context |= undo_context(request, action)
    return page_or_part(request, "products/category_list.html", "list", context, status=status)


def _key(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    if not text:
        return None
    if not is_key(text):
        raise BadInput(_("This page is out of date. Open it again and repeat what you wanted."))
    return int(text)


@require_POST
@needs("catalogue.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an empty category out. Refused while products, bouquets or categories are in it."""
    category = get_object_or_404(ProductCategory, pk=pk)
    tell(request, run(lambda: delete_and_remember(category, by=request.user)))
    return redirect("products:category_list")
