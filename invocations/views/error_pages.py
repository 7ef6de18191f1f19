"""Answers in place of a page: malformed (400), wrong method (405), forms without a good CSRF token,
errors (500), and a database that does not answer (503).

A browser gets a page in the console's look; a script, and whatever asks for an address that is
for machines, gets a line of plain text.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from invocations.forms.kept_form import keep

FOR_MACHINES = ("/callbacks/", "/healthz", "/readyz", "/metrics", "/policy-report/")
RETRY_AFTER = 30
"""Seconds."""
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler400`."""
    is_too_much = isinstance(exception, TOO_MUCH)
    line = _("The request is too long.") if is_too_much else _("The request could not be read.")
    return _refusal(request, 400, line, {"is_too_much": is_too_much})


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`. While the database is away, it says so, and to try again (503)."""
    if _is_database_away(sys.exc_info()[1]):
        line = _("The database does not answer. Try again in a minute.")
        answer = _refusal(request, 503, line, {})
        answer.headers["Retry-After"] = str(RETRY_AFTER)
        return answer
    return _refusal(request, 500, _("Something went wrong in the console."), {})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's `CSRF_FAILURE_VIEW`. A send form is kept, and the page leads back to it."""
    try:
        back = keep(request) if request.method == "POST" else ""
    except UnreadablePostError:
        back = ""
    line = _("The form was not accepted: its CSRF token is missing or is an old one.")
    return _refusal(request, 403, line, {"back": back}, template="403_csrf.html")


def explain_wrong_methods(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that gives the empty answers 405 a text."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 405 or response.streaming or response.content:
            return response
        allowed = response.headers.get("Allow", "")
        line = _("This address does not take the method %(method)s. It takes: %(allowed)s.")
        words = line % {"method": request.method, "allowed": allowed}
        refusal = _refusal(request, 405, words, {"reads": "GET" in allowed.split(", ")})
        refusal.headers["Allow"] = allowed
        return refusal

    return middleware


def _refusal(
    request: HttpRequest, status: int, line: str, context: dict[str, Any], *, template: str = ""
) -> HttpResponse:
    if not _wants_a_page(request):
        return HttpResponse(f"{line}\n", content_type="text/plain; charset=utf-8", status=status)
    # Without the request: it may have no session, or a host that is not ours.
    return HttpResponse(render_to_string(template or f"{status}.html", context), status=status)


def _is_database_away(error: BaseException | None) -> bool:
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    # SQLite gives a missing table or column the same exception: waiting does not mend that.
    return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR


def _wants_a_page(request: HttpRequest) -> bool:
    if request.path.startswith(FOR_MACHINES) or "HX-Request" in request.headers:
        return False
    accepted = request.headers.get("Accept")
    return accepted is None or "text/html" in accepted
