"""The console's only site: Django's admin in Unfold's shell, mounted at `/`.

Staff pages and admin pages share its layout and menu.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from unfold.sites import UnfoldAdminSite

from invocations.access.proof import Outcome, prove
from invocations.access.step_up import sign_in_after_too_many
from invocations.admin import navigation
from invocations.models.viewer import viewer_of
from invocations.monitoring import pauses

STYLESHEETS = (
    "tokens",
    "shell",
    "page",
    "controls",
    "notices",
    "mode",
    "cards",
    "tables",
    "forms",
    "send",
    "preview",
    "invocation",
    "history",
    "rows",
    "results",
    "dashboard",
    "review",
    "compose",
    "lists",
    "setup",
    "home",
    "batches",
    "preferences",
)
"""Files of static/console/ in the order of the cascade. Error pages are outside Unfold's shell:
templates/error.html links those that it needs.
"""


class ConsoleSite(UnfoldAdminSite):
    """Unfold's site with the console's stylesheets, and without Unfold's inline style of colours:
    the policy (CSP) forbids it, so static/console/tokens.css holds the colours.
    """

    enable_nav_sidebar = True

    def get_urls(self) -> list[Any]:
        """Without Unfold's search: it puts what is typed, also numbers, into a URL."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "search"]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: Any = None
    ) -> HttpResponse:
        """Redirects home: the menu leads to each list, and nobody here knows Django's apps."""
        return redirect("dashboard")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The old password is a proof, and wrong ones are counted like any other proof."""
        typed = request.POST.get("old_password", "")
        if typed and prove(request, typed) is Outcome.ENDED:
            return sign_in_after_too_many(request)
        page: HttpResponse = super().password_change(request, extra_context)
        return page

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Empty: no page shows it, and Django would make it for each."""
        return []

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        kill_switch = pauses.active_kill_switch() if request.user.is_authenticated else None
        return {
            **super().each_context(request),
            "styles": [static(f"console/{name}.css") for name in STYLESHEETS],
            "colors": None,
            "brake": kill_switch,
            "resets_passwords": settings.PASSWORD_RESET_BY_EMAIL,
            "viewer": viewer_of(request),
            "pages_to_find": lambda: navigation.pages_to_find(request),
        }


def shell_script(request: HttpRequest) -> str:
    return static("shell/shell.js")


def keyboard_script(request: HttpRequest) -> str:
    return static("shell/keyboard.js")


def console_script(request: HttpRequest) -> str:
    return static("console.js")


def favicon(request: HttpRequest) -> str:
    return static("favicon.svg")
