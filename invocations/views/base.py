"""What every staff page has in common: who may open it, and the shell around it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from psycopg.errors import QueryCanceled

from invocations.models.permissions import Viewer

logger = logging.getLogger(__name__)

QUERY_TIMEOUT = timedelta(seconds=5)
View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in, with what they may see and do."""

    user: User
    viewer: Viewer


def staff_page(permission: str) -> Callable[[View], View]:
    """Redirects to sign-in, or 403 without `permission` ("": everybody who is signed in)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not admin.site.has_permission(request):
                return redirect_to_login(
                    request.get_full_path() if request.method == "GET" else "/",
                    reverse("admin:login"),
                )
            viewer = Viewer.of(request.user)
            if permission and not viewer.may(permission):
                raise PermissionDenied
            request.viewer = viewer  # type: ignore[attr-defined]  # now it is a `StaffRequest`
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def with_query_timeout(view: View) -> View:
    """For pages that look through many rows: on PostgreSQL no query of theirs runs longer than
    `LONGEST_QUERY`.

    One that would is cut off by the database (its `statement_timeout`), and the person is told how
    to ask for less.
    """

    @wraps(view)
    def within_bounds(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if connection.vendor != "postgresql":
            return view(request, *args, **kwargs)
        _allow(QUERY_TIMEOUT)
        try:
            return view(request, *args, **kwargs)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            logger.warning("a query of %s was cut off", view.__name__)
            return render_page(request, "too_slow.html", {}, status=503)
        finally:
            _allow(None)

    return within_bounds


def _allow(longest: timedelta | None) -> None:
    """None: as long as it takes, for what is sent must be written down."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, false)",
            [str(int(longest.total_seconds() * 1000)) if longest else "0"],
        )


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page inside the shell. Templates read the viewer as `viewer`."""
    shell = admin.site.each_context(request) | {"viewer": getattr(request, "viewer", None)}
    return render(request, template, shell | context, status=status)
