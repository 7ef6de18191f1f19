"""The form that brings in a new person."""

from __future__ import annotations

from unfold.forms import UserCreationForm


class NewPersonForm(UserCreationForm):
    """Everybody signs in with a password here, so there is no choice of doing without."""

    usable_password = None
