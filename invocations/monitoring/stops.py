"""What the stop page lists: the waiting messages by workflow, and the stops that are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Case, Count, Max, Min, Q, Value, When

from invocations.history.wording import person_name
from invocations.models import Invocation, KillSwitch
from invocations.monitoring.pauses import MAX_WAITING_COUNTED

MAX_LISTED = 20


@dataclass(frozen=True)
class WaitingLine:
    """The queued messages of one workflow that have a time of their own to come, or have none.

    `first_at`: when the first of them leaves, of scheduled ones. `people`: who sent them.
    """

    workflow_id: int
    title: str
    n: int
    oldest: datetime
    is_scheduled: bool
    first_at: datetime | None
    people: int
    person: str


def waiting_lines(now: datetime) -> list[WaitingLine]:
    """The oldest `MAX_WAITING_COUNTED` queued messages that are still in time, by workflow."""
    in_time = Q(not_after__isnull=True) | Q(not_after__gt=now)
    queued = Invocation.objects.filter(in_time, status=Invocation.Status.QUEUED)
    ids = queued.order_by("pk").values("pk")[:MAX_WAITING_COUNTED]
    is_scheduled = Case(When(not_before__gt=now, then=Value(True)), default=Value(False))
    groups = (
        Invocation.objects.filter(pk__in=ids)
        .annotate(is_scheduled=is_scheduled)
        .values("workflow_instance", "workflow_instance__title", "is_scheduled")
        .annotate(
            n=Count("pk"),
            oldest=Min("created_at"),
            first_at=Min("not_before"),
            people=Count("created_by", distinct=True),
            one=Max("created_by"),
        )
        .order_by("is_scheduled", "oldest")[:MAX_LISTED]
    )
    found: list[dict[str, Any]] = [dict(each) for each in groups]
    senders = User.objects.in_bulk({each["one"] for each in found if each["people"] == 1})
    return [_line(each, senders.get(each["one"])) for each in found]


def _line(group: dict[str, Any], sender: User | None) -> WaitingLine:
    return WaitingLine(
        workflow_id=group["workflow_instance"],
        title=group["workflow_instance__title"],
        n=group["n"],
        oldest=group["oldest"],
        is_scheduled=group["is_scheduled"],
        first_at=group["first_at"],
        people=group["people"],
        person=person_name(sender) if sender else "",
    )


@dataclass(frozen=True)
class Stop:
    """A stop of all sending that is over."""

    begun: datetime
    ended: datetime
    reason: str
    stopped_by: str
    resumed_by: str


def earlier_stops(most: int = MAX_LISTED) -> list[Stop]:
    """The newest first. The stop that is on now is not among them."""
    newest = KillSwitch.history.select_related("changed_by").order_by("-history_id")
    versions = list(newest[: 2 * most])
    stops = []
    for end, begin in pairwise(versions):
        if begin.is_on and not end.is_on:
            stops.append(
                Stop(
                    begun=begin.history_date,
                    ended=end.history_date,
                    reason=begin.reason,
                    stopped_by=person_name(begin.changed_by),
                    resumed_by=person_name(end.changed_by),
                )
            )
    return stops
