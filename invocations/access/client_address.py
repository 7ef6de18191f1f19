"""The address of whoever asks, as far as it can be believed. No Django."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

_WITH_PORT = re.compile(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|([0-9.]+):\d+")


def client_address(meta: Mapping[str, Any], *, proxies: int) -> str | None:
    """A valid IP address of the client, or None.

    `meta`: of the request. `proxies`: how many in front add to X-Forwarded-For; 0: none, and that
    header is ignored. Each proxy adds what it saw at the end, so the client is the entry that many
    from the end. What stands to the left of it was sent by the client, who can write anything.
    """
    forwarded = meta.get("HTTP_X_FORWARDED_FOR") if proxies else None
    if forwarded is None:
        return valid_address(meta.get("REMOTE_ADDR", ""))
    entries = forwarded.split(",")
    return valid_address(entries[-proxies]) if len(entries) >= proxies else None


def valid_address(text: str) -> str | None:
    """`text` as IPv4 or IPv6 address without a port; None if it is none."""
    stripped = text.strip()
    if match := _WITH_PORT.fullmatch(stripped):
        stripped = match[1] or match[2]
    try:
        address = ipaddress.ip_address(stripped)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return None if address.scope_id else str(address)


def network_of(address: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 address.

    Whoever has one address of IPv6 has all of its /64.
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
