"""Invocations by phone number: digests and the queries over them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import Q

from invocations.models.encryption import digests

if TYPE_CHECKING:
    pass


RECIPIENT_DIGEST = "recipient"


def sent_to_by_channel(digits: str) -> tuple[Q, Q]:
    """The invocations to this number on the first channel or both, and those on the second: each a question for one index."""
    return sent_to_digests(digests(digits, RECIPIENT_DIGEST))


def sent_to_digests(known: Collection[str]) -> tuple[Q, Q]:
    """`ways_to_recipient` for the digests of one or several numbers."""
    # The condition of a partial index is said again: SQLite uses it only then (https://www.sqlite.org/partialindex.html).
    return Q(recipient_digest__in=known), Q(recipient2_digest__in=known) & ~Q(recipient2_digest="")


def sent_to(digits: str) -> Q:
    """The invocations to this number, on either channel."""
    first, second = sent_to_by_channel(digits)
    return first | second
