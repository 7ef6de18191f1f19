"""Compares the status of each message with the receiver's log."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q

from invocations.models import Attempt, Batch, Invocation
from invocations.monitoring import consistency
from invocations.sending.outcomes import Status

MOST_STORIES = 5
NEVER_LEFT = (Status.QUEUED, Status.HELD, Status.CANCELLED, Status.EXPIRED)


@dataclass
class Verdict:
    """The counts in `bad` must be zero; `figures` holds the others."""

    bad: dict[str, int] = field(default_factory=dict)
    figures: dict[str, str] = field(default_factory=dict)
    stories: list[str] = field(default_factory=list)
    """The attempts of the first messages with a wrong status, and what the receiver saw."""

    @property
    def found(self) -> list[str]:
        """The names of what went wrong."""
        return [name for name, count in self.bad.items() if count]


@dataclass
class Seen:
    """What the receiver saw, by request ID. A message is an input, with any ID."""

    lines: list[dict[str, Any]]
    effects: Counter[str] = field(default_factory=Counter)
    by_message: Counter[str] = field(default_factory=Counter)
    bodies: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    answers: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for line in self.whole:
            self.effects[line["id"]] += line["effect"]
            self.by_message[line["message"]] += line["effect"]
            self.bodies[line["id"]].add(line["body"])
            self.answers[line["id"]].add(line["answer"])

    @property
    def whole(self) -> list[dict[str, Any]]:
        """The requests that were read to their end."""
        return [line for line in self.lines if line.get("whole") and "id" in line]


Rows = dict[str, Invocation]


def judge(
    recorded: Collection[str],
    received: list[dict[str, Any]],
    *,
    dedupes: bool,
    lost_with_copy: Collection[str] = (),
) -> Verdict:
    """Compares the `recorded` IDs, the rows and what the receiver `received`.

    `lost_with_copy`: IDs that were not in a restored copy. Recorded once more, they may stay
    unknown: Kaleyra says that somebody else has used them.
    """
    rows = {str(row.request_id): row for row in Invocation.objects.defer("reply", "note")}
    seen = Seen(received)
    verdict = Verdict(bad=_lost_or_wrongly_shown(set(recorded), _not_cancelled(rows, seen), seen))
    doubtful = Attempt.objects.filter(invocation=OuterRef("pk"), outcome=Attempt.Outcome.DOUBTFUL)
    unknown = Invocation.objects.filter(status=Status.UNKNOWN)
    used_before = Attempt.objects.filter(invocation=OuterRef("pk"), reason="id_used_before")
    excused = Exists(used_before) & Q(request_id__in=lost_with_copy)
    verdict.bad |= {
        "unknown without a doubtful attempt": unknown.exclude(Exists(doubtful) | excused).count(),
        "unknown left": unknown.exclude(excused).count() if dedupes else 0,
        **_wrong_requests(rows, seen),
        "rows that contradict themselves (reconcile)": sum(1 for _ in consistency.contradictions()),
    }
    verdict.figures = _figures(seen)
    verdict.stories = [
        _story(rows[id], [line for line in received if line.get("id") == id])
        for id in _contradicted(rows, seen)[:MOST_STORIES]
    ]
    return verdict


def _not_cancelled(rows: Rows, seen: Seen) -> Rows:
    """Without what a person has cancelled: it is not lost. If it was delivered, it stays."""
    cancelled = Invocation.objects.filter(
        status=Status.CANCELLED, batch__state=Batch.State.CANCELLED
    )
    ids = {str(request_id) for request_id in cancelled.values_list("request_id", flat=True)}
    return {id: row for id, row in rows.items() if id not in ids or seen.effects[id]}


def _lost_or_wrongly_shown(recorded: set[str], rows: Rows, seen: Seen) -> dict[str, int]:
    def count(*statuses: str, delivered: bool) -> int:
        return sum(
            row.status in statuses and (seen.effects[id] > 0) is delivered
            for id, row in rows.items()
        )

    def is_lost(id: str) -> bool:
        return not seen.effects[id] and "refused" not in seen.answers[id]

    return {
        "lost": len(recorded - set(rows)) + count(*NEVER_LEFT, delivered=False),
        "lost, shown as rejected": sum(
            row.status == Status.REJECTED and is_lost(id) for id, row in rows.items()
        ),
        "sent twice": sum(number > 1 for number in seen.by_message.values()),
        "shown as rejected, and delivered": count(Status.REJECTED, delivered=True),
        "shown as accepted, and not delivered": count(Status.ACCEPTED, delivered=False),
        "shown as never sent, and delivered": count(*NEVER_LEFT, delivered=True),
        "left sending": count(Status.SENDING, delivered=True)
        + count(Status.SENDING, delivered=False),
    }


def _wrong_requests(rows: Rows, seen: Seen) -> dict[str, int]:
    return {
        "ids with more than one body": sum(len(texts) > 1 for texts in seen.bodies.values()),
        "ids with another body than recorded": sum(
            hashlib.sha256(rows[id].payload.encode()).hexdigest() not in texts
            for id, texts in seen.bodies.items()
            if id in rows
        ),
        "ids that nobody recorded": len(set(seen.bodies) - set(rows)),
        "redirects followed": sum(line.get("elsewhere", False) for line in seen.lines),
    }


def _figures(seen: Seen) -> dict[str, str]:
    statuses = consistency.counts_by_status().most_common()
    confirmed = Invocation.objects.filter(reason="confirmed_by_duplicate")
    interrupted = Attempt.objects.filter(reason="interrupted")
    return {
        "statuses": ", ".join(f"{number} {status}" for status, number in statuses),
        "confirmed by the refusal of a repetition": str(confirmed.count()),
        "attempts": str(Attempt.objects.count()),
        "attempts that a kill interrupted": str(interrupted.count()),
        "requests that the receiver read whole": str(len(seen.whole)),
        "messages that the receiver took": str(sum(seen.effects.values())),
    }


def _contradicted(rows: Rows, seen: Seen) -> list[str]:
    """The IDs of messages whose status is wrong by the receiver's log."""
    return [
        id
        for id, row in rows.items()
        if (row.status == Status.ACCEPTED and not seen.effects[id])
        or (row.status in (Status.REJECTED, *NEVER_LEFT) and seen.effects[id])
    ]


def _story(row: Invocation, lines: list[dict[str, Any]]) -> str:
    attempts = [
        f"{a.number} {a.started_at:%H:%M:%S.%f} {a.outcome} {a.reason} {a.http_status}"
        f" {a.kept_reply}"
        for a in row.attempts.all()
    ]
    seen = [str({name: value for name, value in line.items() if name != "body"}) for line in lines]
    return "\n    ".join([f"{row.request_id} is {row.status} ({row.reason})", *attempts, *seen])
