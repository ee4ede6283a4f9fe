"""Which products somebody works with already: asked of every app that can know, for many products at once."""

from collections.abc import Callable, Collection

from products.models import KitItem, KitItemAlternative, Product, ProductPhoto, ProductVariant

Asked = Callable[[Collection[int]], set[int]]
_askers: list[Asked] = []


def provide(asker: Asked) -> None:
    """Register who knows: given products' keys, it answers with those that are in use."""
    _askers.append(asker)


def used(keys: Collection[int], *, but_for: Collection[int] = ()) -> set[int]:
    """Those of the products that stand in a bouquet or among interchangeable ones, have photos or reduced goods, or that
    another app knows. `but_for` are keys of photos that do not count."""
    found = set(KitItem.objects.filter(product__in=keys).values_list("product", flat=True))
    found |= set(KitItemAlternative.objects.filter(product__in=keys).values_list("product", flat=True))
    found |= set(ProductVariant.objects.filter(product__in=keys).values_list("product", flat=True))
    photos = ProductPhoto.objects.filter(product__in=keys).exclude(pk__in=but_for)
    found |= set(photos.values_list("product", flat=True))
    found |= set(Product.objects.filter(reduced_from__in=keys).values_list("reduced_from", flat=True))
    return found.union(*(asker(keys) for asker in _askers))
