"""People in both admin sites: operators on the platform, staff in a shop."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from accounts.models import User
from accounts.services.second_factor import reset
from accounts.services.staff import LastOwner, change_role, invite, keeps_an_owner, set_active
from core.admin import platform_site, shop_site
from core.transactions import run

ROLE_TONES = {"owner": "success", "manager": "info", "florist": "primary", "seller": "warning", "courier": "default"}


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who is invited; the person chooses the password."""

    class Meta:
        model = User
        fields = ("email", "name", "role", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("Somebody with this e-mail is already here."))
        return email


class StaffForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person who is here already."""

    class Meta:
        model = User
        fields = ("username", "name", "email", "role", "language", "theme", "is_active")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"role", "is_active"} <= cleaned.keys() and not keeps_an_owner(
            user=self.instance, role=cleaned["role"], active=cleaned["is_active"]
        ):
            self.add_error("role", str(LastOwner()))
        return cleaned


class UserAdmin(ModelAdmin):
    """People are invited and switched off, never deleted: what they did keeps their name."""

    form = StaffForm
    list_display = ("__str__", "username", "email", "role_shown", "is_active", "last_login")
    list_filter = ("role", "is_active")
    actions = ("take_away_second_factor",)
    search_fields = ("username", "name", "email")
    readonly_fields = ("date_joined", "last_login", "second_factor_at")
    fields = (*StaffForm.Meta.fields, "date_joined", "last_login", "second_factor_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001
        if obj is None:
            kwargs["form"] = InviteForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return InviteForm.Meta.fields if obj is None else super().get_fields(request, obj)

    @admin.action(description=_("Take away the second factor (lost phone)"), permissions=["change"])
    def take_away_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For people who lost phone and paper; their sessions end. One's own is switched off in the profile."""
        others = [user for user in queryset.order_by("pk") if user != request.user]
        names = [str(user) for user in others if run(partial(reset, user=user))]
        if names:
            self.message_user(request, _("The second factor is off for: %(names)s.") % {"names": ", ".join(names)})
        else:
            self.message_user(
                request,
                _("None of them has a second factor, or it is your own. Nothing was changed."),
                messages.WARNING,
            )

    @display(description=_("role"), label=ROLE_TONES, ordering="role")
    def role_shown(self, user: User) -> tuple[str, str]:
        """The role as a coloured label."""
        return user.role, user.get_role_display()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        """Through the services, which hold the rules and the locks."""
        by = request.user
        assert isinstance(by, User)  # noqa: S101 - the admin site has let them in
        if not change:
            data = form.cleaned_data
            invited = invite(
                email=data["email"], name=data["name"], role=data["role"], language=data["language"], by=by
            )
            obj.__dict__.update(invited.__dict__)
            return
        role, active = obj.role, obj.is_active
        change_role(user=obj, role=role, by=by)
        set_active(user=obj, active=active, by=by)
        super().save_model(request, obj, form, change)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: QuerySet[User] = super().get_queryset(request)
        return people.order_by("-is_active", "name", "username")


platform_site.register(User, UserAdmin)
shop_site.register(User, UserAdmin)
