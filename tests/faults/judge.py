"""What became of each message, by the receiver's log, beside what the console says of it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef

from invocations.models import Attempt, Invocation
from invocations.monitoring import consistency
from invocations.sending.outcomes import Status

TOLD = 5
NEVER_LEFT = (Status.QUEUED, Status.HELD, Status.CANCELLED, Status.EXPIRED)


@dataclass
class Verdict:
    """`bad` must be all zeros; `told` is what else is worth knowing."""

    bad: dict[str, int] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    stories: list[str] = field(default_factory=list)
    """Of the first few messages that are shown as what they are not: every attempt, and what the receiver saw."""

    @property
    def found(self) -> list[str]:
        """The names of what went wrong."""
        return [name for name, count in self.bad.items() if count]


def judge(recorded: Collection[str], received: list[dict[str, Any]], *, dedupes: bool) -> Verdict:
    """Compares the ids that were `recorded` with what the receiver `received`, and both with the rows."""
    rows = {str(row.request_id): row for row in Invocation.objects.defer("reply", "note")}
    whole = [line for line in received if line.get("whole") and "id" in line]
    effects, by_message = Counter[str](), Counter[str]()
    bodies, answers = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for line in whole:
        effects[line["id"]] += line["effect"]
        by_message[line["message"]] += line["effect"]
        bodies[line["id"]].add(line["body"])
        answers[line["id"]].add(line["answer"])

    def count(*statuses: str, delivered: bool) -> int:
        return sum(
            row.status in statuses and (effects[id] > 0) is delivered for id, row in rows.items()
        )

    doubtful = Attempt.objects.filter(invocation=OuterRef("pk"), outcome=Attempt.Outcome.DOUBTFUL)
    unknown = Invocation.objects.filter(status=Status.UNKNOWN)
    verdict = Verdict()
    verdict.bad = {
        "lost": len(set(recorded) - set(rows)) + count(*NEVER_LEFT, delivered=False),
        "lost, shown as rejected": sum(
            row.status == Status.REJECTED and effects[id] == 0 and "refused" not in answers[id]
            for id, row in rows.items()
        ),
        "sent twice": sum(number > 1 for number in by_message.values()),
        "shown as rejected, and delivered": count(Status.REJECTED, delivered=True),
        "shown as accepted, and not delivered": count(Status.ACCEPTED, delivered=False),
        "shown as never sent, and delivered": count(*NEVER_LEFT, delivered=True),
        "left sending": count(Status.SENDING, delivered=True)
        + count(Status.SENDING, delivered=False),
        "unknown without a doubtful attempt": unknown.exclude(Exists(doubtful)).count(),
        "unknown left": unknown.count() if dedupes else 0,
        "ids with more than one body": sum(len(texts) > 1 for texts in bodies.values()),
        "ids with another body than recorded": sum(
            hashlib.sha256(rows[id].payload.encode()).hexdigest() not in texts
            for id, texts in bodies.items()
            if id in rows
        ),
        "ids that nobody recorded": len(set(bodies) - set(rows)),
        "redirects followed": sum(line.get("elsewhere", False) for line in received),
        "rows that contradict themselves (reconcile)": sum(1 for _ in consistency.contradictions()),
    }
    verdict.told = {
        "statuses": ", ".join(
            f"{number} {status}" for status, number in consistency.counts_by_status().most_common()
        ),
        "confirmed by the refusal of a repetition": str(
            Invocation.objects.filter(reason="confirmed_by_duplicate").count()
        ),
        "attempts": str(Attempt.objects.count()),
        "attempts that a kill interrupted": str(
            Attempt.objects.filter(reason="interrupted").count()
        ),
        "requests that the receiver read whole": str(len(whole)),
        "messages that the receiver took": str(sum(effects.values())),
    }
    contradicted = [
        id
        for id, row in rows.items()
        if (row.status == Status.ACCEPTED and not effects[id])
        or (row.status in (Status.REJECTED, *NEVER_LEFT) and effects[id])
    ]
    verdict.stories = [
        _story(rows[id], [line for line in received if line.get("id") == id])
        for id in contradicted[:TOLD]
    ]
    return verdict


def _story(row: Invocation, lines: list[dict[str, Any]]) -> str:
    attempts = [
        f"{a.number} {a.started_at:%H:%M:%S.%f} {a.outcome} {a.reason} {a.http_status} {a.kept_reply}"
        for a in row.attempts.all()
    ]
    seen = [str({name: value for name, value in line.items() if name != "body"}) for line in lines]
    return "\n    ".join([f"{row.request_id} is {row.status} ({row.reason})", *attempts, *seen])
