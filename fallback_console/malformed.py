"""Refuses requests that cannot be read as text, with 400, before any view meets them."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.defaults import bad_request

_READABLE = {"utf-8", "ascii"}
"""Browsers send forms in the page's encoding, which is always UTF-8."""


class RefuseMalformedRequests:
    """Middleware. It stands before the first one that reads a form: CsrfViewMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A cookie may hold any character in octal escapes. A database may refuse NUL.
        for name in [name for name, value in request.COOKIES.items() if not value.isprintable()]:
            del request.COOKIES[name]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Raises `BadRequest` for another encoding than UTF-8, and for NUL in the path.

        Not for addresses without a CSRF check: they read bytes.
        """
        if getattr(view, "csrf_exempt", False):
            return
        charset = str((request.content_params or {}).get("charset", "utf-8"))
        if not _is_readable(charset):
            request.encoding = "utf-8"
            raise BadRequest("The request is not in UTF-8.")
        if "\0" in request.path:
            raise BadRequest("The path holds a NUL character.")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A body that breaks off is the sender's fault."""
        return bad_request(request, error) if isinstance(error, UnreadablePostError) else None


def _is_readable(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in _READABLE
    except (LookupError, ValueError):  # ValueError: NUL in the name
        return False
