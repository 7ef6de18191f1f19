"""The answer table: what the result of an attempt means for the message, and for later ones.

It has one row for each reason that `kaleyra.reply` and `kaleyra.client` give, and for each failure
in the console itself: the outcome of the attempt, the status of the message, and what follows.

One rule precedes the table (`outcome_columns`). After a doubtful attempt, which Kaleyra may have
accepted, only an acceptance, or the answer that it has this request ID already, settles the
message. After any other result it stays unknown.

Sources: seed, "Sample Success Response", "Sample Failure Response" and "requestId"; docs/api.md for
what is inferred.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from invocations.models import Attempt, Invocation

Status = Invocation.Status
Outcome = Attempt.Outcome


class Next(StrEnum):
    """What the console does with the same request ID, without a person."""

    NOTHING = "nothing"
    LATER = "later"
    """Posts it again after a growing wait, or as long as Kaleyra asked: it was not accepted."""
    ASK_AGAIN = "ask again"
    """Posts it again for a short time, if the account's policy allows: it may be accepted."""
    AFTER_MENDING = "after mending"
    """Waits until an admin has corrected the set-up."""


class Effect(StrEnum):
    """What follows for other messages of the account or workflow."""

    NONE = ""
    PAUSES_ACCOUNT = "pauses the account"
    PAUSES_WORKFLOW = "pauses the workflow"
    SLOWS_ACCOUNT = "slows the account"
    UNREACHABLE = "counts as unreachable"


class Rule(NamedTuple):
    """One row of the table."""

    outcome: Outcome
    status: Status
    next: Next = Next.NOTHING
    effect: Effect = Effect.NONE
    is_alarm: bool = False


_ASK = (Outcome.DOUBTFUL, Status.UNKNOWN, Next.ASK_AGAIN)
_ALARM = Rule(Outcome.DOUBTFUL, Status.UNKNOWN, is_alarm=True)
_MEND = (Status.HELD, Next.AFTER_MENDING, Effect.PAUSES_ACCOUNT)
_NOT_SENT = (Outcome.NOT_SENT, Status.QUEUED, Next.LATER)

TABLE: dict[str, Rule] = {
    # Answers that settle the message.
    "accepted": Rule(Outcome.ACCEPTED, Status.ACCEPTED),  # 202
    "rejected": Rule(Outcome.REJECTED, Status.REJECTED),  # 400
    "not_taken": Rule(Outcome.REJECTED, Status.REJECTED),  # 405, 410, 413, 415, 422
    # 404
    "no_such_workflow": Rule(Outcome.REJECTED, Status.REJECTED, effect=Effect.PAUSES_WORKFLOW),
    # Not accepted, because of the set-up or of the load.
    "credentials": Rule(Outcome.REFUSED, *_MEND),  # 401, 403
    "redirect": Rule(Outcome.REFUSED, *_MEND),  # 301, 302, 303, 307, 308, never followed
    "asked_to_wait": Rule(Outcome.BUSY, Status.QUEUED, Next.LATER, Effect.SLOWS_ACCOUNT),  # 429
    # Answers that do not show whether it was accepted.
    "server_error": Rule(*_ASK, Effect.UNREACHABLE),  # 5xx, 408
    "in_progress": Rule(*_ASK),  # 409
    "unreadable": Rule(*_ASK),
    "broken_off": Rule(*_ASK, Effect.UNREACHABLE),
    "undocumented_status": Rule(*_ASK),
    "another_request": _ALARM,
    "contradiction": _ALARM,
    # Kaleyra has this ID already, and not from an earlier attempt of the console.
    "id_used_before": Rule(Outcome.REJECTED, Status.UNKNOWN, is_alarm=True),
    # No answer, and the request may have left.
    "timeout": Rule(*_ASK, Effect.UNREACHABLE),
    "too_slow": Rule(*_ASK, Effect.UNREACHABLE),
    "interrupted": Rule(*_ASK),
    "internal": Rule(*_ASK),
    # Not sent: no connection.
    "refused": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    "name": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    "connect_timeout": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    "proxy": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    # Not sent: the dispatcher handed the claim back.
    "handed_back": Rule(*_NOT_SENT),
    # Not sent: the set-up.
    "certificate": Rule(Outcome.NOT_SENT, *_MEND),
    "address": Rule(Outcome.NOT_SENT, *_MEND),
    "key": Rule(Outcome.NOT_SENT, *_MEND),
    "no_key": Rule(Outcome.NOT_SENT, *_MEND),
    "unreadable_key": Rule(Outcome.NOT_SENT, *_MEND),
    # Not sent: the message is in doubt at a target that is not known, or that nothing may be posted
    # to any more.
    "own_target_unknown": Rule(Outcome.NOT_SENT, Status.UNKNOWN),
    "own_host_gone": Rule(Outcome.NOT_SENT, Status.UNKNOWN),
    "own_key_gone": Rule(Outcome.NOT_SENT, Status.UNKNOWN),
    # Not sent: it was saved for practice and would reach a customer now, or the other way round.
    "other_kind": Rule(Outcome.NOT_SENT, Status.HELD, Next.AFTER_MENDING),
    "unreadable_message": Rule(Outcome.NOT_SENT, Status.HELD, Next.AFTER_MENDING),
}

RELEASED_WITH_ACCOUNT = [
    reason for reason, rule in TABLE.items() if rule.effect is Effect.PAUSES_ACCOUNT
]
"""The reasons of held messages that are queued again once their account is no longer paused."""
