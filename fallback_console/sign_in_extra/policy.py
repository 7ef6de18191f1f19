"""Who has a second factor, and who needs one."""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from invocations.models.permissions import CHANGE_KEY, CHANGE_PEOPLE
from invocations.models.viewer import viewer_of


def has_factor(person: User) -> bool:
    """Whether signing in takes a second step. Recovery codes alone are none."""
    if not apps.is_installed("allauth.mfa"):
        return False
    from allauth.mfa.models import Authenticator

    types = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user=person, type__in=types).exists())


def came_from_provider(request: HttpRequest) -> bool:
    """Whether this session began with single sign-on."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "socialaccount" for record in records)


def lacks_factor(request: HttpRequest) -> bool:
    """Whether somebody signed in must set up a second factor before anything else.

    Not who came by single sign-on: there the provider asks for what the company wants.
    """
    person = request.user
    if settings.SECOND_FACTOR not in {"admins", "all"} or not isinstance(person, User):
        return False
    if settings.SECOND_FACTOR == "admins" and not _is_admin(request):
        return False
    return not came_from_provider(request) and not has_factor(person)


def _is_admin(request: HttpRequest) -> bool:
    """Who may change keys or people, by a group of whatever name."""
    viewer = viewer_of(request)
    return viewer.may(CHANGE_KEY) or viewer.may(CHANGE_PEOPLE)
