"""The security headers of every response, whichever middleware, view or server wrote it.

`bear_the_same_headers` is the first middleware, so it also sees static files, redirects to https,
refusals of malformed requests, errors, and posted results, which no other middleware sees. A header
that is set already stays: a page may be cached otherwise, or have a stricter policy. What gunicorn
answers by itself gets them in `gunicorn_errors`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from fallback_console.permissions_policy import permissions_policy

CLEARED_AT_SIGN_OUT = '"cache", "storage"'
"""Not "cookies": that would delete those of every other application under the same domain. Sign-out
ends the session itself."""
SHOWS_ITS_CODE = (404, 500)
"""With DEBUG, Django's own pages have these statuses. They need inline styles, as `csp` knows."""


def headers_of_every_response() -> dict[str, str]:
    """What each response bears, over http and https alike."""
    directives: dict[str, Any] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    [reports] = directives["report-to"]
    return {
        # OWASP ASVS 5.0, 14.3.2: pages show customers' numbers. Static files have their own.
        "Cache-Control": "no-store",
        "Content-Security-Policy": build_policy(),
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": str(settings.SECURE_CROSS_ORIGIN_OPENER_POLICY),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": permissions_policy(settings.USED_BROWSER_FEATURES),
        "Referrer-Policy": str(settings.SECURE_REFERRER_POLICY),
        "Reporting-Endpoints": f'{reports}="{reverse("policy_report")}"',
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
    }


def https_headers() -> dict[str, str]:
    """What a response over https bears besides. Browsers ignore it over http (RFC 6797, 8.1)."""
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    words = [
        f"max-age={settings.SECURE_HSTS_SECONDS}",
        *(["includeSubDomains"] if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else []),
        *(["preload"] if settings.SECURE_HSTS_PRELOAD else []),
    ]
    return {"Strict-Transport-Security": "; ".join(words)}


def bear_the_same_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The first middleware: adds what a response lacks of the headers above."""
    always, over_https = headers_of_every_response(), https_headers()

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        has_policy = "Content-Security-Policy" in response.headers
        for name, value in always.items():
            response.headers.setdefault(name, value)
        if settings.DEBUG and response.status_code in SHOWS_ITS_CODE and not has_policy:
            del response.headers["Content-Security-Policy"]
        if request.is_secure():
            for name, value in over_https.items():
                response.headers.setdefault(name, value)
        if getattr(request, "has_signed_out", False):
            response.headers["Clear-Site-Data"] = CLEARED_AT_SIGN_OUT
        return response

    return middleware


@receiver(user_logged_out)
def _note_sign_out(request: Any, user: Any, **_: Any) -> None:
    """Whichever page signed the person out. Without a person nobody was signed in."""
    if request is not None and user is not None:
        request.has_signed_out = True
