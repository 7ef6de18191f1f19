"""An attempt as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invocations.history.meanings import Text
from invocations.history.reasons import ATTEMPT_REASONS, OUTCOMES
from invocations.history.wording import duration_text
from invocations.models import Attempt, Invocation, Target
from invocations.models.encryption import Unreadable


@dataclass(frozen=True)
class ShownAttempt:
    row: Attempt
    target: Target
    tone: str
    icon: str
    why: Text
    took: str
    has_left: bool
    reply: dict[str, Any]


def shown_attempt(attempt: Attempt, with_reply: Attempt, target: Target) -> ShownAttempt:
    """`with_reply`: the same attempt, loaded with its answer."""
    tone, icon = OUTCOMES[attempt.outcome]
    took = attempt.duration_ms
    return ShownAttempt(
        row=attempt,
        target=target,
        tone=tone,
        icon=icon,
        why=ATTEMPT_REASONS.get(attempt.reason, ""),
        took="" if took is None else duration_text(took / 1000),
        has_left=attempt.outcome != Attempt.Outcome.NOT_SENT,
        reply=kept_reply(with_reply),
    )


def kept_reply(row: Invocation | Attempt) -> dict[str, Any]:
    """The stored answer; empty if no encryption key decrypts it."""
    try:
        return row.kept_reply
    except Unreadable:
        row.reply = None  # templates read `row.message` and `row.errors` as well
        if isinstance(row, Invocation):
            row.answered_attempt = None
        return {}
