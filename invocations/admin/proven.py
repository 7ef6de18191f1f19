"""Admin pages that ask for the password again before they change anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from invocations.access.step_up import step_up


class Proven(admin.ModelAdmin):  # type: ignore[type-arg]
    """Guards the forms that add, change and delete, from the moment they are opened.

    Whoever may only read reads without, and whoever has no right is refused as ever.
    """

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        may = self.has_add_permission if object_id is None else self.has_change_permission
        page = super().changeform_view
        return proven(may(request), request, lambda: page(request, object_id, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page = super().delete_view
        may = self.has_delete_permission(request)
        return proven(may, request, lambda: page(request, *args, **kwargs))


def proven(
    may_write: bool, request: HttpRequest, go_on: Callable[[], HttpResponse]
) -> HttpResponse:
    return step_up(request, go_on) if may_write else go_on()  # type: ignore[return-value]
