"""Pages of people: in, out, the first password, the profile."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import trigger_client_event

from accounts.forms import CodeForm, ForgottenForm, LogInForm, NewPasswordForm, OwnPasswordForm, ProfileForm
from accounts.invitations import find_invited
from accounts.invitations import forgotten as forgotten_tokens
from accounts.jobs import mail_new_password
from accounts.models import User
from accounts.services.limits import (
    CODE,
    CODE_OF_DAY,
    FORGOTTEN,
    FORGOTTEN_EMAIL,
    LOG_IN,
    TooOften,
    count_attempt,
    forget_attempts,
)
from accounts.services.second_factor import WrongCode, check_code
from accounts.services.staff import (
    InvitationSpent,
    LinkSpent,
    accept_invitation,
    edit_profile,
    set_new_password,
)
from accounts.views.entering import enter, finish, start_page, waiting
from core.errors import BadInput, DomainError
from core.htmx import wants_part
from core.transactions import run
from core.visitors import household_of


class LogIn(LoginView):
    """The way in; somebody who is in already goes straight on."""

    template_name = "accounts/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if wants_part(request) and request.user.is_authenticated:  # somebody logged in meanwhile in another window
            return in_again(request)
        if request.method == "POST":
            count_attempt(LOG_IN, household_of(request))
        return super().dispatch(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        return [f"{self.template_name}#again" if wants_part(self.request) else self.template_name]

    def get_initial(self) -> dict[str, Any]:
        return {"username": self.request.GET.get("who", "")}

    def get_form_kwargs(self) -> dict[str, Any]:
        # The page below the dialog may have fields of the same names.
        return super().get_form_kwargs() | ({"auto_id": "again_%s"} if wants_part(self.request) else {})

    def form_valid(self, form: LogInForm) -> HttpResponse:  # type: ignore[override]
        user = form.get_user()
        assert isinstance(user, User)  # noqa: S101 - the backend makes no others
        way = enter(self.request, user, way=self.get_success_url())
        if not wants_part(self.request):
            return redirect(way)
        return in_again(self.request) if self.request.user.is_authenticated else redirect(way)

    def get_default_redirect_url(self) -> str:
        return start_page()

    def form_invalid(self, form: LogInForm) -> HttpResponse:  # type: ignore[override]
        return self.render_to_response(self.get_context_data(form=form), status=422)


log_in = sensitive_post_parameters()(LogIn.as_view())


def in_again(request: HttpRequest) -> HttpResponse:
    """Nothing to show: the page is told who is in, closes the dialog and sends its request again."""
    return trigger_client_event(HttpResponse(status=204), "florist:in-again", {"user": str(request.user.pk)})


@never_cache
def log_in_code(request: HttpRequest) -> HttpResponse:
    """The second step of the log-in: the code of the app, or one on paper."""
    found = waiting(request)
    if found is None:
        return redirect("login")
    user, way = found
    part = wants_part(request)
    form = CodeForm(request.POST if request.method == "POST" else None, auto_id="again_%s" if part else "id_%s")
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            count_attempt(CODE, user.pk)
            count_attempt(CODE_OF_DAY, user.pk)
            run(lambda: check_code(user=user, code=form.cleaned_data["code"]))
        except (WrongCode, TooOften) as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            forget_attempts(CODE, user.pk)
            forget_attempts(CODE_OF_DAY, user.pk)
            finish(request, user)
            return in_again(request) if part else redirect(way)
    elif form.errors:
        status = 422
    template = "accounts/login_code.html#again" if part else "accounts/login_code.html"
    return render(request, template, {"form": form}, status=status)


log_out = LogoutView.as_view()


@sensitive_post_parameters()
def invitation(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """The invited person sets a password and is in."""
    person = find_invited(who, token)
    refusal = None if person else InvitationSpent()
    return _set_password(
        request, "accounts/invitation.html", person, refusal, partial(accept_invitation, who=who, token=token)
    )


@sensitive_post_parameters()
def new_password(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """Whoever forgot the password sets another one and is in."""
    person = find_invited(who, token, forgotten_tokens)
    refusal = None if person else LinkSpent()
    return _set_password(
        request, "accounts/new_password.html", person, refusal, partial(set_new_password, who=who, token=token)
    )


def _set_password(
    request: HttpRequest,
    template: str,
    person: User | None,
    refusal: DomainError | None,
    work: Callable[..., User],
) -> HttpResponse:
    if refusal is not None:
        return render(request, "accounts/invitation_spent.html", {"refusal": refusal}, status=404)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = run(lambda: work(password=form.cleaned_data["password1"]))
        except BadInput as problem:
            form.add_refusal(problem)
        except (InvitationSpent, LinkSpent) as spent:
            return render(request, "accounts/invitation_spent.html", {"refusal": spent}, status=404)
        else:
            return redirect(enter(request, user, way=start_page()))
    return render(request, template, {"form": form, "invited": person}, status=422 if form.errors else 200)


def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link to a new password. Whether the e-mail is known is looked up by the worker alone: neither the answer
    nor the time it takes tells."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        count_attempt(FORGOTTEN, household_of(request))
        count_attempt(FORGOTTEN_EMAIL, form.cleaned_data["email"])
        mail_new_password.enqueue(form.cleaned_data["email"])
        return render(request, "accounts/forgotten_sent.html", {"email": form.cleaned_data["email"]})
    return render(request, "accounts/forgotten.html", {"form": form}, status=422 if form.errors else 200)


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
