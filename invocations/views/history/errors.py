"""Errors: recent failures, grouped by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from invocations.history.deliveries import MAY_BE_DOUBLE, NO_CONFIRMATION, NO_RESULT, NOT_DELIVERED
from invocations.history.filters import FILTERS
from invocations.history.meanings import Text
from invocations.history.next_steps import group_advice
from invocations.history.periods import recorded_between
from invocations.history.reasons import REASONS, advice_for
from invocations.history.statuses import STATUSES
from invocations.kaleyra.sentences import sentence_of
from invocations.models import Invocation, WorkflowInstance, permissions
from invocations.monitoring import statistics
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout
from invocations.views.history.list_filters import HISTORY_COUNT_CAP

PERIODS: dict[str, tuple[Text, int]] = {
    "1": (_("Since yesterday"), 2),
    "7": (_("7 days"), 7),
    "30": (_("30 days"), 30),
}
"""Label and number of days, today included, by the value of `days` in the URL.

Whole days, so that the list that a line links to has exactly the messages it counts.
"""
MAX_READ_PER_STATUS = 25_000
"""Only the newest of each status are grouped: a failure that still happens is among them."""
MAX_LINES = 100


@dataclass
class FailureKind:
    """Failures of one workflow with the same status and the same error.

    `error`: Kaleyra's complaint; empty if the answer had none, and then `reason` groups them.
    `example_reason`: the reason of one of them, whichever of the two groups them.
    """

    status: str
    workflow_id: int
    error: str
    reason: str
    example_reason: str
    count: int = 0
    times: list[datetime] = field(default_factory=list)

    @property
    def words(self) -> Text:
        return sentence_of(self.error) or REASONS.get(self.reason, self.reason)

    @property
    def first(self) -> datetime:
        return min(self.times)

    @property
    def last(self) -> datetime:
        return max(self.times)


@staff_page(permissions.SEE_HISTORY)
@require_safe
@with_query_timeout
def errors(request: StaffRequest) -> HttpResponse:
    """The kinds of failure in a period, the most frequent first, each linked to its messages."""
    chosen = request.GET.get("days", "")
    days = chosen if chosen in PERIODS else "1"
    start = statistics.period_start(PERIODS[days][1])
    kinds, is_cut = _failure_kinds(start)
    workflows = WorkflowInstance.objects.select_related("account__pod").in_bulk(
        {kind.workflow_id for kind in kinds}
    )
    context = {
        "periods": [
            {"days": name, "label": label, "current": name == days}
            for name, (label, _days) in PERIODS.items()
        ],
        "lines": [_line(kind, workflows[kind.workflow_id], start) for kind in kinds[:MAX_LINES]],
        "more_lines": len(kinds) > MAX_LINES,
        "cut": is_cut,
        "looked_at": MAX_READ_PER_STATUS,
        "accepted_but": _accepted_but(start),
    }
    return render_page(request, "errors.html", context)


def _failure_kinds(start: datetime) -> tuple[list[FailureKind], bool]:
    """The failures since `start` by kind, and whether a status had more than are read."""
    kinds: dict[tuple[Any, ...], FailureKind] = {}
    is_cut = False
    for status in Invocation.WENT_WRONG:
        total = 0
        for group in _counted(status, start):
            # Kaleyra's complaint is more precise than the console's reason for such an answer.
            error, reason = group["error_kind"], "" if group["error_kind"] else group["reason"]
            key = (status, group["workflow_instance"], error, reason)
            kind = kinds.setdefault(key, FailureKind(*key, example_reason=group["reason"]))
            kind.count += group["count"]
            kind.times += [group["first"], group["last"]]
            total += group["count"]
        is_cut = is_cut or total >= MAX_READ_PER_STATUS
    by_frequency = sorted(kinds.values(), key=lambda kind: (-kind.count, -kind.last.timestamp()))
    return by_frequency, is_cut


def _counted(status: str, start: datetime) -> Sequence[Mapping[str, Any]]:
    newest = (
        Invocation.objects.filter(recorded_between(start), status=status)
        .order_by("-pk")
        .values("pk")[:MAX_READ_PER_STATUS]
    )
    grouped = (
        Invocation.objects.filter(pk__in=newest)
        .order_by()
        .values("workflow_instance", "error_kind", "reason")
    )
    return list(
        grouped.annotate(count=Count("pk"), first=Min("created_at"), last=Max("created_at"))
    )


def _accepted_but(start: datetime) -> list[dict[str, Any]]:
    """Accepted messages without a confirmed delivery, or maybe delivered twice: count and link."""
    recent = Invocation.objects.filter(recorded_between(start)).order_by("-pk")
    since = timezone.localdate(start).isoformat()
    counts = []
    for meaning, delivery in (
        (NOT_DELIVERED, "failed"),
        (NO_CONFIRMATION, "open"),
        (NO_RESULT, "no_result"),
        (MAY_BE_DOUBLE, "double"),
    ):
        matching = recent.filter(FILTERS["delivery"](delivery)).values("pk")
        count = matching[: HISTORY_COUNT_CAP + 1].count()
        is_capped = count > HISTORY_COUNT_CAP
        counts.append(
            {
                "meaning": meaning,
                "count": count,
                "shown": f"{HISTORY_COUNT_CAP:,}+" if is_capped else f"{count:,}",
                "address": urlencode({"delivery": delivery, "since": since}),
            }
        )
    return [each for each in counts if each["count"]]


def _line(kind: FailureKind, workflow: WorkflowInstance, start: datetime) -> dict[str, Any]:
    filters = {
        "status": kind.status,
        "workflow": workflow.pk,
        "since": timezone.localdate(start).isoformat(),
    }
    if kind.error:
        filters["error"] = kind.error
    elif kind.reason:
        filters["why"] = kind.reason
    return {
        "kind": kind,
        "meaning": STATUSES[kind.status],
        "workflow": workflow,
        "advice": [*advice_for([kind.error]), group_advice(kind.status, kind.example_reason)],
        "address": urlencode(filters),
    }
