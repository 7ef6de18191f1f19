"""Refuses passwords that are quickly guessed (zxcvbn), beside Django's list and minimum length.

Django's list has few entries of twelve characters or more; zxcvbn knows words, names, dates, rows
of the keyboard and what people do to them.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

SCORE = 3
"""Of 0 to 4: safe against guessing that is not slowed (10^8 to 10^10 guesses)."""
READ = 72
"""zxcvbn takes no more, and what is longer is only stronger."""
PRODUCT = [
    "fallback",
    "console",
    "fallback console",
    "fallback-console",
    "kaleyra",
    "whatsapp",
    "support",
    "admin",
]


class GuessablePassword:
    """A validator of `AUTH_PASSWORD_VALIDATORS`."""

    def validate(self, password: str, user: Any = None) -> None:
        if not password:
            return
        own = [str(getattr(user, name, "")) for name in ("username", "first_name", "last_name")]
        own += str(getattr(user, "email", "")).replace("@", ".").split(".")
        words = [*(word for word in own if word), *PRODUCT]
        if zxcvbn(password[:READ], user_inputs=words)["score"] >= SCORE:
            return
        raise ValidationError(
            _(
                "This password would soon be guessed. Take four or five words that do not belong "
                "together, or let a password manager make one."
            ),
            code="password_guessable",
        )

    def get_help_text(self) -> str:
        return _(
            "Four or five words that do not belong together are good; names, dates and rows of "
            "the keyboard are not."
        )
