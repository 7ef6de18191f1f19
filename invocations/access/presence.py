"""Notes that the person of a session is there: middleware."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from invocations.access.session_store import SessionStore
from invocations.models.browser_sessions import BrowserSession

NOTED_EVERY = timedelta(minutes=1)
REFRESHING = {"state", "rows", "drawer"}
"""The ids of the elements that refresh by themselves (`hx-trigger="every …"`). htmx names the
element in a header of the request."""


def is_refresh(request: HttpRequest) -> bool:
    """Whether a page asks by itself, and nobody need be in front of it."""
    return request.headers.get("HX-Trigger", "") in REFRESHING


def note_presence(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Moves the idle limit, at most once a minute. `access.session_store` holds sessions to it.

    A request that did not look at its session, such as one for a file, costs nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        session = request.session
        if not isinstance(session, SessionStore) or is_refresh(request):
            return response
        row = session.row
        if row and row.last_seen:
            now = timezone.now()
            if now - row.last_seen >= NOTED_EVERY:
                # Not the row's own key: it may have got another one on the way.
                key = session.row_key
                BrowserSession.objects.filter(pk=key, person=row.person_id).update(last_seen=now)
        return response

    return middleware
