"""Describes a number that was accepted once, also if today's rules refuse it."""

from __future__ import annotations

from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient, RecipientError


def stored(digits: str) -> Recipient:
    """The recipient with these digits. Never raises.

    A newer libphonenumber may refuse a number that was sent to. Such a number is shown in plain
    groups, without a country.

    >>> stored("999123456789").formatted
    '+99 912 345 678 9'
    """
    try:
        return recipients.describe(digits)
    except RecipientError:
        rest = digits[2:]
        groups = [rest[start : start + 3] for start in range(0, len(rest), 3)]
        formatted = " ".join([f"+{digits[:2]}", *groups])
        return Recipient(digits=digits, formatted=formatted, region="", is_assigned=False)
