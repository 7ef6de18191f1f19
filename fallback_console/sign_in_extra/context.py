"""What templates know of the extra. The console's frame stands around allauth's pages too."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fallback_console.sign_in_extra.next_page import next_page
from fallback_console.sign_in_extra.passwords import signs_in_at_provider

TITLES = {
    "mfa_authenticate": _("Second step"),
    "mfa_index": _("Second factor"),
    "mfa_activate_totp": _("Set up an app"),
    "mfa_deactivate_totp": _("Remove the app"),
    "mfa_view_recovery_codes": _("Recovery codes"),
    "mfa_generate_recovery_codes": _("New recovery codes"),
    "mfa_add_webauthn": _("Add a passkey"),
    "mfa_edit_webauthn": _("Rename a passkey"),
    "mfa_remove_webauthn": _("Remove a passkey"),
    "openid_connect_callback": _("Single sign-on"),
}
"""By the names of the addresses whose pages allauth renders."""


def ways_to_sign_in(request: HttpRequest) -> dict[str, Any]:
    """Callables look something up where a template names them.

    That of `ways_to_prove` begins something with passkeys, so a page does it once.
    """
    match = request.resolver_match
    name = match.url_name if match else None
    frame = admin.site.each_context(request) if name in TITLES else {}
    return {
        **frame,
        **({"title": TITLES[name]} if name in TITLES else {}),
        "has_second_factors": settings.SECOND_FACTOR != "off",
        "provider_button": lambda: _shows_provider_button(request),
        "ways_to_prove": cache(lambda: _ways_to_prove(request)),
        "next_page": next_page(request) or "",
    }


def _shows_provider_button(request: HttpRequest) -> bool:
    is_shown = bool(settings.SSO_ISSUER)
    request.shows_provider_button = is_shown  # type: ignore[attr-defined]
    return is_shown


def _ways_to_prove(request: HttpRequest) -> dict[str, Any]:
    """What the person can do where step-up is asked for, beside typing a password."""
    person = request.user
    if not isinstance(person, User):
        return {}
    at_provider = signs_in_at_provider(person)
    kinds = _kinds_of(person)
    return {
        "password": person.has_usable_password() and not at_provider,
        "code": bool(kinds & {"totp", "recovery_codes"}),
        "passkey_options": _passkey_options(person) if "webauthn" in kinds else None,
        "provider": at_provider and _shows_provider_button(request),
    }


def _kinds_of(person: User) -> set[str]:
    if settings.SECOND_FACTOR == "off":
        return set()
    from allauth.mfa.models import Authenticator

    return set(Authenticator.objects.filter(user=person).values_list("type", flat=True))


def _passkey_options(person: User) -> Any:
    from allauth.mfa.webauthn.internal.auth import begin_authentication

    return {"request_options": begin_authentication(person)}
