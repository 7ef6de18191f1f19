"""The home country of an account: where its numbers are from, unless their country code says more.

A region is a code of ISO 3166-1 alpha-2, such as IN.
"""

from __future__ import annotations

import phonenumbers

from invocations.kaleyra.recipients import country

NONE = "ZZ"
"""Stored for an account without a home country. ISO 3166 keeps ZZ free for users."""

_OF_POD = {"IN": "IN", "SG": "SG", "NA": "US"}
"""By the code of the pod. The pod EU serves many countries."""


def guessed_from_pod(pod_code: str) -> str:
    """The region that accounts in a pod of Kaleyra mostly send to, or ""."""
    return _OF_POD.get(pod_code, "")


def is_region(code: str) -> bool:
    """Whether it is a region with phone numbers that libphonenumber knows."""
    return code in phonenumbers.SUPPORTED_REGIONS


def regions_by_name(language: str = "en") -> list[tuple[str, str]]:
    """Every region with phone numbers and its name, sorted by name."""
    named = ((code, country(code, language)) for code in phonenumbers.SUPPORTED_REGIONS)
    return sorted(named, key=lambda pair: pair[1].casefold())
