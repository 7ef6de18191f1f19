"""Single sign-on: what happens when somebody comes back from the provider."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from fallback_console.sign_in_extra.adapters import refuse
from fallback_console.sign_in_extra.claims import (
    CLOCKS_DIFFER,
    WrongClaims,
    authenticated_at,
    claims_of,
    groups_in,
)
from fallback_console.sign_in_extra.people import NotLetIn, make_person, set_rights
from fallback_console.sign_in_extra.proofs import note_proof_at_provider, note_sign_in
from fallback_console.sign_in_extra.records import refused_at_provider

ASKED_AT = "step_up_asked_at"
"""In the state of a step-up: when it began."""

KEPT_CLAIMS = ("sub", "preferred_username", "auth_time")
"""Of what the provider tells, this is stored."""


class ProviderAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> Any:
        session = super().get_requests_session()
        if settings.CA_BUNDLE:
            session.verify = settings.CA_BUNDLE
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Never by allauth: `pre_social_login` makes the person."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Lets a person of a known group in, with their groups of today; refuses everybody else."""
        try:
            claims = claims_of(sociallogin.account.extra_data)
        except WrongClaims:
            raise self._refusal(request, _("Single sign-on did not work."), "") from None
        process = sociallogin.state.get("process")
        if process == AuthProcess.REDIRECT and ASKED_AT in sociallogin.state:
            self._check_step_up(request, sociallogin, claims)
        elif process == AuthProcess.LOGIN:
            self._let_in(request, sociallogin, claims)
        else:
            # Joining a provider's account to one of here by oneself.
            raise self._refusal(request, _("Single sign-on did not work."), "")

    def _let_in(
        self, request: HttpRequest, sociallogin: SocialLogin, claims: dict[str, Any]
    ) -> None:
        name = str(claims.get("preferred_username") or claims["sub"])
        person = sociallogin.user if sociallogin.is_existing else None
        if person and not person.is_active:
            words = _("You cannot sign in any more. Ask an admin.")
            raise self._refusal(request, words, name)
        groups = groups_in(claims)
        if not groups:
            if person:
                set_rights(person, [])
            words = _("You belong to no group that may use the console. Ask whoever runs it.")
            raise self._refusal(request, words, name)
        try:
            with transaction.atomic():
                self._join(sociallogin, claims)
                set_rights(sociallogin.user, groups)
        except NotLetIn:
            raise self._refusal(request, _("Single sign-on did not work."), name) from None
        note_sign_in(request, authenticated_at(claims))

    def _join(self, sociallogin: SocialLogin, claims: dict[str, Any]) -> None:
        account: SocialAccount = sociallogin.account
        account.extra_data = {key: claims[key] for key in KEPT_CLAIMS if key in claims}
        if not sociallogin.is_existing:
            sociallogin.user = account.user = make_person(claims)
        account.save()

    def _check_step_up(
        self, request: HttpRequest, sociallogin: SocialLogin, claims: dict[str, Any]
    ) -> None:
        """The same person has signed in anew at the provider, after we asked for it.

        A provider that answers from a session of before says so in `auth_time`, or says nothing.
        """
        asked_at = float(sociallogin.state[ASKED_AT])
        is_anew = authenticated_at(claims) >= asked_at - CLOCKS_DIFFER
        if request.user.pk and sociallogin.user == request.user and is_anew:
            note_proof_at_provider(request)
            return
        refused_at_provider("", by=request.user)
        words = _("The provider did not say that you signed in anew just now. Nothing was done.")
        messages.error(request, words)
        raise ImmediateHttpResponse(redirect("dashboard"))

    def _refusal(self, request: HttpRequest, words: str, name: str) -> ImmediateHttpResponse:
        refused_at_provider(name)
        return ImmediateHttpResponse(refuse(request, words))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """To the page from which somebody set out: a page of allauth's would lead nowhere."""
        words = _("Single sign-on did not work. Try again, or ask whoever runs the console.")
        if request.user.is_authenticated:
            messages.error(request, words)
            raise ImmediateHttpResponse(redirect("dashboard"))
        raise self._refusal(request, words, "")
