"""The answer table: what each thing that can come of an attempt means for the message, and for what is sent after it.

One row for each reason that `kaleyra.reply` and `kaleyra.client` give, and for what the console itself runs into. Read it as:
this came back → the attempt was …, the message is …; and what follows. After an earlier doubt one rule stands above the table:
only an acceptance, or Kaleyra's word that it has this request id already, settles a message that may have got in; whatever else
comes leaves it unknown.

Sources: seed, "Sample Success Response", "Sample Failure Response" and "requestId"; docs/api.md for what is inferred.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from invocations.models import Attempt, Invocation

Status = Invocation.Status
Outcome = Attempt.Outcome


class Next(StrEnum):
    """What the console does by itself with the same request id."""

    NOTHING = "nothing"
    LATER = "later"
    """Tries again, after growing waits or when Kaleyra said: it has certainly not been taken."""
    ASK_AGAIN = "ask again"
    """Asks again inside a short window, if the account's policy lets it: it may have been taken."""
    AFTER_MENDING = "after mending"
    """Waits until an admin has mended the set-up."""


class Effect(StrEnum):
    """What follows for the other messages."""

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
    # An answer that says what became of it.
    "accepted": Rule(Outcome.ACCEPTED, Status.ACCEPTED),  # 202
    "rejected": Rule(Outcome.REJECTED, Status.REJECTED),  # 400
    "not_taken": Rule(Outcome.REJECTED, Status.REJECTED),  # 405, 410, 413, 415, 422
    "no_such_workflow": Rule(
        Outcome.REJECTED, Status.REJECTED, effect=Effect.PAUSES_WORKFLOW
    ),  # 404
    # A refusal of the set-up, or of the moment: it was not taken.
    "credentials": Rule(Outcome.REFUSED, *_MEND),  # 401, 403
    "redirect": Rule(Outcome.REFUSED, *_MEND),  # 301, 302, 303, 307, 308, never followed
    "asked_to_wait": Rule(Outcome.BUSY, Status.QUEUED, Next.LATER, Effect.SLOWS_ACCOUNT),  # 429
    # An answer after which nobody knows.
    "server_error": Rule(*_ASK, Effect.UNREACHABLE),  # 5xx, 408
    "in_progress": Rule(*_ASK),  # 409
    "unreadable": Rule(*_ASK),
    "broken_off": Rule(*_ASK, Effect.UNREACHABLE),
    "undocumented_status": Rule(*_ASK),
    "another_request": _ALARM,
    "contradiction": _ALARM,
    # Kaleyra has this id already, and no attempt of ours can have been the first.
    "id_used_before": Rule(Outcome.REJECTED, Status.UNKNOWN, is_alarm=True),
    # No answer, after something may have left.
    "timeout": Rule(*_ASK, Effect.UNREACHABLE),
    "too_slow": Rule(*_ASK, Effect.UNREACHABLE),
    "interrupted": Rule(*_ASK),
    "internal": Rule(*_ASK),
    # Certainly nothing left: no connection.
    "refused": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    "name": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    "connect_timeout": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    "proxy": Rule(*_NOT_SENT, Effect.UNREACHABLE),
    # Certainly nothing left: the dispatcher gave it back.
    "handed_back": Rule(*_NOT_SENT),
    # Certainly nothing left: the set-up.
    "certificate": Rule(Outcome.NOT_SENT, *_MEND),
    "address": Rule(Outcome.NOT_SENT, *_MEND),
    "key": Rule(Outcome.NOT_SENT, *_MEND),
    "no_key": Rule(Outcome.NOT_SENT, *_MEND),
    "unreadable_key": Rule(Outcome.NOT_SENT, *_MEND),
    "unreadable_message": Rule(Outcome.NOT_SENT, Status.HELD, Next.AFTER_MENDING),
}

RELEASED_WITH_ACCOUNT = [
    reason for reason, rule in TABLE.items() if rule.effect is Effect.PAUSES_ACCOUNT
]
"""Why a held message goes on as soon as its account is no longer paused."""
