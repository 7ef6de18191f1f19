"""Conditions that find the invocations to a phone number, by its digests."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from invocations.models.encryption import digests

RECIPIENT_DIGEST = "recipient"
"""The purpose of the digests of phone numbers (`encryption.digests`)."""


def sent_to_by_channel(digits: str) -> tuple[Q, Q]:
    """Two conditions, each for one index: to this number on the first channel or both; or on the
    second one alone.
    """
    return sent_to_digests(digests(digits, RECIPIENT_DIGEST))


def sent_to_digests(known: Collection[str]) -> tuple[Q, Q]:
    """As `sent_to_by_channel`, by the digests of one or several numbers."""
    # SQLite uses a partial index only if the query repeats its condition
    # (https://www.sqlite.org/partialindex.html).
    return Q(recipient_digest__in=known), Q(recipient2_digest__in=known) & ~Q(recipient2_digest="")


def sent_to(digits: str) -> Q:
    """The invocations to this number, on either channel."""
    first, second = sent_to_by_channel(digits)
    return first | second
