"""The stock in the shop's admin: places and suppliers are edited, documents and the ledger are looked at.

Two rows can be saved here and move the stock through their receivers: a new sale and a reservation.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from core.admin import shop_site
from core.soft_delete_admin import ReadOnlyAdmin, SoftDeleteAdmin
from core.templatetags.florist import money, quantity
from inventory.models import (
    Assembly,
    AssemblyPart,
    CostCorrection,
    CountLine,
    Disassembly,
    PeriodClosing,
    Receipt,
    ReceiptLine,
    Regrade,
    Reservation,
    Sale,
    SaleAllocation,
    SaleReturn,
    Shortage,
    Stock,
    StockBatch,
    StockDemand,
    StockMovement,
    StockTake,
    Supplier,
    SupplierReturn,
    SupplierUnit,
    Transfer,
    TransferLine,
    Warehouse,
    WriteOff,
)
from inventory.services.places import refuse_to_forbid_what_is_owed, refusing_taken
from inventory.services.reservations import checked_reservation


@admin.register(Warehouse, site=shop_site)
class WarehouseAdmin(SoftDeleteAdmin):
    list_display = ("name", "is_default", "reserve_ahead_days", "position")
    search_fields = ("name",)
    fields = ("name", "is_default", "reserve_ahead_days", "issue_order", "allow_short", "short_limit", "short_in_all", "short_days",
              "position")  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Warehouse, form: Any, change: bool) -> None:  # noqa: FBT001
        with refusing_taken():
            refuse_to_forbid_what_is_owed(obj)
            super().save_model(request, obj, form, change)


class ReadOnlyInline(TabularInline):
    """Lines of a posted document, or what has a page of its own: for looking only."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SupplierUnitInline(ReadOnlyInline):
    model = SupplierUnit
    fields = ("product", "unit")
    readonly_fields = ("product", "unit")

    @display(description=_("product"))
    def product(self, row: SupplierUnit) -> str:
        return row.unit.product.name

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("unit__product").order_by("unit__product__name", "pk")


@admin.register(Supplier, site=shop_site)
class SupplierAdmin(SoftDeleteAdmin):
    list_display = ("name", "phone")
    search_fields = ("name", "phone")
    fields = ("name", "phone", "comment")
    inlines = (SupplierUnitInline,)

    def get_inlines(self, request: HttpRequest, obj: Supplier | None) -> Any:
        return self.inlines if obj is not None else ()  # a new one packs nothing yet

    def save_model(self, request: HttpRequest, obj: Supplier, form: Any, change: bool) -> None:  # noqa: FBT001
        with refusing_taken():
            super().save_model(request, obj, form, change)


@admin.register(Stock, site=shop_site)
class StockAdmin(ReadOnlyAdmin):
    list_display = (
        "product",
        "warehouse",
        "on_hand_shown",
        "reserved_shown",
        "free_shown",
        "short_shown",
        "value_shown",
    )
    list_filter = ("warehouse",)
    list_select_related = ("product", "warehouse")
    search_fields = ("product__name", "product__sku")
    fields = ("product", "warehouse", "quantity", "reserved", "short", "value", "version")

    @display(description=_("on hand"), ordering="quantity")
    def on_hand_shown(self, stock: Stock) -> str:
        return quantity(stock.quantity)

    @display(description=_("reserved"), ordering="reserved")
    def reserved_shown(self, stock: Stock) -> str:
        return quantity(stock.reserved)

    @display(description=_("free"))
    def free_shown(self, stock: Stock) -> str:
        return quantity(stock.free)

    @display(description=_("sold before entry"), ordering="short")
    def short_shown(self, stock: Stock) -> str:
        return quantity(stock.short)

    @display(description=_("value"), ordering="value")
    def value_shown(self, stock: Stock) -> str:
        return money(stock.value)


@admin.register(StockBatch, site=shop_site)
class StockBatchAdmin(ReadOnlyAdmin):
    list_display = ("stock", "received_at", "expires_on", "quantity", "remaining", "unit_cost", "is_open")
    list_filter = ("is_open", "stock__warehouse")
    list_select_related = ("stock__product", "stock__warehouse")
    search_fields = ("stock__product__name", "stock__product__sku")
    date_hierarchy = "received_at"


