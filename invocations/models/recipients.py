"""Conditions that find the invocations to a phone number, by its digests."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q

from invocations.kaleyra.spellings import canonical, spellings
from invocations.models.encryption import digest_of, digests

RECIPIENT_DIGEST = "recipient"
"""The purpose of the digests of phone numbers (`encryption.digests`)."""


def digits_in(formatted: str) -> str:
    """The digits of a number in its international form.

    >>> digits_in("+91 98765 43281")
    '919876543281'
    """
    return "".join(sign for sign in formatted if sign.isdecimal())


def stored_digest(digits: str) -> str:
    """The digest that a new row stores: the same one for all spellings of a phone."""
    return digest_of(canonical(digits), RECIPIENT_DIGEST)


def phone_digests(digits: str) -> set[str]:
    """The digests that rows to this phone may have.

    One for each spelling, because older rows store that of the digits as they were sent, and for
    each key that digests were made with.
    """
    return {digest for each in spellings(digits) for digest in digests(each, RECIPIENT_DIGEST)}


def sent_to_by_channel(digits: str) -> tuple[Q, Q]:
    """Two conditions, each for one index: to this phone, in any spelling, on the first channel or
    both; or on the second one alone.
    """
    return sent_to_digests(phone_digests(digits))


def sent_to_digests(known: Collection[str]) -> tuple[Q, Q]:
    """As `sent_to_by_channel`, by the digests of one or several numbers."""
    # SQLite uses a partial index only if the query repeats its condition
    # (https://www.sqlite.org/partialindex.html).
    return Q(recipient_digest__in=known), Q(recipient2_digest__in=known) & ~Q(recipient2_digest="")


def sent_to(digits: str) -> Q:
    """The invocations to this phone, in any spelling, on either channel."""
    first, second = sent_to_by_channel(digits)
    return first | second
