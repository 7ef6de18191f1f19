"""Who is signed in, read with their profile in one query."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class BackendWithProfile(ModelBackend):
    """Django's, but each request reads the profile too: the middleware needs its time zone."""

    def get_user(self, user_id: Any) -> User | None:
        person = User.objects.select_related("profile").filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None
