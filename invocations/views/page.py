"""What every staff page has in common: who may open it, and the shell around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def for_people_who_may(permission: str) -> Callable[[View], View]:
    """Asks who is not signed in to do so, and refuses who has not `permission` ("" : everybody signed in)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not admin.site.has_permission(request):
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/", reverse("admin:login"))
            if permission and not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def render_page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page inside the shell."""
    return render(request, template, {**admin.site.each_context(request), **context}, status=status)
