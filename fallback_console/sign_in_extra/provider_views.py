"""The way to the provider, for signing in and for step-up."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fallback_console.sign_in_extra.next_page import next_page
from fallback_console.sign_in_extra.provider import ASKED_AT
from invocations.views.base import staff_page


@require_POST
def to_provider(request: HttpRequest) -> HttpResponseBase:
    """Leads to the provider's sign-in page. By POST alone, with our token: nobody is signed in as
    somebody else by a link.
    """
    return _sent_to_provider(request, AuthProcess.LOGIN, next_page(request))


@staff_page("")
@require_POST
def again_at_provider(request: HttpRequest) -> HttpResponseBase:
    """Step-up for somebody who signs in there: the provider is to ask them anew."""
    state = {ASKED_AT: timezone.now().timestamp()}
    anew = {"prompt": "login", "max_age": "0"}
    wanted = next_page(request) or "/"
    return _sent_to_provider(request, AuthProcess.REDIRECT, wanted, auth_params=anew, **state)


def _sent_to_provider(
    request: HttpRequest, process: Any, wanted: str | None, **more: Any
) -> HttpResponseBase:
    provider = get_adapter(request).get_provider(request, settings.SSO_PROVIDER_ID)
    try:
        response: HttpResponseBase = provider.redirect(request, process, next_url=wanted, **more)
    except (OSError, ValueError, KeyError):  # requests' errors are OSErrors
        messages.error(request, _("The provider of single sign-on does not answer. Try again."))
        return redirect("dashboard" if request.user.is_authenticated else "admin:login")
    return response
