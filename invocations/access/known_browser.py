"""A browser in which somebody has signed in before, by a signed cookie that lasts.

Wrong passwords of a known browser are counted for it alone. So nobody else at the same address (an
office, a VPN) can lock its person out. The cookie opens nothing: it only says whose failures count.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

MAX_AGE = timedelta(days=180)
MAX_NAMES = 10
"""People whom one browser is known for, the newest."""
_SALT = "invocations.known-browser"


def name_digest(name: str) -> str:
    """Stands for a username wherever failures are counted: a password may have been typed there."""
    return salted_hmac("invocations.username", name).hexdigest()[:40]


def cookie_name() -> str:
    return "__Host-known-browser" if settings.HTTPS_ONLY else "known-browser"


def known_as(request: HttpRequest, digest: str) -> str:
    """The browser's own id, if the person with this `name_digest` has signed in with it."""
    browser, names = _cookie_of(request)
    return browser if digest in names else ""


def _cookie_of(request: HttpRequest) -> tuple[str, list[str]]:
    sealed = request.COOKIES.get(cookie_name(), "")
    try:
        value: dict[str, Any] = signing.loads(sealed, salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return "", []
    return value["browser"], value["names"]


def remember_browser(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Middleware that gives the cookie to a browser in which somebody has just signed in.

    `note_sign_in` says who.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        digest = getattr(request, "signed_in_as", "")
        if digest:
            browser, names = _cookie_of(request)
            kept = [digest, *(name for name in names if name != digest)][:MAX_NAMES]
            value = {"browser": browser or secrets.token_hex(16), "names": kept}
            response.set_cookie(
                cookie_name(),
                signing.dumps(value, salt=_SALT),
                max_age=MAX_AGE,
                secure=settings.HTTPS_ONLY,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware


def note_sign_in(request: HttpRequest, username: str) -> None:
    request.signed_in_as = name_digest(username)  # type: ignore[attr-defined]
