"""Pages of the second factor in one's own profile."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import AskedAgainForm, OwnersRuleForm, SwitchOnForm
from accounts.models import User
from accounts.services import second_factor as service
from accounts.services.limits import CODE, PASSWORD, TooOften, count_attempt
from accounts.views.entering import start_page
from core.access import may, needs
from core.codes import qr_svg
from core.errors import BadInput, DomainError
from core.sealing import seal, unseal
from core.tenancy import current_schema_name
from core.transactions import run

# How long the page with the QR code may stand open.
SECONDS = 60 * 60


def _person(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - login_required has seen to it
    return user


@require_safe
@login_required
@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """How one logs in now, and what can be changed about it."""
    user = _person(request)
    return render(
        request,
        "accounts/second_factor.html",
        {
            "is_on": user.second_factor_at is not None,
            "since": user.second_factor_at,
            "left": service.paper_left(user) if user.second_factor_at else 0,
            "is_demanded": service.is_demanded(user),
            "rule": _rule(request),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def switch_on(request: HttpRequest) -> HttpResponse:
    """The QR code for the app; the first right code of the app switches it on and shows the codes for paper, once."""
    user = _person(request)
    if user.second_factor_at is not None:
        return redirect("second_factor")
    purpose = f"accounts.new_key:{user.pk}"
    key = unseal(request.POST.get("key", ""), purpose=purpose, seconds=SECONDS) or service.new_key()
    form = SwitchOnForm(request.POST if request.method == "POST" else None, initial={"key": seal(key, purpose=purpose)})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            count_attempt(CODE, user.pk)
            paper = run(
                lambda: service.switch_on(user=user, key=key, code=form.cleaned_data["code"], now=timezone.now())
            )
        except (BadInput, TooOften) as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            update_session_auth_hash(request, user)
            return _paper(request, paper)
    elif form.errors:
        status = 422
    context = {
        "form": form,
        "qr": qr_svg(service.address_for_apps(user, key)),
        "key": service.key_for_people(key),
        "is_demanded": service.is_demanded(user),
    }
    return render(request, "accounts/second_factor_on.html", context, status=status)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def switch_off(request: HttpRequest) -> HttpResponse:
    """Back to the password alone."""

    def work(user: User, password: str) -> HttpResponse:
        run(lambda: service.switch_off(user=user, password=password))
        update_session_auth_hash(request, user)
        messages.success(request, _("The second factor is off. You log in with your password alone."))
        return redirect("second_factor")

    return _asked_again(request, "off", work)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def codes(request: HttpRequest) -> HttpResponse:
    """New codes for paper."""

    def work(user: User, password: str) -> HttpResponse:
        return _paper(request, run(lambda: service.fresh_paper(user=user, password=password)))

    return _asked_again(request, "codes", work)


@require_POST
@needs("shop.set_up")
def owners(request: HttpRequest) -> HttpResponse:
    """Whether all owners of this shop need it."""
    form = OwnersRuleForm(request.POST)
    wanted = form.is_valid() and form.cleaned_data["wanted"]
    try:
        run(lambda: service.demand_of_owners(wanted=wanted, by=_person(request)))
    except BadInput as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect("second_factor")


def _rule(request: HttpRequest) -> OwnersRuleForm | None:
    """The rule about owners, for those who set a shop up. The platform has its own in the settings."""
    if current_schema_name() == "public" or not may(request.user, "shop.set_up"):
        return None
    return OwnersRuleForm(initial={"wanted": service.owners_need_it()})


def _asked_again(request: HttpRequest, what: str, work: Callable[[User, str], HttpResponse]) -> HttpResponse:
    """A page that asks for the password and then does `work`."""
    user = _person(request)
    if user.second_factor_at is None:
        return redirect("second_factor")
    form = AskedAgainForm(request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            count_attempt(PASSWORD, user.pk)
            return work(user, form.cleaned_data["password"])
        except DomainError as refusal:
            form.add_refusal(refusal)
            status = refusal.status
    return render(request, "accounts/second_factor_again.html", {"form": form, "what": what}, status=status)


def _paper(request: HttpRequest, paper: list[str]) -> HttpResponse:
    """The only page that ever shows these codes."""
    target = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return render(
        request, "accounts/second_factor_paper.html", {"codes": paper, "next": target if safe else start_page()}
    )
