"""The page of a person: whether their sign-in is locked, and that their password is guarded."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from invocations.access.lockout import is_locked_out
from invocations.admin.proven import proven


class Unlockable(admin.ModelAdmin):  # type: ignore[type-arg]
    change_form_outer_before_template = "admin/invocations/unlock_person.html"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: User | None = None,
    ) -> HttpResponse:
        """With `is_locked`, which says that there is something to unlock."""
        if obj and change:
            context["is_locked"] = is_locked_out(obj.get_username(), timezone.now())
        return super().render_change_form(request, context, add, change, form_url, obj)

    def user_change_password(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        """Setting somebody's password is as good as being them."""
        page = super().user_change_password  # type: ignore[misc]
        may = self.has_change_permission(request)
        return proven(may, request, lambda: page(request, *args, **given))
