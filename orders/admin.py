"""Orders in the shop's admin. Whatever is typed here goes the services' way: the stock follows the status once."""

from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from core.admin import shop_site
from core.errors import DomainError
from core.forms import PhoneField
from orders.domain.lifecycle import Category
from orders.models import Contact, Order, OrderEvent, OrderItem, OrderStatus, Payment, PriceNote
from orders.services.contacts import refuse_to_mark
from orders.services.lifecycle import set_status, status_of
from orders.services.placing import refresh_total
from orders.templatetags.orders_words import event_words


class ReadOnlyInline(TabularInline):
    """Rows that are written by services only."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OrderItemInline(TabularInline):
    """The lines."""

    model = OrderItem
    extra = 0
    fields = ("product", "kit", "quantity", "price")
    autocomplete_fields = ("product", "kit")


class PaymentInline(ReadOnlyInline):
    """Money received."""

    model = Payment
    fields = readonly_fields = ("amount", "method", "paid_at", "by")


class PriceNoteInline(ReadOnlyInline):
    """By how much the price was corrected after the sale."""

    model = PriceNote
    fields = readonly_fields = ("number", "amount", "reason", "posted_at", "by")


class OrderEventInline(ReadOnlyInline):
    """What happened to the order."""

    model = OrderEvent
    fields = readonly_fields = ("at", "words", "by")
    ordering = ("-id",)

    @display(description=_("event"))
    def words(self, event: OrderEvent) -> str:
        """The event as a sentence."""
        return event_words(event)


class OrderAdminForm(forms.ModelForm):  # type: ignore[type-arg]
    """A refusal of the services, met while saving, comes back as an error of the form that was sent."""

    refusal: DomainError | None = None

    class Meta:
        model = Order
        fields = "__all__"  # noqa: DJ007 - the admin narrows it to `OrderAdmin.fields`

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.refusal is not None:
            self.add_error(self.refusal.field if self.refusal.field in self.fields else None, str(self.refusal))
        return cleaned


class OrderAdmin(ModelAdmin):
    """An order with its lines. The chosen status is applied last, when the lines are there."""

    form = OrderAdminForm
    list_display = ("number", "status_shown", "due_on", "due_from", "buyer", "recipient", "total", "paid")
    list_display_links = ("number",)
    list_filter = ("status", "fulfilment", "due_on")
    list_select_related = ("status", "buyer", "recipient")
    search_fields = ("=number", "buyer__name", "buyer__phone", "recipient__name", "recipient__phone", "address")
    date_hierarchy = "due_on"
    ordering = ("-due_on", "-id")
    autocomplete_fields = ("buyer", "recipient")
    readonly_fields = ("number_shown", "corrections", "total", "paid", "created_at", "completed_at")
    fieldsets = (
        (None, {"fields": (("number_shown", "status"), ("buyer", "recipient"))}),
        (
            _("Handing over"),
            {"fields": (("fulfilment", "warehouse"), "address", ("due_on", "due_from", "due_until"), "hold_until")},
        ),
        (_("Texts"), {"fields": ("card_message", "courier_note")}),
        (
            _("Money"),
            {
                "fields": (
                    ("discount", "delivery_price"),
                    ("corrections", "total", "paid"),
                    ("created_at", "completed_at"),
                )
            },
        ),
    )
    inlines = (OrderItemInline, PaymentInline, PriceNoteInline, OrderEventInline)

    @display(description=_("no."))
    def number_shown(self, order: Order) -> str:
        """The number; the database gives it to a new order when it is saved."""
        return "" if order.pk is None else str(order.number)

    @display(description=_("status"), label=True, ordering="status__position")
    def status_shown(self, order: Order) -> str:
        """The status under the name the shop gave it."""
        return str(order.status)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"status": status_of(Category.DRAFT).pk, **super().get_changeform_initial_data(request)}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django runs the whole view in a transaction, so a refusal leaves nothing behind; the second pass draws the
        form as it was sent, with the refusal in it."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.order_refusal = refusal  # type: ignore[attr-defined]  # for get_form, in the second pass
            response = super().changeform_view(request, object_id, form_url, extra_context)
            response.status_code = refusal.status
            return response

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "order_refusal", None)
        return form

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:  # noqa: FBT001
        """Everything but the status, which `save_related` applies after the lines."""
        obj.status_wanted = obj.status  # type: ignore[attr-defined]  # until save_related
        if change:
            obj.status = OrderStatus.objects.get(orders=obj.pk)
            obj.version += 1
        else:
            obj.status = status_of(Category.DRAFT)
            obj.created_by = request.user  # type: ignore[assignment]  # the admin let in a staff member
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        order = form.instance
        refresh_total(order)
        set_status(order, order.status_wanted, by=request.user)


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """One spelling of a number, or the same person is written down twice."""

    class Meta:
        model = Contact
        fields = ("name", "phone", "is_colleague")

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        same = Contact.objects.filter(phone=phone).exclude(pk=self.instance.pk).first() if phone else None
        if same is not None:
            raise forms.ValidationError(
                _("This number is already written down for %(name)s. Use that contact.") % {"name": same}
            )
        return phone


class ContactAdmin(ModelAdmin):
    """People who order or receive flowers. Deleting marks them; their orders keep the name."""

    list_display = ("name", "phone", "is_colleague", "created_at")
    list_filter = ("is_colleague",)
    search_fields = ("name", "phone")
    fields = ("name", "phone", "is_colleague")
    form = ContactForm

    def save_model(self, request: HttpRequest, obj: Contact, form: Any, change: bool) -> None:  # noqa: FBT001
        if "is_colleague" in form.changed_data:
            refuse_to_mark(request.user)
        super().save_model(request, obj, form, change)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001
        form = super().get_form(request, obj, change, **kwargs)
        old = form.base_fields["phone"]
        form.base_fields["phone"] = PhoneField(
            label=old.label, help_text=old.help_text, required=False, widget=old.widget
        )
        return form

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the rows themselves: they are marked, so nothing that points to them goes or objects."""
        return [str(item) for item in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        obj.delete(by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Each for itself: they come back one by one."""
        for contact in queryset:
            contact.delete(by=request.user)


class OrderStatusForm(forms.ModelForm):  # type: ignore[type-arg]
    """A status of the shop's own needs a name; a system one is named by the program until the shop names it."""

    class Meta:
        model = OrderStatus
        fields = ("code", "name", "color", "category", "position")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if not name and not self.instance.is_system:
            raise forms.ValidationError(_("Give the status a name."))
        return name


class OrderStatusAdmin(ModelAdmin):
    """The steps of the shop's orders. What a status does to the stock is its category, chosen once."""

    form = OrderStatusForm
    list_display = ("label_shown", "code", "category", "color", "position", "is_system")
    list_display_links = ("label_shown",)
    list_filter = ("category", "is_system")
    search_fields = ("name", "code")
    ordering = ("position", "id")

    @display(description=_("status"), label=True)
    def label_shown(self, status: OrderStatus) -> str:
        """The shop's own name, else the program's."""
        return str(status)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("code", "category") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and obj.is_system:
            return False
        return bool(super().has_delete_permission(request, obj))

    def get_actions(self, request: HttpRequest) -> Any:
        """Without deleting in bulk, which would not ask about system statuses one by one."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: OrderStatus, form: Any, change: bool) -> None:  # noqa: FBT001
        obj.is_positive_end = obj.category == Category.COMPLETED
        obj.is_negative_end = obj.category == Category.CANCELLED
        super().save_model(request, obj, form, change)


class MoneyAdmin(ModelAdmin):
    """Money as it was written down on the order's page, to look at."""

    list_select_related = ("order", "by")
    search_fields: tuple[str, ...] = ("=order__number",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class PaymentAdmin(MoneyAdmin):
    """Money received."""

    list_display = ("order", "amount", "method", "paid_at", "by")
    list_filter = ("method", "paid_at")
    date_hierarchy = "paid_at"


class PriceNoteAdmin(MoneyAdmin):
    """Credit and debit notes."""

    list_display = ("number", "order", "amount", "reason", "posted_at", "by")
    list_filter = ("posted_at",)
    search_fields = ("=order__number", "=number", "reason")
    date_hierarchy = "posted_at"


shop_site.register(Order, OrderAdmin)
shop_site.register(Contact, ContactAdmin)
shop_site.register(OrderStatus, OrderStatusAdmin)
shop_site.register(Payment, PaymentAdmin)
shop_site.register(PriceNote, PriceNoteAdmin)
