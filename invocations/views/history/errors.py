"""Errors: what went wrong lately, all of a kind on one line."""

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
from invocations.models import Invocation, WorkflowInstance, permissions
from invocations.monitoring import statistics
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout
from invocations.views.history.history import COUNTED_AT_MOST

PERIODS: dict[str, tuple[Text, int]] = {
    "1": (_("Since yesterday"), 2),
    "7": (_("7 days"), 7),
    "30": (_("30 days"), 30),
}
"""By the value in the address: how many days, today's included. Whole days, so that the list behind a line holds what it counts."""
LOOKED_AT = 25_000
"""How many of each status, the newest ones, are folded: what went wrong is wrong again in the newest."""
LINES = 100


@dataclass
class Kind:
    """Failures that are alike. `because`: the reason of one of them; `reason` where it is all that is known of them."""

    status: str
    workflow_id: int
    error: str
    reason: str
    because: str
    count: int = 0
    times: list[datetime] = field(default_factory=list)

    @property
    def words(self) -> Text:
        return self.error or REASONS.get(self.reason, self.reason)

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
    """The kinds of a period, the most frequent first, each with the way to its invocations."""
    chosen = request.GET.get("days", "")
    days = chosen if chosen in PERIODS else "1"
    start = statistics.period_start(PERIODS[days][1])
    kinds, cut = _kinds(start)
    workflows = WorkflowInstance.objects.select_related("account__pod").in_bulk(
        {kind.workflow_id for kind in kinds}
    )
    context = {
        "periods": [
            {"days": name, "label": label, "current": name == days}
            for name, (label, _days) in PERIODS.items()
        ],
        "lines": [_line(kind, workflows[kind.workflow_id], start) for kind in kinds[:LINES]],
        "more_lines": len(kinds) > LINES,
        "cut": cut,
        "looked_at": LOOKED_AT,
        "accepted_but": _accepted_but(start),
    }
    return render_page(request, "errors.html", context)


def _kinds(start: datetime) -> tuple[list[Kind], bool]:
    """What went wrong since `start`, folded; and whether some status had more than is looked at."""
    kinds: dict[tuple[Any, ...], Kind] = {}
    cut = False
    for status in Invocation.WENT_WRONG:
        total = 0
        for found in _groups(status, start):
            # What an answer complained of says more than how the console reads such an answer.
            error, reason = found["error_kind"], "" if found["error_kind"] else found["reason"]
            key = (status, found["workflow_instance"], error, reason)
            kind = kinds.setdefault(
                key, Kind(status, found["workflow_instance"], error, reason, found["reason"])
            )
            kind.count += found["count"]
            kind.times += [found["first"], found["last"]]
            total += found["count"]
        cut = cut or total >= LOOKED_AT
    return sorted(kinds.values(), key=lambda kind: (-kind.count, -kind.last.timestamp())), cut


def _groups(status: str, start: datetime) -> Sequence[Mapping[str, Any]]:
    newest = (
        Invocation.objects.filter(recorded_between(start), status=status)
        .order_by("-pk")
        .values("pk")[:LOOKED_AT]
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
    """What Kaleyra accepted and what did not go well all the same, each with its count and the way to it."""
    found = Invocation.objects.filter(recorded_between(start)).order_by("-pk")
    since = timezone.localdate(start).isoformat()
    counted = []
    for meaning, delivery in (
        (NOT_DELIVERED, "failed"),
        (NO_CONFIRMATION, "open"),
        (NO_RESULT, "no_result"),
        (MAY_BE_DOUBLE, "double"),
    ):
        count = (
            found.filter(FILTERS["delivery"](delivery)).values("pk")[: COUNTED_AT_MOST + 1].count()
        )
        shown = f"{COUNTED_AT_MOST:,}+" if count > COUNTED_AT_MOST else f"{count:,}"
        counted.append(
            {
                "meaning": meaning,
                "count": count,
                "shown": shown,
                "address": urlencode({"delivery": delivery, "since": since}),
            }
        )
    return [each for each in counted if each["count"]]


def _line(kind: Kind, workflow: WorkflowInstance, start: datetime) -> dict[str, Any]:
    address = {
        "status": kind.status,
        "workflow": workflow.pk,
        "since": timezone.localdate(start).isoformat(),
    }
    address |= {"error": kind.error} if kind.error else {"why": kind.reason} if kind.reason else {}
    return {
        "kind": kind,
        "meaning": STATUSES[kind.status],
        "workflow": workflow,
        "advice": [*advice_for([kind.error]), group_advice(kind.status, kind.because)],
        "address": urlencode(address),
    }
