"""What a channel's limits say about one value or one text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LimitFinding:
    """An error (`blocks`) or a warning about the value of `key`.

    About a template text, `key` is the name of a placeholder, or empty if the finding is about the
    whole text.
    """

    code: str
    key: str
    blocks: bool
    facts: Mapping[str, Any] = field(default_factory=dict)


def too_long(code: str, key: str, length: int, limit: int, *, blocks: bool) -> LimitFinding:
    """With the facts `length`, `limit` and `over`, in characters."""
    return LimitFinding(
        code, key, blocks, {"length": length, "limit": limit, "over": length - limit}
    )
