"""What the gate finds about a message: one `Finding` for each thing that is wrong or doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class Severity(StrEnum):
    BLOCKER = "blocker"
    """The message may not be sent."""
    CAUTION = "caution"
    """The message may be sent, and the sender is told first."""


@dataclass(frozen=True)
class Finding:
    """`text` is for a person and names no button, so that every door can show it.

    `channel` is the position (1 or 2) that it is about, or 0 for the whole message; `key` the
    value's key, or "". `earlier` is the request ID of an earlier invocation that it is about.
    """

    code: str
    severity: Severity
    text: str
    channel: int = 0
    key: str = ""
    asks: bool = False
    """Whether a person has to acknowledge the caution before the message is sent, for it can hurt a
    customer.
    """
    earlier: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False, repr=False)
    """What `text` was made of. May hold a value, so it is left out of logs and JSON."""

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCKER

    @property
    def token(self) -> str:
        """What an acknowledgement names: this very finding, and none that comes later."""
        code = f"{self.code}:{self.channel}" if self.channel else self.code
        return token_of(code, self.earlier)

    def as_json(self) -> dict[str, Any]:
        """As `manage.py invoke --json` prints it. `channel` is null for the whole message."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "channel": self.channel or None,
            "key": self.key,
            "text": self.text,
        }


def token_of(code: str, earlier: UUID | None = None) -> str:
    return f"{code}:{earlier}" if earlier else code


def blockers(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.blocks]
