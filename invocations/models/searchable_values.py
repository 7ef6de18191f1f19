"""The values by which a message is found, as keyed digests. The texts of them stay encrypted."""

from __future__ import annotations

import unicodedata

from django.db import models

from invocations.kaleyra.characters import is_blank, without_invisible
from invocations.models.encryption import digests
from invocations.models.invocations import Invocation

VALUE_DIGEST = "value"
"""The purpose of the digests of searchable values (`encryption.digests`)."""


def normalised(value: str) -> str:
    """What is compared of a value: without capitals, unseen characters, and blanks around it.

    >>> normalised(" KF-20418  \u200bA ")
    'kf-20418 a'
    """
    seen = unicodedata.normalize("NFC", without_invisible(value))
    return " ".join("".join(" " if is_blank(char) else char for char in seen).split()).casefold()


def value_digests(value: str) -> list[str]:
    """The digests that rows with this value may have, the one to store first.

    Empty if nothing of the value can be seen.
    """
    text = normalised(value)
    return digests(text, VALUE_DIGEST) if text else []


class SearchableValue(models.Model):
    """One value of a message that an admin has marked searchable (`Parameter.is_searchable`).

    Only the whole value is found. `sending.record` writes the rows in its transaction, so messages
    that were recorded before the mark have none.
    """

    # The unique constraint begins with it.
    invocation = models.ForeignKey(
        Invocation, models.CASCADE, related_name="searchable_values", db_index=False
    )
    label = models.CharField(max_length=100)
    """What the value was called when the message was recorded."""
    digest = models.CharField(max_length=64)
    """Keyed HMAC-SHA256 in hex."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["invocation", "label", "digest"], name="searchable_value_once_per_message"
            )
        ]
        indexes = [models.Index(fields=["digest", "invocation"], name="searchable_value_by_digest")]

    def __str__(self) -> str:
        return f"{self.invocation_id}: {self.label}"
