"""Errors: recent failures, grouped by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from invocations.forms.days import DaysFilter
from invocations.history.deliveries import MAY_BE_DOUBLE, NO_CONFIRMATION, NO_RESULT, NOT_DELIVERED
from invocations.history.filters import FILTERS, narrow
from invocations.history.meanings import Text
from invocations.history.next_steps import group_advice
from invocations.history.reasons import REASONS, advice_for
from invocations.history.statuses import STATUSES
from invocations.kaleyra.sentences import sentence_of
from invocations.models import Invocation, WorkflowInstance, permissions
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout
from invocations.views.history.list_filters import HISTORY_COUNT_CAP

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
    """The kinds of failure in a period, the most frequent first, each linked to its messages.

    Without days it is about the last 7.
    """
    filters = DaysFilter(request.GET)
    if not (filters.first_day or filters.last_day):
        filters = DaysFilter({"since": _last_week().isoformat()})
    kinds, is_cut = _failure_kinds(filters, request.viewer)
    workflows = (
        request.viewer.reading.workflows()
        .select_related("account__pod")
        .in_bulk({kind.workflow_id for kind in kinds})
    )
    context = {
        "filters": filters,
        "lines": [_line(kind, workflows[kind.workflow_id], filters) for kind in kinds[:MAX_LINES]],
        "more_lines": len(kinds) > MAX_LINES,
        "cut": is_cut,
        "looked_at": MAX_READ_PER_STATUS,
        "accepted_but": _accepted_but(filters, request.viewer),
    }
    return render_page(request, "errors.html", context)


def _last_week() -> date:
    return timezone.localdate() - timedelta(days=6)


def _failure_kinds(days: DaysFilter, viewer: Viewer) -> tuple[list[FailureKind], bool]:
    """The failures of these days by kind, and whether a status had more than are read."""
    kinds: dict[tuple[Any, ...], FailureKind] = {}
    is_cut = False
    for status in Invocation.WENT_WRONG:
        total = 0
        for group in _counted(status, days, viewer):
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


def _counted(status: str, days: DaysFilter, viewer: Viewer) -> Sequence[Mapping[str, Any]]:
    newest = (
        narrow(viewer.invocations().filter(status=status), days.bounds)
        .order_by("-pk")
        .values("pk")[:MAX_READ_PER_STATUS]
    )
    grouped = (
        viewer.invocations()
        .filter(pk__in=newest)
        .order_by()
        .values("workflow_instance", "error_kind", "reason")
    )
    return list(
        grouped.annotate(count=Count("pk"), first=Min("created_at"), last=Max("created_at"))
    )


def _accepted_but(days: DaysFilter, viewer: Viewer) -> list[dict[str, Any]]:
    """Accepted messages without a confirmed delivery, or maybe delivered twice: count and link."""
    recent = narrow(viewer.invocations().order_by("-pk"), days.bounds)
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
                "address": urlencode({"delivery": delivery, **days.chosen}),
            }
        )
    return [each for each in counts if each["count"]]


def _line(kind: FailureKind, workflow: WorkflowInstance, days: DaysFilter) -> dict[str, Any]:
    filters = {
        "status": kind.status,
        "workflow": workflow.pk,
        **days.chosen,
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
