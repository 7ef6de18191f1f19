"""What the figures of the home are made of, read from the database for one period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import get_language

from invocations.models import Account, WorkflowInstance
from invocations.models.reading import Reading
from invocations.monitoring import statistics
from invocations.monitoring.statistics import QuarterCounts, Statistics
from invocations.views.monitoring.periods import WEEKS, Period
from invocations.views.monitoring.workflow_table import median_times

LIVE, PRACTICE = "live", "practice"


@dataclass(frozen=True)
class Shown:
    """The rows of one kind of messages. `current`: of the period; `left_out`: how many messages of
    the other kind it has.
    """

    rows: Sequence[QuarterCounts]
    current: Sequence[QuarterCounts]
    left_out: int


@dataclass(frozen=True)
class Figures:
    """All that the figures of a page are made of, read from the database."""

    period: Period
    reading: Reading
    asked_kind: str
    kind: str
    with_weeks: bool
    found: Statistics
    shown: Shown
    workflows: Mapping[int, WorkflowInstance]
    by_workflow: Mapping[int, Counter[str]]
    medians: Mapping[int, timedelta]
    refusals: Sequence[statistics.RefusalCount]
    are_all_refusals: bool

    def key(self) -> Hashable:
        """Equal for figures that look the same now: the current zone, language and hour are in it,
        and of a workflow what is shown of it.
        """
        hour = timezone.localtime().replace(minute=0, second=0, microsecond=0)
        return (
            (get_language(), timezone.get_current_timezone_name(), hour, self.period.since),
            (
                self.period,
                self.reading,
                self.asked_kind,
                self.kind,
                self.with_weeks,
                self.shown.left_out,
            ),
            (self.found.is_live, self.found.is_whole, self.are_all_refusals),
            tuple((row.begins_at, row.workflow_id, *row.counts.items()) for row in self.shown.rows),
            tuple(_looks_of(self.workflows[pk]) for pk in self.by_workflow),
            (*self.medians.items(), *self.refusals),
        )


def _looks_of(workflow: WorkflowInstance) -> Hashable:
    channels = [(channel.position, channel.kind) for channel in workflow.channels.all()]
    names = (workflow.title, workflow.account.title, workflow.expects_callback)
    return (workflow.pk, *names, *channels)


def figures_of(period: Period, asked_kind: str, reading: Reading, *, with_weeks: bool) -> Figures:
    """Of the workflows that are read. They count everybody's messages."""
    starts = [period.since, period.before or period.since]
    if with_weeks:
        starts.append(statistics.period_start(7 * WEEKS))
    found = statistics.statistics_since(min(starts))
    if reading.hidden:
        rows = [row for row in found.rows if reading.reads_workflow(row.workflow_id)]
        found = found._replace(rows=rows)
    related = reading.workflows().select_related("account__pod").prefetch_related("channels")
    workflows = related.in_bulk({row.workflow_id for row in found.rows})
    kind = asked_kind if asked_kind in (LIVE, PRACTICE) else _usual_kind(reading)
    shown = _of_kind(kind, found.rows, workflows, period)
    by_workflow: dict[int, Counter[str]] = {}
    for row in shown.current:
        by_workflow.setdefault(row.workflow_id, Counter()).update(row.counts)
    first_id = statistics.first_id(period.since) or 0
    refusals: Sequence[statistics.RefusalCount] = []
    are_all = True
    if by_workflow:
        refusals, are_all = statistics.refusals(first_id, set(by_workflow))
    return Figures(
        period,
        reading,
        asked_kind,
        kind,
        with_weeks,
        found,
        shown,
        workflows,
        by_workflow,
        median_times(by_workflow, first_id),
        refusals,
        are_all,
    )


def _usual_kind(reading: Reading) -> str:
    """Practice while no message was ever recorded for an account outside the practice pod."""
    real = Account.objects.exclude(pk__in=Account.for_practice())
    has_real = any(reading.invocations().filter(account=account).exists() for account in real)
    return PRACTICE if not has_real and reading.invocations().exists() else LIVE


def _of_kind(
    kind: str,
    rows: Sequence[QuarterCounts],
    workflows: Mapping[int, WorkflowInstance],
    period: Period,
) -> Shown:
    ids = {
        pk
        for pk, workflow in workflows.items()
        if workflow.account.pod.is_practice == (kind == PRACTICE)
    }
    since = period.since
    current = [row for row in rows if row.begins_at >= since]
    others = [row.counts[statistics.RECORDED] for row in current if row.workflow_id not in ids]
    own = [row for row in rows if row.workflow_id in ids]
    return Shown(own, [row for row in own if row.begins_at >= since], sum(others))
