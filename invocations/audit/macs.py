"""The MACs of the trail: of one row, and of its place in the chain (HMAC-SHA256).

Each part is preceded by its length in bytes, so that no text can be moved from one column to the
next without another MAC.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC

from invocations.audit.keys import trail_key
from invocations.models import TrailRow

_NONCE_CHARACTERS = 16
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""Hexadecimal in letters alone: digits in a log would be masked as a customer's number."""


def row_mac(row: TrailRow, nonce: str = "") -> str:
    """A nonce and the MAC over it and every column but the id and the seal, as `row.mac` has it.

    Without `nonce` a new one: two rows with the same content have different MACs.
    """
    nonce = nonce or secrets.token_hex(_NONCE_CHARACTERS // 2).translate(_LETTERS)
    return nonce + _mac([nonce, *_columns(row)])


def has_own_mac(row: TrailRow) -> bool:
    """Whether nothing has changed in `row` since it was written. Its seal is not looked at."""
    return hmac.compare_digest(row.mac, row_mac(row, row.mac[:_NONCE_CHARACTERS] or "-"))


def chain_mac(before: str, seq: int, row: TrailRow) -> str:
    """The seal of `row` at place `seq`, behind the row whose seal is `before`."""
    return _mac([before, str(seq), str(row.pk), *_columns(row), row.mac])


def _columns(row: TrailRow) -> list[str]:
    return [
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        *(row.who_id, row.who_name, row.verb, row.about_kind, row.about_id, row.facts),
        *(row.ip, row.session),
    ]


def _mac(parts: Iterable[str]) -> str:
    encoded = [part.encode() for part in parts]
    message = b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
    return hmac.digest(trail_key(), message, "sha256").hex().translate(_LETTERS)
