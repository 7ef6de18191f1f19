"""Who is signed in, read with their profile in one query."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class BackendWithProfile(ModelBackend):
    """Django's, but each request reads the profile too: the middleware needs its time zone.

    Django's own stands behind it in AUTHENTICATION_BACKENDS, for sessions that began with it.
    """

    def authenticate(self, request: HttpRequest | None, *args: Any, **values: Any) -> User:
        """Raises `PermissionDenied` where Django's returns None: else that one would ask again.

        Also for somebody who may not open the console. Their right password would otherwise not be
        counted as a failure, and so would be told from a wrong one.
        """
        person = super().authenticate(request, *args, **values)
        if not isinstance(person, User) or not person.is_staff:
            raise PermissionDenied
        return person

    def get_user(self, user_id: Any) -> User | None:
        person = User.objects.select_related("profile").filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None
