"""What people type about themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Theme
from core.forms import CleanCharField, ComponentRenderer, Form

LONGEST_EMAIL = 254


class LogInForm(AuthenticationForm):
    """User name or e-mail, and password."""

    default_renderer = ComponentRenderer
    error_messages = {
        "invalid_login": _("This name and password do not belong together. Check both; mind the keyboard's language."),
        "inactive": _("This account is switched off. Ask the owner of the shop."),
    }

    username = CleanCharField(
        label=_("User name or e-mail"),
        max_length=LONGEST_EMAIL,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The base class takes label and length from the user name's column; an e-mail is longer.
        field = self.fields["username"]
        field.label = _("User name or e-mail")
        field.max_length = LONGEST_EMAIL  # type: ignore[attr-defined]
        field.widget.attrs["maxlength"] = LONGEST_EMAIL
        if self.initial.get("username"):  # the name is known, the password is asked for
            del field.widget.attrs["autofocus"]
            self.fields["password"].widget.attrs["autofocus"] = True


class NewPasswordForm(Form):
    """A password twice. Whether it is good enough is the service's to say, for it knows the person."""

    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters, not only digits and none of the common ones."),
    )
    password2 = forms.CharField(
        label=_("Once more"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            raise ValidationError({"password2": _("The two differ. Type the same password twice.")})
        return cleaned


class ForgottenForm(Form):
    """The e-mail of whoever forgot the password."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=LONGEST_EMAIL, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class ProfileForm(Form):
    """Name, language, look, keys."""

    name = CleanCharField(label=_("Name"), max_length=120, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    theme = forms.ChoiceField(label=_("Look"), choices=Theme.choices)
    shortcuts_enabled = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("N for a new order, / for the search and so on. Keys pressed together with Ctrl work anyway."),
    )


class OwnPasswordForm(PasswordChangeForm):
    """The old password and a new one twice."""

    default_renderer = ComponentRenderer


class CodeForm(Form):
    """The second step of the log-in."""

    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
        help_text=_("Six digits from the app, or one of the codes on your paper."),
    )


class SwitchOnForm(Form):
    """The first code of a new app. The key travels sealed: nothing is stored before the code fits."""

    code = forms.CharField(
        label=_("Code from the app"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    key = forms.CharField(max_length=1000, widget=forms.HiddenInput)


class AskedAgainForm(Form):
    """The own password once more, before something that opens or closes the account."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class OwnersRuleForm(Form):
    """Whether owners must have a second factor."""

    wanted = forms.BooleanField(label=_("All owners of this shop log in with a second factor"), required=False)
