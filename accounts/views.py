"""Pages of people: in, out, the first password, the profile."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import trigger_client_event
from django_tenants.utils import get_public_schema_name

from accounts.forms import LogInForm, NewPasswordForm, OwnPasswordForm, ProfileForm
from accounts.invitations import find_invited
from accounts.models import User
from accounts.services.staff import InvitationSpent, accept_invitation, edit_profile
from core.errors import BadInput
from core.htmx import wants_part
from core.tenancy import current_schema_name
from core.transactions import run

BACKEND = "accounts.backends.NameOrEmailBackend"


def start_page() -> str:
    """Where a person lands after the log-in: the shop's first page, or the platform's admin."""
    return reverse("admin:index" if current_schema_name() == get_public_schema_name() else "home")


class LogIn(LoginView):
    """The way in; somebody who is in already goes straight on."""

    template_name = "accounts/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if wants_part(request) and request.user.is_authenticated:  # somebody logged in meanwhile in another window
            return self._in_again()
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        return [f"{self.template_name}#again" if wants_part(self.request) else self.template_name]

    def get_initial(self) -> dict[str, Any]:
        return {"username": self.request.GET.get("who", "")}

    def get_form_kwargs(self) -> dict[str, Any]:
        # The page below the dialog may have fields of the same names.
        return super().get_form_kwargs() | ({"auto_id": "again_%s"} if wants_part(self.request) else {})

    def form_valid(self, form: LogInForm) -> HttpResponse:  # type: ignore[override]
        answer = super().form_valid(form)
        return self._in_again() if wants_part(self.request) else answer

    def _in_again(self) -> HttpResponse:
        """Nothing to show: the page is told who is in, closes the dialog and sends its request again."""
        return trigger_client_event(HttpResponse(status=204), "florist:in-again", {"user": str(self.request.user.pk)})

    def get_default_redirect_url(self) -> str:
        return start_page()

    def form_invalid(self, form: LogInForm) -> HttpResponse:  # type: ignore[override]
        return self.render_to_response(self.get_context_data(form=form), status=422)


log_in = LogIn.as_view()
log_out = LogoutView.as_view()


@sensitive_post_parameters()
def invitation(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """The invited person sets a password and is in."""
    invited = find_invited(who, token)
    if invited is None:
        return render(request, "accounts/invitation_spent.html", {"refusal": InvitationSpent()}, status=404)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = run(lambda: accept_invitation(who=who, token=token, password=form.cleaned_data["password1"]))
        except BadInput as refusal:
            form.add_refusal(refusal)
        except InvitationSpent as refusal:
            return render(request, "accounts/invitation_spent.html", {"refusal": refusal}, status=404)
        else:
            login(request, user, backend=BACKEND)
            return redirect(start_page())
    context = {"form": form, "invited": invited}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language and look of the person who asks."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - login_required has seen to it
    initial = {name: getattr(user, name) for name in ("name", "language", "theme", "shortcuts_enabled")}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        run(lambda: edit_profile(user=user, **form.cleaned_data))
        with translation.override(user.language):
            messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)


class OwnPassword(PasswordChangeView):
    """Change one's own password."""

    template_name = "accounts/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("profile")

    def form_valid(self, form: OwnPasswordForm) -> HttpResponse:  # type: ignore[override]
        messages.success(self.request, gettext_lazy("Your password is changed."))
        return super().form_valid(form)

    def form_invalid(self, form: OwnPasswordForm) -> HttpResponse:  # type: ignore[override]
        return self.render_to_response(self.get_context_data(form=form), status=422)


password = OwnPassword.as_view()
