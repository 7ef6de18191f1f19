"""What all staff pages share: the check of permissions, the query timeout and rendering."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from invocations.forms.kept_form import keep
from invocations.models.viewer import Viewer, viewer_of

logger = logging.getLogger(__name__)

QUERY_TIMEOUT = timedelta(seconds=5)
View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """The request of a view behind `staff_page`: its user is signed in."""

    user: User
    viewer: Viewer


def staff_page(permission: str) -> Callable[[View], View]:
    """Redirects to sign-in, or 403 without `permission`.

    An empty one admits all who are signed in.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not admin.site.has_permission(request):
                return _ask_to_sign_in(request)
            # With its viewer the request is a `StaffRequest`.
            if not viewer_of(request).may(permission) and permission:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """After sign-in a GET leads back to its URL, a send form to the form as it was filled in, the
    form of a batch to its page, and anything else to the dashboard.

    A part of a page (htmx) is told with an event (static/console.js), not with the sign-in page,
    which would stand in its place.
    """
    if "HX-Request" in request.headers:
        return HttpResponse(status=204, headers={"HX-Trigger": "console:signed-out"})
    if request.method == "GET":
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    form_url = keep(request) if request.method == "POST" else ""
    if form_url:
        words = _(
            "You have been signed out, and nothing was sent. Sign in to come back to the form."
        )
        messages.warning(request, words)
    elif form_url := _page_of_batch(request):
        words = _("You have been signed out, and nothing was saved or sent. Sign in to go on.")
        messages.warning(request, words)
    return redirect_to_login(form_url or "/", reverse("admin:login"))


def _page_of_batch(request: HttpRequest) -> str:
    """The page that stands where the batch is; empty if a form of something else was posted."""
    match = request.resolver_match
    if match and match.url_name == "new_batch":
        return request.get_full_path()
    is_of_batch = match and str(match.url_name).startswith("batch") and "uid" in match.kwargs
    return reverse("batch", args=[match.kwargs["uid"]]) if match and is_of_batch else ""


def with_query_timeout(view: View) -> View:
    """On PostgreSQL, cancels any query of the view that runs longer than `QUERY_TIMEOUT`.

    The database cancels it (`statement_timeout`). The page then explains how to ask for less, with
    status 503. For pages that search many rows.
    """

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if connection.vendor != "postgresql":
            return view(request, *args, **kwargs)
        _set_statement_timeout(QUERY_TIMEOUT)
        try:
            return view(request, *args, **kwargs)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            logger.warning("a query of %s was cut off", view.__name__)
            return render_page(request, "too_slow.html", {}, status=503)
        finally:
            _set_statement_timeout(None)

    return limited


def _set_statement_timeout(timeout: timedelta | None) -> None:
    """None: no limit, because recording a message must never be cancelled."""
    milliseconds = int(timeout.total_seconds() * 1000) if timeout else 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [str(milliseconds)])


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The template with the context of the admin shell, and the `Viewer` as `viewer`."""
    return render(request, template, admin.site.each_context(request) | context, status=status)
