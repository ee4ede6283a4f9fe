"""The platform's admin: applications with their answer, shops, domains."""

import datetime
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django_tenants.utils import get_public_schema_name
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from accounts.invitations import invitation_path
from accounts.jobs import mail_invitation
from accounts.models import User
from core.access import Role
from core.admin import platform_site
from core.errors import BadInput, DomainError
from core.links import shop_url
from core.tenancy import in_schema
from core.transactions import run
from customers import admin_jobs  # noqa: F401 - registers itself
from customers.errors import AddressTaken
from customers.models import Client, Domain, TenantOperation, TenantRegistration
from customers.services.cleanup import check_files, remove_files, remove_rows
from customers.services.registration import is_free, reject, try_to_approve

TONES = {"pending": "warning", "approved": "success", "rejected": "danger"}
SHOP_TONES = {"active": "success", "provisioning": "info", "suspended": "warning", "closing": "danger"}


# Steps of making a shop, as the journal names them.
STEPS = {"tables": gettext_lazy("tables and first data"), "owner": gettext_lazy("owner invited")}


class ReasonForm(forms.Form):
    """Why an application is rejected."""

    reason = forms.CharField(
        label=gettext_lazy("Reason, the applicant reads it"), max_length=2000, widget=UnfoldAdminTextareaWidget
    )


