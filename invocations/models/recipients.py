"""Invocations by phone number: digests and the queries over them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import Q

from invocations.models.encryption import digests

if TYPE_CHECKING:
    pass


DIGEST_OF_A_RECIPIENT = "recipient"


def ways_to_recipient(digits: str) -> tuple[Q, Q]:
    """The invocations to this number on the first channel or both, and those on the second: each a question for one index."""
    return ways_to_digests(digests(digits, DIGEST_OF_A_RECIPIENT))


def ways_to_digests(known: Collection[str]) -> tuple[Q, Q]:
    """`ways_to_recipient` for the digests of one or several numbers."""
    # The condition of a partial index is said again: SQLite uses it only then (https://www.sqlite.org/partialindex.html).
    return Q(recipient_digest__in=known), Q(recipient2_digest__in=known) & ~Q(recipient2_digest="")


def with_recipient(digits: str) -> Q:
    """The invocations to this number, on either channel."""
    first, second = ways_to_recipient(digits)
    return first | second
