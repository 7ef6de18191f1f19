"""The form that adds a person."""

from __future__ import annotations

from unfold.forms import UserCreationForm


class NewPersonForm(UserCreationForm):
    """Without the choice of an account without password: everybody signs in with one."""

    usable_password = None
