"""What the catalogue says when one of its rows is to be deleted."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.photos import delete_files, paths_of
from core.soft_delete import before_soft_delete
from core.tenancy import after_commit
from products.models import (
    Product,
    ProductCategory,
    ProductCategoryPhoto,
    ProductKit,
    ProductKitPhoto,
    ProductPhoto,
    ProductVariantGroup,
)
from products.selectors import kits_around, kits_with
from products.services.catalogue import before_archive


@receiver(before_soft_delete, sender=Product, dispatch_uid="product_in_kits")
def object_when_in_kits(sender: Any, instance: Product, **kwargs: Any) -> list[Any]:
    """A product that a live bouquet is made of stays."""
    return [_("the bouquet “%(kit)s” is made of it") % {"kit": kit} for kit in kits_with(instance)]


@receiver(before_archive, sender=Product, dispatch_uid="archived_product_in_groups")
@receiver(before_soft_delete, sender=Product, dispatch_uid="product_in_groups")
def object_when_interchangeable(sender: Any, instance: Product, **kwargs: Any) -> list[Any]:
    """A product that stands for others in a live group stays."""
    groups = ProductVariantGroup.objects.filter(variants__product=instance).order_by("name")
    return [_("it is among the interchangeable “%(group)s”") % {"group": group} for group in groups]


@receiver(before_soft_delete, sender=ProductVariantGroup, dispatch_uid="group_in_kits")
def object_when_a_recipe_takes_one(sender: Any, instance: ProductVariantGroup, **kwargs: Any) -> list[Any]:
    """A group that a live bouquet is made of stays."""
    kits = ProductKit.objects.filter(items__group=instance).order_by("name")
    return [_("the bouquet “%(kit)s” is made of it") % {"kit": kit} for kit in kits]


@receiver(before_soft_delete, sender=ProductKit, dispatch_uid="kit_in_kits")
def object_when_inside_another(sender: Any, instance: ProductKit, **kwargs: Any) -> list[Any]:
    """A bouquet that is inside another live one stays."""
    return [_("the bouquet “%(kit)s” is made of it") % {"kit": kit} for kit in kits_around(instance)]


@receiver(before_archive, sender=Product, dispatch_uid="archived_product_in_kits")
def object_when_in_kits_on_sale(sender: Any, instance: Product, **kwargs: Any) -> list[Any]:
    """A product that a bouquet on sale is made of is still worked with."""
    return [_("the bouquet “%(kit)s” is made of it") % {"kit": kit} for kit in kits_with(instance) if kit.is_active]


@receiver(before_soft_delete, sender=ProductCategory, dispatch_uid="category_in_use")
def object_when_category_in_use(sender: Any, instance: ProductCategory, **kwargs: Any) -> list[Any]:
    """A category that still holds something live stays."""
    blockers: list[Any] = []
    products = Product.objects.filter(category=instance).count()
    kits = ProductKit.objects.filter(category=instance).count()
    children = ProductCategory.objects.filter(parent=instance).count()
    if products:
        blockers.append(ngettext_lazy("%(count)d product is in it", "%(count)d products are in it", products)
                        % {"count": products})  # fmt: skip
    if kits:
        blockers.append(ngettext_lazy("%(count)d bouquet is in it", "%(count)d bouquets are in it", kits)
                        % {"count": kits})  # fmt: skip
    if children:
        blockers.append(ngettext_lazy("%(count)d category is under it", "%(count)d categories are under it", children)
                        % {"count": children})  # fmt: skip
    return blockers


@receiver(post_delete, sender=ProductPhoto, dispatch_uid="product_photo_files")
@receiver(post_delete, sender=ProductKitPhoto, dispatch_uid="kit_photo_files")
@receiver(post_delete, sender=ProductCategoryPhoto, dispatch_uid="category_photo_files")
def delete_files_after_commit(sender: Any, instance: Any, **kwargs: Any) -> None:
    """The files of a photo go when its row is surely gone."""
    paths = paths_of(instance)  # now: a deleted row loses its key
    after_commit(delete_files, paths)
