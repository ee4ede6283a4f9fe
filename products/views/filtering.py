"""The filter of an address, for every page that the list of products shares it with."""

from django.http import HttpRequest

from products.filters import Filter
from products.lines import is_key
from products.selectors import category_tree

PICKED_AT_MOST = 500


def picked_of(request: HttpRequest) -> list[int]:
    """The keys of products that were ticked; what can't be one is left out."""
    texts = request.GET.getlist("pick")[:PICKED_AT_MOST]
    return [int(text) for text in texts if is_key(text)]


def filter_of(request: HttpRequest) -> Filter:
    """What the address narrows the products to."""
    shelves = category_tree(counted=False)
    return Filter.read(request.GET, shelves=shelves)
