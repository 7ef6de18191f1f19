"""Whether a code of a person's app, or one of their recovery codes, is right. Each works once."""

from __future__ import annotations

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import ratelimit
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings, signals
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

CODES = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


def used_factor(
    request: HttpRequest, person: User, code: str, *, again: bool = False
) -> Authenticator:
    """What gave the `code`. Raises `ValidationError` for a wrong one and after too many.

    `again`: it is asked for by step-up.
    """
    here, anywhere = _count_attempt(request, person)
    found = list(Authenticator.objects.filter(user=person, type__in=CODES).order_by("-type"))
    for factor in found:
        factor.user = person
        if _is_right(factor, code):
            ratelimit.clear(request, action="code_here", key=here)
            ratelimit.clear(request, action="code_anywhere", key=anywhere)
            return factor
    signals.authentication_failed.send(
        sender=Authenticator,
        request=request,
        user=person,
        authenticator=found[0] if found else None,
        reauthentication=again,
    )
    raise ValidationError(_("This code is wrong, or was used before. Wait for the next one."))


def _count_attempt(request: HttpRequest, person: User) -> tuple[str, str]:
    """The keys of both limits. Raises `ValidationError` where one is used up.

    Five in a quarter of an hour from one address, so that a stranger who knows the password does
    not keep its owner out; sixty in an hour from everywhere, so that nobody tries them all.
    """
    here = f"{person.pk}:{get_account_adapter().get_client_ip(request)}"
    anywhere = str(person.pk)
    is_free = ratelimit.consume(request, action="code_here", key=here) and ratelimit.consume(
        request, action="code_anywhere", key=anywhere
    )
    if not is_free:
        raise ValidationError(_("Too many wrong codes. Try again in 15 minutes."))
    return here, anywhere


def _is_right(factor: Authenticator, code: str) -> bool:
    if factor.type != Authenticator.Type.TOTP:
        return bool(factor.wrap().validate_code(code))
    secret = decrypt(factor.data["secret"])
    return totp.validate_totp_code(secret, code) and mark_used(factor.user_id, code)


def mark_used(person_id: int, code: str) -> bool:
    """False if it was used before.

    allauth remembers it for one period only, and a code is good for one more on both sides.
    """
    key = f"sign-in.code-used:{person_id}:{normalize_user_code(code)}"
    periods = 2 * app_settings.TOTP_TOLERANCE + 1
    return bool(cache.add(key, "y", timeout=periods * app_settings.TOTP_PERIOD))
