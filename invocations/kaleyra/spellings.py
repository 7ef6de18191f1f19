"""One phone may be written with different digits: the number of today and an older one.

Sources: WhatsApp's help page 1294841057948784 ("About international phone number format": Mexico
and Argentina), Mexico's plan of August 2019 (no 1 after the 52), Anatel's resolution 553/2010
(Brazil's ninth digit). WhatsApp keeps the older form of an account in its IDs, so a result may
name a phone otherwise than the message did.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class _Plan:
    """The two forms of one country's numbers, each a pattern and what turns the other into it."""

    today: re.Pattern[str]
    as_today: str
    older: re.Pattern[str]
    as_older: str


_MEXICO = _Plan(
    re.compile("52([2-9][0-9]{9})"), r"52\1", re.compile("521([2-9][0-9]{9})"), r"521\1"
)
_PLANS = (
    _MEXICO,
    # Argentina: a mobile has a 9 after the 54 for calls from abroad, and none within the country.
    _Plan(re.compile("549([1-8][0-9]{9})"), r"549\1", re.compile("54([1-8][0-9]{9})"), r"54\1"),
    # Brazil: mobiles got a ninth digit, 9, before their eight, which begin with 6 to 9.
    _Plan(
        re.compile("55([1-9][1-9])9([6-9][0-9]{7})"),
        r"55\g<1>9\2",
        re.compile("55([1-9][1-9])([6-9][0-9]{7})"),
        r"55\1\2",
    ),
)


def canonical(digits: str) -> str:
    """The form of today of the phone that `digits` stand for; `digits` if it has one form only.

    >>> canonical("553187654202")
    '5531987654202'
    """
    for plan in _PLANS:
        if match := plan.older.fullmatch(digits):
            return match.expand(plan.as_today)
    return digits


def spellings(digits: str) -> tuple[str, ...]:
    """All digits that stand for the same phone, the form of today first.

    >>> spellings("5531987654202")
    ('5531987654202', '553187654202')
    """
    today = canonical(digits)
    for plan in _PLANS:
        if match := plan.today.fullmatch(today):
            return today, match.expand(plan.as_older)
    return (today,)


def without_mexican_1(digits: str) -> str:
    """The number without the 1 that WhatsApp still asks for after Mexico's 52.

    No other number has these digits: with the 1 it is too long for the plan of today.
    """
    return canonical(digits) if digits.startswith("521") else digits
