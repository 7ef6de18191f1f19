"""Groups of messages that wait for the same cause, and how they are counted and described."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.meanings import Meaning, Text
from invocations.history.reasons import REASONS
from invocations.models import Invocation
from invocations.models.permissions import Viewer
from invocations.monitoring.pauses import MAX_WAITING_COUNTED
from invocations.monitoring.remedies import Remedy
from invocations.sending import ask_again
from invocations.views.monitoring.durations import short_duration

MAX_REASONS = 2
"""Reasons that one line names."""
LATE_AFTER = timedelta(hours=1)


class NextStep(NamedTuple):
    """What to do about a group. `address`: where, empty if the viewer may not do it."""

    says: Text
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Messages that wait for the same cause.

    `n`: how many. `oldest`: when the first was recorded. `address`: the history's list of them.
    """

    meaning: Meaning
    n: int
    title: str
    why: Text
    oldest: datetime
    address: str
    next: NextStep
    is_practice: bool = False
    account: str = ""

    @property
    def age(self) -> str:
        return short_duration(timezone.now() - self.oldest)

    @property
    def is_late(self) -> bool:
        return self.oldest < timezone.now() - LATE_AFTER


def counted_by(rows: QuerySet[Invocation], column: str) -> list[dict[str, Any]]:
    """The oldest `MAX_WAITING_COUNTED` of `rows`, grouped by `column`.

    Each group has `n`, `oldest`, `checkable` (how many can be checked) and `reasons` (how many
    have each reason).
    """
    oldest = rows.order_by("id").values("pk")[:MAX_WAITING_COUNTED]
    counted = Invocation.objects.filter(pk__in=oldest).values(column, "reason")
    counts = {
        "n": Count("pk"),
        "oldest": Min("created_at"),
        "checkable": Count("pk", filter=ask_again.checkable(timezone.now())),
    }
    groups: dict[int, dict[str, Any]] = {}
    for row in counted.annotate(**counts).order_by():
        empty = {"n": 0, "oldest": row["oldest"], "checkable": 0, "reasons": Counter()}
        group = groups.setdefault(row[column], {column: row[column], **empty})
        group["n"] += row["n"]
        group["oldest"] = min(group["oldest"], row["oldest"])
        group["checkable"] += row["checkable"]
        group["reasons"][row["reason"]] += row["n"]
    return list(groups.values())


def reasons_text(reasons: Counter[str]) -> str:
    """The reasons, the most frequent first; if there are several, each with its count."""
    texts = [(str(REASONS[code]), n) for code, n in reasons.most_common() if code in REASONS]
    if len(texts) < 2:
        return "".join(text for text, _n in texts)
    words = [_("%(n)s × %(why)s") % {"n": n, "why": text} for text, n in texts[:MAX_REASONS]]
    others = sum(n for _text, n in texts[MAX_REASONS:])
    if others:
        words.append(_("%(n)s × other reasons.") % {"n": others})
    return " ".join(words)


def next_step(viewer: Viewer, remedy: Remedy | None) -> NextStep:
    if remedy is not None and viewer.may(remedy.permission):
        return NextStep(remedy.label, remedy.address)
    return NextStep(remedy.asked if remedy else _("Ask an admin."))
