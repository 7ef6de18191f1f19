"""Leads whoever needs a second factor to where it is set up, and widens the policy where a page has
the button of single sign-on.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.urls.exceptions import Resolver404
from django.utils.translation import gettext as _

from fallback_console.sign_in_extra.policy import lacks_factor

GetResponse = Callable[[HttpRequest], HttpResponse]

OPEN = {
    "healthz",
    "readyz",
    "metrics",
    "callback",
    "callback_as_written",
    "logout",
    "login",
    "prove",
}
"""Names of addresses that do not wait for it, beside those of the second factor itself."""


def ask_for_a_second_factor(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        if _is_open(request) or not request.user.is_authenticated or not lacks_factor(request):
            return get_response(request)
        if "HX-Request" in request.headers:
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("mfa_index")})
        messages.warning(request, _("Set up a second factor first. Then you can go on."))
        return redirect("mfa_index")

    return middleware


def _is_open(request: HttpRequest) -> bool:
    try:
        name = resolve(request.path_info).url_name or ""
    except Resolver404:
        return True
    return name in OPEN or name.startswith(("mfa_", "step_up_"))


def let_button_lead_to_provider(get_response: GetResponse) -> GetResponse:
    """A page that shows the button lets its forms lead to the provider; no other page does.

    The provider is where our own address redirects to, and Chromium holds that to `form-action`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(request, "shows_provider_button", False):
            from fallback_console.sign_in_extra.discovery import form_origins

            update = {**getattr(response, "_csp_update", {}), "form-action": form_origins(request)}
            response._csp_update = update  # type: ignore[attr-defined]
        return response

    return middleware
