"""Who signs in at the provider has no password here, whoever may have set one."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def signs_in_at_provider(person: User) -> bool:
    if not apps.is_installed("allauth.socialaccount"):
        return False
    from allauth.socialaccount.models import SocialAccount

    return bool(SocialAccount.objects.filter(user=person).exists())


class RefusePasswordsOfProvidersPeople:
    """Stands before the backends that check passwords, and signs in nobody itself."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **rest: Any
    ) -> None:
        person = User.objects.filter(username=username).first() if password else None
        if person and signs_in_at_provider(person):
            # Takes as long as checking it, so that the time tells nothing about the name.
            User().set_password(password)
            raise PermissionDenied
