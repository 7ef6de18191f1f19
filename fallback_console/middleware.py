"""Middleware for every response of the console."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponse]


def show_times_in_the_users_zone(get_response: GetResponse) -> GetResponse:
    """Shows times in the zone of the cookie `timezone`, which static/console.js sets, or in UTC."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get("timezone", "")
        try:
            zone = zoneinfo.ZoneInfo(name) if name else None
        except (KeyError, ValueError, OSError):  # OSError: ZoneInfo opens a file by this name
            zone = None
        with timezone.override(zone):
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
