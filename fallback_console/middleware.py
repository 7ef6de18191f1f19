"""Middleware for every response of the console."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from invocations.access.request_address import address_of
from invocations.access.sessions import hashed
from invocations.audit.origin import Origin, coming_from
from invocations.monitoring.badges import forget_counts
from invocations.views.results.callbacks import callback

GetResponse = Callable[[HttpRequest], HttpResponse]
_RESULT_PATH = re.compile(r"/+callbacks(?:/([\s\S]*))?")
"""As in `urls.py`: however somebody has written the address."""


def answer_results_first(get_response: GetResponse) -> GetResponse:
    """Hands posted results to their view at once: the first middleware.

    Hundreds may come in a second, and what the others do for a page costs more than storing one.
    Other methods than POST go the way of all requests.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and (match := _RESULT_PATH.fullmatch(request.path_info)):
            return callback(request, match[1])
        return get_response(request)

    return middleware


def show_times_in_the_users_zone(get_response: GetResponse) -> GetResponse:
    """Shows times in the zone that the person has chosen, else in the browser's, else in
    the setting `TIME_ZONE`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        of_browser = request.COOKIES.get("timezone", "")  # static/console.js sets it
        with timezone.override(_zone(_chosen_zone(request)) or _zone(of_browser)):
            return get_response(request)

    return middleware


def _chosen_zone(request: HttpRequest) -> str:
    """Of the profile, which comes with the person (`sign_in.BackendWithProfile`).

    Without a session nobody is signed in, and the database is not asked.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    return str(getattr(getattr(request.user, "profile", None), "time_zone", ""))


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    """None if the name is empty or names no zone."""
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # OSError: ZoneInfo opens a file by this name
        return None


def count_anew_after_a_deed(get_response: GetResponse) -> GetResponse:
    """After a form was posted, the menu's numbers of whoever posted it are counted anew.

    What a page posts by itself while somebody types (htmx) changes no number.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_deed = request.method == "POST" and "HX-Request" not in request.headers
        if is_deed and settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.pk:
            forget_counts(request.user.pk)
        return response

    return middleware


def tell_the_trail_where_from(get_response: GetResponse) -> GetResponse:
    """Rows of the trail written while a request is answered name its address and session."""

    def middleware(request: HttpRequest) -> HttpResponse:
        key = request.session.session_key or ""
        digest = hashed(key)[:16] if key else ""
        with coming_from(Origin(ip=address_of(request) or "", session=digest)):
            return get_response(request)

    return middleware


def keep_pages_out_of_caches(get_response: GetResponse) -> GetResponse:
    """Adds `Cache-Control: no-store` (OWASP ASVS 5.0, 14.3.2), as pages show customers' numbers.

    Also denies camera, geolocation and microphone, and loading from other origins.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware
