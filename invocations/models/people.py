"""How a person is named on pages, in mails and in exports."""

from __future__ import annotations

from django.contrib.auth.models import User


def full_name(user: User) -> str:
    """The first and last name, or the user name where neither is known."""
    return user.get_full_name() or user.get_username()
