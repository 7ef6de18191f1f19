"""The one site of the console: Django's admin in Unfold's shell, mounted at `/`. Staff pages and admin pages are one product."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from unfold.sites import UnfoldAdminSite

from invocations.monitoring import pauses


class ConsoleSite(UnfoldAdminSite):
    """Unfold's site without the inline style it writes its colours in: the policy forbids it, console.css has them."""

    enable_nav_sidebar = True
    index_template = "dashboard.html"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        brake = pauses.active_kill_switch() if request.user.is_authenticated else None
        return {**super().each_context(request), "colors": None, "brake": brake}


def stylesheet(request: HttpRequest) -> str:
    return static("console.css")


def shell_script(request: HttpRequest) -> str:
    return static("shell/shell.js")


def keyboard_script(request: HttpRequest) -> str:
    return static("shell/keyboard.js")


def console_script(request: HttpRequest) -> str:
    return static("console.js")


def favicon(request: HttpRequest) -> str:
    return static("favicon.svg")
