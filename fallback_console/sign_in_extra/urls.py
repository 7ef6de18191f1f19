"""The addresses of the extra. Of allauth's forty, those that are wanted.

Not: signing up, setting or resetting a password, email addresses, sessions, joining accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from fallback_console.sign_in_extra import views
from invocations.views.base import staff_page
from invocations.views.step_up import needs_step_up

View = Callable[..., HttpResponseBase]

urlpatterns: list[URLPattern] = [path("sign-in/", views.to_sign_in, name="account_login")]


def _own(view: View) -> View:
    """A page about one's own second factor."""
    return staff_page("")(view)


def _changing(view: View) -> View:
    """One that changes it: with step-up, and with its row of the trail or not at all."""

    def in_one_transaction(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            return view(request, *args, **kwargs)

    return staff_page("")(needs_step_up(in_one_transaction))


def _second_factor() -> list[URLPattern]:
    from allauth.mfa.base.views import authenticate, index
    from allauth.mfa.recovery_codes.views import generate_recovery_codes, view_recovery_codes
    from allauth.mfa.totp.views import activate_totp, deactivate_totp
    from allauth.mfa.webauthn.views import (
        add_webauthn,
        edit_webauthn,
        login_webauthn,
        remove_webauthn,
    )

    own, codes, passkeys = "me/second-factor/", "me/recovery-codes/", "me/passkeys/"
    return [
        path("sign-in/code/", authenticate, name="mfa_authenticate"),
        path("sign-in/passkey/", login_webauthn, name="mfa_login_webauthn"),
        path(own, _own(index), name="mfa_index"),
        # allauth comes back here after a passkey was changed: they are listed on the same page.
        path(passkeys, views.to_second_factor, name="mfa_list_webauthn"),
        path(f"{own}app/", _changing(activate_totp), name="mfa_activate_totp"),
        path(f"{own}app/remove/", _changing(deactivate_totp), name="mfa_deactivate_totp"),
        path(codes, _changing(view_recovery_codes), name="mfa_view_recovery_codes"),
        path(
            f"{codes}new/", _changing(generate_recovery_codes), name="mfa_generate_recovery_codes"
        ),
        path(f"{passkeys}add/", _changing(add_webauthn), name="mfa_add_webauthn"),
        path(f"{passkeys}<int:pk>/name/", _changing(edit_webauthn), name="mfa_edit_webauthn"),
        path(f"{passkeys}<int:pk>/remove/", _changing(remove_webauthn), name="mfa_remove_webauthn"),
    ]


def _provider() -> list[URLPattern]:
    from allauth.socialaccount.providers.openid_connect.views import callback

    from fallback_console.sign_in_extra import provider_views

    to = "sign-in/provider/"
    known = {"provider_id": settings.SSO_PROVIDER_ID}
    return [
        path(to, provider_views.to_provider, name="to_provider"),
        path(f"{to}again/", provider_views.again_at_provider, name="step_up_at_provider"),
        path(f"{to}callback/", callback, known, name="openid_connect_callback"),
    ]


if settings.SECOND_FACTOR != "off":
    urlpatterns += _second_factor()
if settings.SSO_ISSUER:
    urlpatterns += _provider()