class TakeOffForm(forms.Form):
    """Typing the name is the confirmation."""

    schema_name = forms.CharField(
        label=gettext_lazy("Type the schema name to confirm"), max_length=63, widget=UnfoldAdminTextInputWidget
    )
    purge_registration = forms.BooleanField(
        label=gettext_lazy("Delete the application too"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    delete_files = forms.BooleanField(
        label=gettext_lazy("Delete the media files too"), required=False, widget=UnfoldBooleanSwitchWidget
    )


class UnconfirmedForm(forms.Form):
    """The operator takes the e-mail on trust."""

    unconfirmed = forms.BooleanField(
        label=gettext_lazy("I know this address: make the shop although nobody has confirmed it"),
        widget=UnfoldBooleanSwitchWidget,
    )


class EmptyForm(forms.Form):
    """A confirmation without questions."""


class AskingAdmin(ModelAdmin):
    """Buttons that change something: a GET shows what will happen, only the POST does it."""

    def ask_first(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        title: str,
        text: str,
        form_class: type[forms.Form],
        do: Callable[[Any, dict[str, Any]], str],
        stay: bool = False,
    ) -> HttpResponse:
        """Confirm, then call `do(object, form data)`, which answers with what to tell; a refusal is told likewise.

        Then it goes back to the list, or with `stay` to the object's page.
        """
        found: Model | None = self.get_object(request, object_id)
        if found is None:
            raise Http404
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        form = form_class(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, do(found, form.cleaned_data))
                return redirect(self._page_of(object_id)) if stay else self._back_to_list()
            except DomainError as refusal:
                field = refusal.field if refusal.field in form.fields else None
                form.add_error(field, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "text": text,
            "form": form,
            "object": found,
            "back": self._page_of(object_id),
        }
        return TemplateResponse(request, "customers/admin/ask_first.html", context, status=422 if form.errors else 200)

    def _page_of(self, object_id: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])

    def _back_to_list(self) -> HttpResponseRedirect:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


class RegistrationForm(forms.ModelForm):  # type: ignore[type-arg]
    """An application that an operator enters, say after a telephone call."""

    def clean_schema_name(self) -> str:
        name: str = self.cleaned_data["schema_name"]
        if not is_free(name):
            raise forms.ValidationError(str(AddressTaken()))
        return name


@admin.register(TenantRegistration, site=platform_site)
class RegistrationAdmin(AskingAdmin):
    """Applications; the open ones are answered by the buttons or in bulk."""

    form = RegistrationForm
    list_display = (
        "shop_name", "schema_name", "owner_name", "owner_email", "is_confirmed", "status_shown", "created_at"
    )  # fmt: skip
    list_filter = ("status", ("email_verified_at", admin.EmptyFieldListFilter), "language", "created_at")
    search_fields = ("shop_name", "schema_name", "owner_name", "owner_email")
    date_hierarchy = "created_at"
    actions: ClassVar[list[str]] = ["approve_selected", "reject_selected"]
    actions_detail: ClassVar[list[str]] = ["approve_one", "reject_one"]
    entered = ("shop_name", "schema_name", "owner_name", "owner_email", "phone", "language")
    known = (
        "status", "reason", "tenant", "created_at", "email_verified_at", "processed_at", "processed_by",
        "provisioned_at", "expired_at", "closed_at", "journal",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.entered if obj is None else (*self.entered, *self.known)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else (*self.entered, *self.known)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("status"), label=TONES, ordering="status")
    def status_shown(self, registration: TenantRegistration) -> tuple[str, str]:
        """The status as a coloured label."""
        return registration.status, registration.get_status_display()

    @display(description=gettext_lazy("e-mail confirmed"), boolean=True, ordering="email_verified_at")
    def is_confirmed(self, registration: TenantRegistration) -> bool:
        """Whether the applicant reads the mail that the invitation goes to."""
        return registration.email_verified_at is not None

    @display(description=gettext_lazy("making of the shop"))
    def journal(self, registration: TenantRegistration) -> str:
        """Each try to make the shop: when, by whom, the steps with their times, what went wrong."""
        tries = TenantOperation.objects.filter(
            kind=TenantOperation.Kind.PROVISION,
            schema_name=registration.schema_name,
            started_at__gte=registration.created_at,
        )
        lines = [_told(each) for each in tries.order_by("pk")]
        if lines and tries[0].error and registration.status == TenantRegistration.Status.PENDING:
            approve_page = reverse("admin:customers_tenantregistration_approve_one", args=[registration.pk])
            lines.append(format_html('<a class="text-primary-600" href="{}">{}</a>', approve_page, _("Try again")))
        return format_html_join("", "<p>{}</p>", ([line] for line in lines)) or "—"

    @action(description=gettext_lazy("Approve"), url_path="approve", icon="check")
    def approve_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make the shop of one application."""

        def do(registration: TenantRegistration, data: dict[str, Any]) -> str:
            shop = try_to_approve(registration=registration, by=_operator(request), now=timezone.now(), **data)
            return _("The shop “%(shop)s” is open at %(address)s; the owner's invitation is sent.") % {
                "shop": shop.name,
                "address": shop.get_primary_domain(),
            }

        registration: TenantRegistration | None = self.get_object(request, object_id)
        is_known = registration is None or registration.email_verified_at is not None
        text = _("This makes the shop with its database schema and sends the owner an invitation.")
        if registration is not None and not is_known:
            text += " " + _(
                "The e-mail %(email)s is not confirmed: if it is mistyped, a stranger gets the invitation and the shop."
            ) % {"email": registration.owner_email}
        return self.ask_first(
            request,
            object_id,
            title=_("Approve the application"),
            text=text,
            form_class=EmptyForm if is_known else UnconfirmedForm,
            do=do,
            stay=True,
        )

    @action(description=gettext_lazy("Reject"), url_path="reject", icon="close")
    def reject_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say no to one application."""

        def do(registration: TenantRegistration, data: dict[str, Any]) -> str:
            run(lambda: reject(registration=registration, by=_operator(request), now=timezone.now(), **data))
            return _("The application is rejected; the applicant gets the reason.")

        return self.ask_first(
            request,
            object_id,
            title=_("Reject the application"),
            text=_("The applicant gets the reason by mail; the address is free again."),
            form_class=ReasonForm,
            do=do,
        )

    @admin.action(description=gettext_lazy("Approve the selected applications"), permissions=["change"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[TenantRegistration]) -> None:
        """Make the shops, one transaction each: what fails is told and does not stop the others."""
        made = 0
        for registration in queryset.order_by("created_at", "pk"):
            try:
                try_to_approve(registration=registration, by=_operator(request), now=timezone.now())
                made += 1
            except DomainError as refusal:
                messages.error(request, f"{registration}: {refusal}")
        if made:
            messages.success(request, _("Shops made: %(count)s.") % {"count": made})

    @admin.action(description=gettext_lazy("Reject the selected applications…"), permissions=["change"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[TenantRegistration]) -> HttpResponse | None:
        """Ask for one reason for all, then reject each."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Reject the selected applications…"),
                "text": ", ".join(str(each) for each in queryset),
                "form": form,
                "hidden": [("action", "reject_selected"), *(("_selected_action", each.pk) for each in queryset)],
                "back": reverse("admin:customers_tenantregistration_changelist"),
            }
            return TemplateResponse(request, "customers/admin/ask_first.html", context)
        rejected = 0
        reason = form.cleaned_data["reason"]
        for registration in queryset:
            try:
                run(
                    lambda each=registration: reject(  # type: ignore[misc]
                        registration=each, reason=reason, by=_operator(request), now=timezone.now()
                    )
                )
                rejected += 1
            except DomainError as refusal:
                messages.error(request, f"{registration}: {refusal}")
        if rejected:
            messages.success(request, _("Applications rejected: %(count)s.") % {"count": rejected})
        return None


class DomainForm(forms.ModelForm):  # type: ignore[type-arg]
    """A host name as it is looked up: lower case, without port and www."""

    def clean_domain(self) -> str:
        domain: str = self.cleaned_data["domain"].strip().lower().removeprefix("www.")
        if not domain or any(sign in domain for sign in " /:@_"):
            raise forms.ValidationError(_("Write the domain like rose.example.com, without port and “_”."))
        return domain


class DomainInline(TabularInline):
    """The host names of one shop."""

    model = Domain
    form = DomainForm
    extra = 0


@admin.register(Client, site=platform_site)
class ClientAdmin(AskingAdmin):
    """Shops. They come from applications and go by a button of their own, never by the delete of the admin."""

    list_display = ("name", "schema_name", "owner_email", "status_shown", "on_trial", "paid_until", "created_at")
    list_filter = ("status", "on_trial", "language")
    search_fields = ("name", "schema_name", "owner_name", "owner_email", "domains__domain")
    readonly_fields = ("schema_name", "created_at")
    fields = (
        "name", "schema_name", "status", "owner_name", "owner_email", "phone", "language", "on_trial", "paid_until",
        "created_at",
    )  # fmt: skip
    inlines = (DomainInline,)
    actions_detail: ClassVar[list[str]] = ["invite_again", "take_off"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        shops: QuerySet[Client] = super().get_queryset(request)
        return shops.exclude(schema_name=get_public_schema_name())

    @display(description=gettext_lazy("status"), label=SHOP_TONES, ordering="status")
    def status_shown(self, shop: Client) -> tuple[str, str]:
        """The status as a coloured label."""
        return shop.status, shop.get_status_display()

    @action(description=gettext_lazy("Invite the owner again"), url_path="invite", icon="mail")
    def invite_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send a fresh link to owners who have no password yet, and show it, for the mail may be what failed."""

        def do(shop: Client, data: dict[str, Any]) -> str:
            with in_schema(shop.schema_name):
                waiting = [
                    user
                    for user in User.objects.filter(role=Role.OWNER, is_active=True)
                    if not user.has_usable_password()
                ]
                if not waiting:
                    raise BadInput(_("Every owner of this shop has a password already; nothing was sent."))
                links = [shop_url(invitation_path(user)) for user in waiting]
                for user in waiting:
                    mail_invitation.enqueue(user.pk)
            return _("The invitation is sent: %(links)s") % {"links": ", ".join(links)}

        return self.ask_first(
            request,
            object_id,
            title=_("Invite the owner again"),
            text=_("Owners who have not set a password yet get a new link by mail."),
            form_class=EmptyForm,
            do=do,
        )

    @action(description=gettext_lazy("Take the shop off…"), url_path="take-off", icon="delete")
    def take_off(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What cleanup_tenant does, with the same services."""

        def do(shop: Client, data: dict[str, Any]) -> str:
            name = shop.schema_name
            if data["schema_name"] != name:
                raise BadInput(_("This is not the shop's schema name. Nothing was changed."), field="schema_name")
            if data["delete_files"]:
                check_files(name)
            run(lambda: remove_rows(name, purge_registration=data["purge_registration"], now=timezone.now()))
            if data["delete_files"]:
                remove_files(name)
            return _("The shop is taken off. Its schema “%(schema)s” stays until it is dropped by hand.") % {
                "schema": name
            }

        return self.ask_first(
            request,
            object_id,
            title=_("Take the shop off"),
            text=_(
                "The row and the domains are deleted, the shop can't be visited any more. The database schema with all "
                "its data stays until somebody drops it by hand."
            ),
            form_class=TakeOffForm,
            do=do,
        )


@admin.register(Domain, site=platform_site)
class DomainAdmin(ModelAdmin):
    """All host names; a shop keeps at least its primary one."""

    form = DomainForm
    list_display = ("domain", "tenant", "is_primary")
    search_fields = ("domain", "tenant__name", "tenant__schema_name")
    list_filter = ("is_primary",)
    list_select_related = ("tenant",)
    autocomplete_fields = ("tenant",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.is_primary)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without the bulk delete, which asks nothing about single rows."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


@admin.register(TenantOperation, site=platform_site)
class OperationAdmin(ModelAdmin):
    """The journal, to be read and nothing else."""

    list_display = ("started_at", "kind", "schema_name", "step", "operator", "finished_at", "error_shown")
    list_filter = ("kind", ("finished_at", admin.EmptyFieldListFilter), "started_at")
    search_fields = ("schema_name", "operator", "error")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("error"))
    def error_shown(self, row: TenantOperation) -> str:
        """Its beginning: the rest is on the operation's page."""
        return row.error[:80]


def _told(row: TenantOperation) -> str:
    """One operation in a line."""
    said = [_moment(row.started_at), row.operator]
    said += [f"{STEPS.get(name, name)} {_moment(datetime.datetime.fromisoformat(at))}" for name, at in row.steps]
    if row.finished_at is None:
        said.append(_("going on"))
    else:
        said.append(_("failed: %(error)s") % {"error": row.error} if row.error else pgettext("operation", "done"))
    return " · ".join(filter(None, said))


def _moment(at: datetime.datetime) -> str:
    return f"{timezone.localtime(at):%d.%m.%Y %H:%M:%S}"


def _operator(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the admin site has let them in
    return request.user
