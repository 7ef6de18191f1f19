"""The hosts that an API key may be sent to. Every place that decides it asks `may_have_keys`."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from invocations.kaleyra.address import is_loopback


class DocumentedHost(StrEnum):
    """Kaleyra's hosts. Source: seed, "Base URL"."""

    INDIA = "api.in.kaleyra.io"
    SINGAPORE = "api.kaleyra.io"
    EUROPE = "api.eu.kaleyra.io"
    NORTH_AMERICA = "api.na.kaleyra.ai"


def may_have_keys(api_domain: str, *, extra: Collection[str], practice: bool) -> bool:
    """Whether API keys may be sent to `api_domain`, which may have a port.

    `extra`: the hosts that the environment names beside Kaleyra's (EXTRA_API_DOMAINS).
    `practice`: whether a practice pod on this machine may have them (SANDBOX).
    """
    if is_loopback(api_domain):
        return practice
    return api_domain in set(DocumentedHost) or api_domain in extra