@admin.register(SaleAllocation, site=shop_site)
class SaleAllocationAdmin(ReadOnlyAdmin):
    list_display = ("id", "batch", "quantity", "cost", "returned", "sale", "write_off", "supplier_return")
    list_select_related = (
        "batch__stock__product", "batch__stock__warehouse", "sale__product", "write_off", "supplier_return",
    )  # fmt: skip
    search_fields = ("batch__stock__product__name", "batch__stock__product__sku")


@admin.register(StockMovement, site=shop_site)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ("stock", "seq", "kind", "quantity", "value", "balance_after", "value_after", "by", "created_at")
    list_filter = ("kind", "stock__warehouse")
    list_select_related = ("stock__product", "stock__warehouse", "by")
    search_fields = ("stock__product__name", "stock__product__sku")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-id")


class ReservationForm(forms.ModelForm):  # type: ignore[type-arg]
    """How much is held, and whether still."""

    class Meta:
        model = Reservation
        fields = ("quantity", "is_active", "until")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"quantity", "is_active"} <= cleaned.keys():
            refusal = checked_reservation(self.instance, quantity=cleaned["quantity"], is_active=cleaned["is_active"])
            if refusal:
                raise forms.ValidationError(refusal)
        return cleaned


@admin.register(Reservation, site=shop_site)
class ReservationAdmin(ModelAdmin):
    """A reservation may hold less or end; the receiver brings the stock row in line."""

    form = ReservationForm
    list_display = ("stock", "quantity", "needed_on", "is_active", "created_at", "ended_at")
    list_filter = ("is_active", "stock__warehouse")
    list_select_related = ("stock__product", "stock__warehouse", "demand__product")
    search_fields = ("stock__product__name", "stock__product__sku")
    date_hierarchy = "created_at"
    fields = ("demand", "stock", "quantity", "is_active", "until", "created_at", "ended_at")
    readonly_fields = ("demand", "stock", "created_at", "ended_at")

    @display(description=_("needed on"), ordering="demand__needed_on")
    def needed_on(self, reservation: Reservation) -> Any:
        return reservation.demand.needed_on

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Reservation, form: Any, change: bool) -> None:  # noqa: FBT001
        obj.ended_at = None if obj.is_active else obj.ended_at or timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(StockDemand, site=shop_site)
class StockDemandAdmin(ReadOnlyAdmin):
    list_display = ("product", "warehouse", "quantity", "needed_on", "is_open", "cancelled_at")
    list_filter = ("is_open", "warehouse")
    list_select_related = ("product", "warehouse")
    search_fields = ("product__name", "product__sku")
    date_hierarchy = "needed_on"


@admin.register(Sale, site=shop_site)
class SaleAdmin(ModelAdmin):
    """A new sale is written off by its receiver in the transaction that saves it; what was sold is only looked at."""

    list_display = ("product", "warehouse", "quantity", "amount_shown", "cost_shown", "sold_at", "reversed_at", "by")
    list_filter = ("warehouse", ("reversed_at", admin.EmptyFieldListFilter))
    list_select_related = ("product", "warehouse", "by")
    search_fields = ("product__name", "product__sku")
    date_hierarchy = "sold_at"
    autocomplete_fields = ("product", "warehouse")

    @display(description=_("amount"), ordering="amount")
    def amount_shown(self, sale: Sale) -> str:
        return money(sale.amount)

    @display(description=_("cost"), ordering="cost")
    def cost_shown(self, sale: Sale) -> str:
        return money(sale.cost)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        typed = ("product", "warehouse", "quantity", "amount", "sold_at")
        return typed if obj is None else (*typed, "cost", "returned", "returned_cost", "demand", "reversed_at", "by")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Sale, form: Any, change: bool) -> None:  # noqa: FBT001
        obj.by = request.user  # type: ignore[assignment]  # the admin site has let them in
        super().save_model(request, obj, form, change)


class ReceiptLineInline(ReadOnlyInline):
    model = ReceiptLine


@admin.register(Receipt, site=shop_site)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ("number", "received_at", "supplier", "warehouse", "total_cost", "freight", "by")
    list_filter = ("warehouse", "supplier")
    list_select_related = ("supplier", "warehouse", "by")
    search_fields = ("=number", "supplier__name", "comment")
    date_hierarchy = "received_at"
    inlines = (ReceiptLineInline,)


