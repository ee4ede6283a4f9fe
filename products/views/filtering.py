"""The filter of an address, for every page that the list of products shares it with."""

from django.http import HttpRequest

from core.access import may
from products.filters import Filter
from products.selectors import category_tree


def filter_of(request: HttpRequest) -> Filter:
    """What the address narrows the products to."""
    shelves = category_tree(counted=False)
    return Filter.read(request.GET, shelves=shelves, may_change=may(request.user, "catalogue.change"))
