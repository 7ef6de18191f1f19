"""Removes what is kept for longer than its account and workflow say, a few messages at a time.

Each step is one short transaction that finds its rows by an index, so it can be killed at any
moment: what it has not removed yet, the next run finds.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import ensure_recordable, record
from invocations.models import Batch, CodeRemoval, Invocation, PurgeRun, WorkflowInstance
from invocations.models.step_size import StepSize
from invocations.privacy import batch_codes, codes
from invocations.privacy.removal import FINAL, remove_values

logger = logging.getLogger(__name__)

MOST, FIRST, FEWEST = 1_000, 200, 50
"""Messages of a step."""
A_LITTLE_SECONDS = 0.3
"""Of a sweep, which also sends."""
LOOKS_EVERY = 60.0
"""Seconds between two looks of a dispatcher that found nothing to remove."""
RUN_OF_DISPATCHER = timedelta(hours=1)
"""After which the trail gets what a dispatcher has removed."""

Step = Callable[[int], tuple[Counter[str], bool]]
"""Removes up to so many; returns what it removed, and whether there may be more."""


class Purge:
    """One process's work. `steps` yields after each step, and ends when nothing is due."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now
        self._size = StepSize(min(FIRST, MOST), fewest=FEWEST, most=MOST)
        self.slowest = 0.0
        """Seconds of the longest transaction."""

    @property
    def now(self) -> datetime:
        return self._now or timezone.now()

    def steps(self) -> Iterator[Counter[str]]:
        for workflow in WorkflowInstance.objects.select_related("account").order_by("pk"):
            yield from self._all(partial(_remove_old_values, workflow, self.now))
            if self._has_due_codes(workflow) and codes.may_have_codes(workflow):
                yield from self._all(partial(codes.remove_some, workflow, self.now))
        yield from self._all(lambda most: batch_codes.remove_some(self.now))
        yield from self._all(lambda most: _shorten_batches(self.now))

    def _has_due_codes(self, workflow: WorkflowInstance) -> bool:
        done = CodeRemoval.objects.filter(workflow=workflow).values_list("done_until", flat=True)
        ended = Q(final_at__lte=self.now - codes.CODES_KEPT_FOR)
        if since := done.first():
            ended &= Q(final_at__gte=since)
        unread = Invocation.objects.filter(FINAL, ended, workflow_instance=workflow)
        unread = unread.filter(values_removed_at__isnull=True, codes_removed_at__isnull=True)
        # Not `exists`: PostgreSQL then reads the table from its beginning, past all that is done.
        return bool(unread.order_by("final_at").values_list("pk", flat=True)[:1])

    def _all(self, step: Step) -> Iterator[Counter[str]]:
        more = True
        while more:
            started = time.monotonic()
            with transaction.atomic():
                removed, more = step(self._size.rows)
                _count(removed)
            took = time.monotonic() - started
            self.slowest = max(self.slowest, took)
            self._size.took(took)
            if removed or more:
                yield removed


def _remove_old_values(
    workflow: WorkflowInstance, now: datetime, most: int
) -> tuple[Counter[str], bool]:
    until = now - timedelta(days=workflow.effective_kept_days)
    due = Invocation.objects.filter(
        FINAL, workflow_instance=workflow, final_at__lte=until, values_removed_at__isnull=True
    )
    ids = list(due.order_by("final_at").values_list("pk", flat=True)[:most])
    if not ids:
        return Counter(), False
    return remove_values(ids, now), len(ids) == most


def _shorten_batches(now: datetime) -> tuple[Counter[str], bool]:
    """Rows of a batch are kept no longer than the values of its messages. The sweep deletes what
    is past its `delete_at` (`batches.retention`).
    """
    ended = Batch.objects.filter(state__in=Batch.ENDED, delete_at__gt=now, ended_at__isnull=False)
    late = [
        batch.pk
        for batch in ended.select_related("workflow__account").only(
            "ended_at", "workflow__values_kept_days", "workflow__account__values_kept_days"
        )
        if batch.ended_at
        and batch.ended_at + timedelta(days=batch.workflow.effective_kept_days) <= now
    ]
    shortened = Batch.objects.filter(pk__in=late, delete_at__gt=now).update(delete_at=now)
    return (Counter(batches=shortened) if shortened else Counter()), False


# --- runs -----------------------------------------------------------------------------------------


def _count(removed: Counter[str]) -> None:
    """Adds to the run that is under way, in the transaction that removes: no row, no deed."""
    if not removed:
        return
    ensure_recordable(verbs.PURGED)
    run, _is_new = PurgeRun.objects.select_for_update().get_or_create(pk=1)
    run.counts = dict(Counter(run.counts) + removed)
    run.save(update_fields=["counts"])


def end_run(before: datetime | None = None) -> Counter[str]:
    """Writes the run into the trail and ends it, unless it began after `before`.

    Returns what was removed in it; nothing without a run.
    """
    with transaction.atomic():
        runs = PurgeRun.objects.filter(Q(started_at__lte=before) if before else Q())
        run = runs.select_for_update().first()
        if run is None:
            return Counter()
        facts = {"since": run.started_at.isoformat(), "removed": run.counts}
        record(verbs.PURGED, by=None, facts=facts)
        run.delete()
        return Counter(run.counts)


class _Looks:
    """When this process looks again for what is due, by its monotonic clock."""

    next_at = 0.0


def purge_a_little(now: datetime) -> int:
    """Some steps, for the sweep also sends. Returns of how many rows it removed something.

    Where the trail cannot be written, nothing is removed, and sending goes on.
    """
    if time.monotonic() < _Looks.next_at:
        return 0
    try:
        return _some_steps(now)
    except IntegrityError as error:
        logger.error("nothing old can be removed: %s", type(error).__name__)
        _Looks.next_at = time.monotonic() + LOOKS_EVERY
        return 0


def _some_steps(now: datetime) -> int:
    started, removed, has_steps = time.monotonic(), 0, False
    for step in Purge(now).steps():
        removed, has_steps = removed + sum(step.values()), True
        if time.monotonic() > started + A_LITTLE_SECONDS:
            return removed
    if not has_steps:
        _Looks.next_at = time.monotonic() + LOOKS_EVERY
        end_run(before=now - RUN_OF_DISPATCHER)
    return removed
