"""What allauth asks us about people: nobody signs up, and who may sign in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fallback_console.sign_in_extra.passwords import signs_in_at_provider
from fallback_console.sign_in_extra.proofs import count_sign_in_at_provider
from invocations.audit.origin import current_origin

BACKEND = "fallback_console.sign_in.BackendWithProfile"

WORDS = {
    "mfa/messages/totp_activated.txt": gettext_lazy("Your app is set up."),
    "mfa/messages/totp_deactivated.txt": gettext_lazy("Your app is removed."),
    "mfa/messages/webauthn_added.txt": gettext_lazy("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": gettext_lazy("The passkey is removed."),
}
"""What we say in place of allauth. Its other messages are left out: the page says enough."""


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **rest: Any) -> bool:
        """Never by allauth: `urls` puts the console's own step-up before each of its views."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the trail knows it: behind a proxy the browser's, not the proxy's."""
        return current_origin().ip or str(request.META.get("REMOTE_ADDR", ""))

    def pre_login(self, request: HttpRequest, user: User, **rest: Any) -> HttpResponse | None:
        """As the form of the sign-in page: who is deactivated or no staff is not signed in."""
        if user.is_active and user.is_staff:
            return _refuse_another_way_in(request, user)
        return refuse(request, _("You cannot sign in any more. Ask an admin."))

    def login(self, request: HttpRequest, user: User) -> None:
        login(request, user, backend=BACKEND)

    def post_login(self, request: HttpRequest, user: User, **rest: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **rest)
        count_sign_in_at_provider(request)
        return response

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if text := message or WORDS.get(message_template or ""):
            messages.add_message(request, level, text, extra_tags=extra_tags)


def _refuse_another_way_in(request: HttpRequest, user: User) -> HttpResponse | None:
    """Who signs in at the provider does so there alone: it says whether they still belong here.

    A passkey of theirs is a second factor and a proof.
    """
    records = get_authentication_records(request, user)
    is_from_provider = any(record["method"] == "socialaccount" for record in records)
    if is_from_provider or not signs_in_at_provider(user):
        return None
    return refuse(request, _("You sign in with single sign-on."))


def refuse(request: HttpRequest, words: str) -> HttpResponse:
    """To the sign-in page, which says why. Nothing of the attempt stays in the session."""
    from allauth.account.internal.stagekit import clear_login

    clear_login(request)
    messages.error(request, words)
    return redirect("admin:login")