@admin.register(WriteOff, site=shop_site)
class WriteOffAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "product", "quantity", "cost", "reason", "by", "reversed_at")
    list_filter = ("reason", "warehouse", ("reversed_at", admin.EmptyFieldListFilter))
    list_select_related = ("product", "by")
    search_fields = ("=number", "product__name", "product__sku", "comment")
    date_hierarchy = "posted_at"


@admin.register(SupplierReturn, site=shop_site)
class SupplierReturnAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "batch", "supplier", "quantity", "cost", "by")
    list_filter = ("supplier",)
    list_select_related = ("batch__stock__product", "batch__stock__warehouse", "supplier", "by")
    search_fields = ("=number", "batch__stock__product__name", "comment")
    date_hierarchy = "posted_at"


@admin.register(SaleReturn, site=shop_site)
class SaleReturnAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "sale", "quantity", "cost", "by")
    list_select_related = ("sale__product", "by")
    search_fields = ("=number", "sale__product__name", "comment")
    date_hierarchy = "posted_at"


@admin.register(Shortage, site=shop_site)
class ShortageAdmin(ReadOnlyAdmin):
    list_display = ("stock", "sale", "quantity", "open", "open_value", "created_at")
    list_select_related = ("stock__product", "stock__warehouse", "sale__product")
    search_fields = ("stock__product__name", "stock__product__sku")
    date_hierarchy = "created_at"


@admin.register(CostCorrection, site=shop_site)
class CostCorrectionAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "line", "cost_before", "cost", "difference", "by")
    list_select_related = ("line__product", "by")
    search_fields = ("=number", "line__product__name", "line__product__sku", "comment")
    date_hierarchy = "posted_at"


class TransferLineInline(ReadOnlyInline):
    model = TransferLine


@admin.register(Transfer, site=shop_site)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "source", "target", "state", "closed_at", "by")
    list_filter = ("state", "source", "target")
    list_select_related = ("source", "target", "by")
    search_fields = ("=number", "comment")
    date_hierarchy = "posted_at"
    inlines = (TransferLineInline,)


@admin.register(Regrade, site=shop_site)
class RegradeAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "source", "target", "quantity", "cost", "warehouse", "by")
    list_filter = ("warehouse",)
    list_select_related = ("source", "target", "warehouse", "by")
    search_fields = ("=number", "source__name", "target__name", "comment")
    date_hierarchy = "posted_at"


class CountLineInline(ReadOnlyInline):
    model = CountLine
    fields = ("stock", "counted", "watermark", "difference", "cost", "by", "counted_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("stock__product", "stock__warehouse", "by")


@admin.register(StockTake, site=shop_site)
class StockTakeAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "warehouse", "scope", "state", "closed_at", "by")
    list_filter = ("state", "warehouse")
    list_select_related = ("warehouse", "by")
    search_fields = ("=number", "comment")
    date_hierarchy = "posted_at"
    inlines = (CountLineInline,)


class AssemblyPartInline(ReadOnlyInline):
    model = AssemblyPart
    fields = ("product", "quantity", "cost")


@admin.register(Assembly, site=shop_site)
class AssemblyAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "product", "quantity", "work_cost", "cost", "warehouse", "by")
    list_filter = ("warehouse",)
    list_select_related = ("product", "warehouse", "by")
    search_fields = ("=number", "product__name", "comment")
    date_hierarchy = "posted_at"
    inlines = (AssemblyPartInline,)


@admin.register(Disassembly, site=shop_site)
class DisassemblyAdmin(ReadOnlyAdmin):
    list_display = ("number", "posted_at", "batch", "cost", "parts_cost", "by")
    list_select_related = ("batch__stock__product", "batch__stock__warehouse", "by")
    search_fields = ("=number", "batch__stock__product__name", "comment")
    date_hierarchy = "posted_at"


@admin.register(PeriodClosing, site=shop_site)
class PeriodClosingAdmin(ReadOnlyAdmin):
    list_display = ("upto", "posted_at", "by", "reopened_at", "reopened_by", "comment")
    list_filter = (("reopened_at", admin.EmptyFieldListFilter),)
    list_select_related = ("by", "reopened_by")
    date_hierarchy = "upto"
