"""How step-up is proved with the extra: by a code or a passkey as well, or at the provider."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import cast

from allauth.core import context
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from fallback_console.sign_in_extra.passwords import signs_in_at_provider
from invocations.access import proof
from invocations.audit import verbs
from invocations.audit.record import record

PROVIDER_WAY = "single sign-on"
"""In the trail."""


def offer_ways() -> None:
    """Adds ours to the console's. Called once, when the process starts."""
    by_password = proof.WAYS["password"]

    def by_password_of_here(person: User, typed: str) -> bool:
        return not signs_in_at_provider(person) and by_password(person, typed)

    proof.WAYS["password"] = by_password_of_here
    if apps.is_installed("allauth.mfa"):
        proof.WAYS |= {"code": by_code, "passkey": by_passkey}


def by_code(person: User, typed: str) -> bool:
    """A code of their app or a recovery code. What cannot be one is not counted as a try."""
    from fallback_console.sign_in_extra.codes import used_factor

    code = "".join(typed.split())
    if not code.isdigit() or len(code) > 8:
        return False
    try:
        used_factor(context.request, person, code, again=True)
    except ValidationError:
        return False
    return True


def by_passkey(person: User, typed: str) -> bool:
    """What the browser made of a passkey, for the challenge of the page that asked."""
    from allauth.mfa.webauthn.internal import auth

    if not typed.startswith("{"):
        return False
    try:
        credential = json.loads(typed)
        auth.parse_authentication_response(credential)
        auth.complete_authentication(person, credential).record_usage()
    except (ValueError, ValidationError):
        return False
    return True


def note_proof_at_provider(request: HttpRequest) -> None:
    person = cast(User, request.user)
    with transaction.atomic():
        proof.note_proof(request.session, timezone.now())
        record(verbs.PROVED_AGAIN, by=person, about=person, facts={"by": PROVIDER_WAY})


def note_sign_in(request: HttpRequest, authenticated_at: float) -> None:
    """Remembers for this request when somebody who comes back proved who they are."""
    request.signed_in_at_provider = authenticated_at  # type: ignore[attr-defined]


def count_sign_in_at_provider(request: HttpRequest) -> None:
    """Signing in counts as a proof, but only from when the provider asked for one.

    It may have let the person through by a session of this morning.
    """
    authenticated_at = getattr(request, "signed_in_at_provider", None)
    if authenticated_at is not None:
        moment = min(datetime.fromtimestamp(authenticated_at, UTC), timezone.now())
        proof.note_proof(request.session, moment)
