"""The catalogue in the shop's admin."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from core.admin import shop_site
from core.soft_delete_admin import SoftDeleteAdmin
from core.templatetags.florist import money, quantity
from products.models import (
    KitItem,
    Product,
    ProductCategory,
    ProductKit,
    ProductTag,
    ProductTagging,
    ProductVariant,
    ProductVariantGroup,
    PurchaseUnit,
)
from products.models.product import TAGS_AT_MOST
from products.services.catalogue import refusing_taken, restore_row, save_product
from products.services.categories import restore_category, save_category
from products.services.kits import check_recipe, lock_recipes
from products.services.tags import save_tag
from products.stock_figures import figures


class PurchaseUnitInline(TabularInline):
    model = PurchaseUnit
    fields = ("packing", "own_name", "factor", "position")
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Added and removed, never changed: a receipt being typed names a unit by its key."""
        return False


class ProductTaggingInline(TabularInline):
    model = ProductTagging
    fields = ("tag",)
    autocomplete_fields = ("tag",)
    extra = 0
    max_num = TAGS_AT_MOST

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Deleted tags stay on the product unseen."""
        return super().get_queryset(request).filter(tag__is_deleted=False)


@admin.register(ProductTag, site=shop_site)
class ProductTagAdmin(SoftDeleteAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    fields = ("name",)

    def save_model(self, request: HttpRequest, obj: ProductTag, form: Any, change: bool) -> None:  # noqa: FBT001
        save_tag(obj)


@admin.register(Product, site=shop_site)
class ProductAdmin(SoftDeleteAdmin):
    list_display = ("name", "sku", "category", "price_shown", "on_hand", "free", "is_active")
    list_filter = ("kind", "category", "unit", "is_active")
    list_select_related = ("category",)
    search_fields = ("name", "sku")
    autocomplete_fields = ("category",)
    date_hierarchy = "created_at"
    fields = (
        "name", "kind", "sku", "category", "unit", "sale_price", "variety", "colour", "stem_length", "role",
        "vase_life_days", "shelf_life_days", "minimum_stock", "tax_rate", "trade_code", "offered_from",
        "offered_until", "notes", "description", "is_active",
    )  # fmt: skip
    inlines = (PurchaseUnitInline, ProductTaggingInline)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        known = figures([product.pk for product in changelist.result_list])
        for product in changelist.result_list:
            product.figures = known.get(product.pk)
        return changelist

    @display(description=_("price"), ordering="sale_price")
    def price_shown(self, product: Product) -> str:
        return money(product.sale_price)

    @display(description=_("on hand"))
    def on_hand(self, product: Any) -> str:
        return _figure(product, "on_hand")

    @display(description=_("free"))
    def free(self, product: Any) -> str:
        return _figure(product, "free")

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:  # noqa: FBT001
        save_product(obj, by=request.user)


def _figure(product: Any, name: str) -> str:
    known = getattr(product, "figures", None)
    value: Decimal | None = getattr(known, name, None)
    return quantity(value, product.get_unit_display()) if value is not None else "—"


class KitItemInline(TabularInline):
    model = KitItem
    fk_name = "kit"
    fields = ("product", "group", "inner", "quantity")
    autocomplete_fields = ("product", "group", "inner")
    extra = 1
    min_num = 1
    validate_min = True


class ProductVariantInline(TabularInline):
    model = ProductVariant
    fields = ("product", "priority")
    autocomplete_fields = ("product",)
    extra = 1
    min_num = 2
    validate_min = True


@admin.register(ProductVariantGroup, site=shop_site)
class ProductVariantGroupAdmin(SoftDeleteAdmin):
    list_display = ("name", "note")
    search_fields = ("name",)
    fields = ("name", "note")
    inlines = (ProductVariantInline,)

    def save_model(self, request: HttpRequest, obj: ProductVariantGroup, form: Any, change: bool) -> None:  # noqa: FBT001
        with refusing_taken():
            super().save_model(request, obj, form, change)


@admin.register(ProductKit, site=shop_site)
class ProductKitAdmin(SoftDeleteAdmin):
    list_display = ("name", "size", "category", "price_shown", "is_active")
    list_filter = ("category", "size", "is_active")
    list_select_related = ("category",)
    search_fields = ("name",)
    autocomplete_fields = ("category",)
    date_hierarchy = "created_at"
    fields = (
        "name", "size", "category", "sale_price", "work_cost", "price_rule", "markup", "rounded_to", "description",
        "is_active",
    )  # fmt: skip
    inlines = (KitItemInline,)

    @display(description=_("price"), ordering="sale_price")
    def price_shown(self, kit: ProductKit) -> str:
        return money(kit.sale_price)

    def save_model(self, request: HttpRequest, obj: ProductKit, form: Any, change: bool) -> None:  # noqa: FBT001
        lock_recipes()
        with refusing_taken():
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        check_recipe(form.instance)

    def bring_back(self, row: Any, *, by: Any) -> None:
        restore_row(row, by=by)


@admin.register(ProductCategory, site=shop_site)
class ProductCategoryAdmin(SoftDeleteAdmin):
    list_display = ("name", "parent", "position")
    list_select_related = ("parent",)
    search_fields = ("name",)
    autocomplete_fields = ("parent",)
    fields = ("name", "parent", "position")

    def save_model(self, request: HttpRequest, obj: ProductCategory, form: Any, change: bool) -> None:  # noqa: FBT001
        save_category(obj, parent=obj.parent)

    def bring_back(self, row: Any, *, by: Any) -> None:
        restore_category(row, by=by)
