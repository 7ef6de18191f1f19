"""Forms in place of allauth's, and the form of the sign-in page."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fallback_console.sign_in_extra import secrets
from fallback_console.sign_in_extra.codes import mark_used, used_factor
from fallback_console.sign_in_extra.next_page import next_page
from fallback_console.sign_in_extra.policy import has_factor
from invocations.forms.sign_in import SignInForm
from invocations.models.encryption import Unreadable

CODE_INPUT = {"autocomplete": "one-time-code", "spellcheck": "false", "autofocus": True}


class SignInWithSecondFactor(SignInForm):
    def get_user(self) -> Any:
        """The person, whom Django's view signs in, unless they have a second factor.

        Then allauth takes over: nobody is signed in before both are proved. The exception is the
        redirect to the second step (`AccountMiddleware`).
        """
        person = super().get_user()
        request = context.request
        if not isinstance(person, User) or not has_factor(person):
            return person
        login = Login(user=person, redirect_url=next_page(request))
        credentials = {"username": person.get_username()}
        raise ImmediateHttpResponse(perform_password_login(request, credentials, login))


def code_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs=CODE_INPUT),
        error_messages={"required": gettext_lazy("Enter the code.")},
    )


class CodeForm(AuthenticateForm):
    """The second step of signing in."""

    code = code_field()

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.authenticator = used_factor(context.request, self.user, code)
        return code


class SetUpAppForm(ActivateTOTPForm):
    """The first code of an app. Until then its secret waits in the session, encrypted."""

    code = code_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        self.secret = self._secret()

    def _secret(self) -> str:
        """A new one for each page that is opened; after a wrong code the same."""
        session = context.request.session
        token = session.get(totp.SECRET_SESSION_KEY, "") if self.is_bound else ""
        try:
            known = secrets.SealedText(token)
            known.place = secrets.place_of(self.user.pk)
            return secrets.unseal(known)
        except Unreadable:
            secret: str = totp.generate_totp_secret()
            session[totp.SECRET_SESSION_KEY] = secrets.seal(secret, self.user.pk)
            return secret

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        is_right = totp.validate_totp_code(self.secret, code)
        if not is_right or not mark_used(self.user.pk, code):
            raise ValidationError(_("This code does not belong to the picture. Try the next one."))
        return code


class AddPasskeyForm(AddWebAuthnForm):
    """Each key may be the only sign-in: it is asked for a fingerprint, a face or a PIN."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("For example: my laptop."),
    )
    passwordless = forms.BooleanField(
        initial=True, required=False, widget=forms.CheckboxInput(attrs={"hidden": True})
    )

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        cleaned: dict[str, Any] = super().clean()
        return cleaned
