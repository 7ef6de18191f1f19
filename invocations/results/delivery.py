"""What the results of an invocation, taken together, say of its delivery."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from invocations.composing import stage_moves, template_fields
from invocations.kaleyra.callbacks import (
    CLOCK_SKEW,
    FlowResult,
    ReportedChannel,
    combine,
    has_ended,
    is_dated_before,
    was_refused,
)
from invocations.models import Callback, ChannelResult, Invocation, WorkflowInstance
from invocations.models.bulk_update import update_each
from invocations.sending import decisions, pause
from invocations.sending.ask_again import REPORTED_BEFORE_SENT
from invocations.sending.outcomes import Status

logger = logging.getLogger(__name__)
Delivery, Stage = Invocation.Delivery, WorkflowInstance.Stage

RESULT_COLUMNS = (
    "invocation_id",
    "workflow_invocation_id",
    "execution_status",
    "ended_at",
    "received_at",
    "matched_by_id",
)
CHANNEL_COLUMNS = ("callback_id", "position", "code", "message_id", "started_at")


class Result(NamedTuple):
    """A callback, and the channels that it reports."""

    callback: Callback
    channels: Sequence[ReportedChannel]

    @property
    def has_ended(self) -> bool:
        return has_ended(self.callback.execution_status)

    @property
    def was_refused(self) -> bool:
        return was_refused(self.callback.execution_status, self.channels)

    def is_doubtful(self, invocation: Invocation) -> bool:
        """As `Callback.is_doubtful`."""
        starts = [channel.started_at for channel in self.channels]
        return self.callback.matched_by_id is None and is_dated_before(
            invocation.created_at, self.callback.ended_at, starts
        )


def stored_channels(callback: Callback) -> list[ReportedChannel]:
    names = ("position", "code", "message_id", "started_at")
    return [
        ReportedChannel(**{name: getattr(each, name) for name in names})
        for each in callback.results.all()
    ]


def update_from_results(
    invocations: Sequence[Invocation], added: Mapping[int, Sequence[Result]] | None = None
) -> None:
    """Sets the delivery of each locked invocation from all of its results together.

    `added`: by invocation, the results that the caller has just matched, which spares reading them
    back. A result that only says that the flow was refused changes neither a refusal nor an unknown
    outcome: it is shown beside it. A message that was not sent yet is held.
    """
    added = added or {}
    results = _stored_results(invocations, added)
    rows: dict[tuple[str, ...], list[tuple[Mapping[str, object], Mapping[str, object]]]]
    rows = defaultdict(list)
    first_results: set[int] = set()
    for invocation in invocations:
        columns, has_first = _columns_after(invocation, results[invocation.pk], invocations)
        rows[tuple(columns)].append(({"id": invocation.pk}, columns))
        if has_first:
            first_results.add(invocation.workflow_instance_id)
    for changes in rows.values():
        update_each(Invocation, changes)
    for workflow_instance_pk in sorted(first_results):
        _expect_results_of(workflow_instance_pk)


def _stored_results(
    invocations: Sequence[Invocation], added: Mapping[int, Sequence[Result]]
) -> dict[int, list[Result]]:
    """By invocation, its results in the order in which they came, including those `added`."""
    pks = [invocation.pk for invocation in invocations]
    callbacks = (
        Callback.objects.filter(invocation_id__in=pks)
        .exclude(pk__in=[each.callback.pk for results in added.values() for each in results])
        .only(*RESULT_COLUMNS)
        .prefetch_related(Prefetch("results", ChannelResult.objects.only(*CHANNEL_COLUMNS)))
    )
    by_invocation: dict[int, list[Result]] = {pk: list(added.get(pk, ())) for pk in pks}
    for callback in callbacks.order_by():
        by_invocation[callback.invocation_id or 0].append(
            Result(callback, stored_channels(callback))
        )
    for results in by_invocation.values():
        results.sort(key=lambda result: result.callback.pk)
    return by_invocation


def _columns_after(
    invocation: Invocation, results: list[Result], together: Sequence[Invocation]
) -> tuple[dict[str, object], bool]:
    """The columns to write, and whether this is a result of a workflow that expected none.

    `together`: the invocations whose versions are read in one query if one is needed.
    """
    if invocation.status in Invocation.UNSENT and decisions.hold_reported(invocation):
        invocation.status, invocation.reason = Status.UNKNOWN, REPORTED_BEFORE_SENT
    if invocation.status in (Status.UNKNOWN, Status.REJECTED):
        results = [result for result in results if not result.was_refused]
    believed = [result for result in results if not result.is_doubtful(invocation)]
    is_held = invocation.status == Status.UNKNOWN and invocation.reason == REPORTED_BEFORE_SENT
    if is_held:
        believed = results = []  # a person settles it, with the result before them
    if believed and invocation.status == Status.UNKNOWN and decisions.confirm_accepted(invocation):
        invocation.status = Status.ACCEPTED
    columns = _columns_from(results, believed, invocation, together)
    if columns.get("deciding_channel") and invocation.workflow_instance.stage == Stage.DRAFT:
        # After the commit: the page of the workflow locks it before its messages.
        transaction.on_commit(partial(stage_moves.mark_tested, invocation.pk), robust=True)
    logger.debug("invocation %s has a result", invocation.request_id)
    return columns, bool(believed) and not invocation.workflow_instance.expects_callback


def _columns_from(
    results: Sequence[Result],
    believed: Sequence[Result],
    invocation: Invocation,
    together: Sequence[Invocation],
) -> dict[str, object]:
    """A doubtful result ends the wait for one, and says nothing of any channel."""
    kaleyra_ids = (result.callback.workflow_invocation_id for result in believed)
    learned_id = next(filter(None, kaleyra_ids), "")
    columns: dict[str, object] = {
        "workflow_invocation_id": invocation.workflow_invocation_id or learned_id
    }
    ends = [_ended_at(result.callback, invocation) for result in results if result.has_ended]
    if ends:
        combined = combine(result.channels for result in believed)
        columns |= {
            "delivery": Delivery.COMPLETED,
            "result_at": min(ends),
            "deciding_channel": _deciding(combined, invocation, together),
            "may_be_double": combined.may_be_double,
        }
    elif believed and invocation.status == Status.ACCEPTED and not invocation.delivery:
        # The flow is still running, so its result is due.
        columns |= {
            "delivery": Delivery.AWAITING,
            "result_due_at": timezone.now() + invocation.workflow_instance.result_due_in,
        }
    return columns


def _deciding(
    combined: FlowResult, invocation: Invocation, together: Sequence[Invocation]
) -> int | None:
    def how_many() -> int:
        prefetch_related_objects(together, "version")
        return len(template_fields.channels_as_sent(invocation))

    return combined.deciding(how_many)


def _ended_at(callback: Callback, invocation: Invocation) -> datetime:
    """When the flow ended: as reported if that is plausible, or else when the result came."""
    reported = callback.ended_at
    earliest = invocation.created_at - CLOCK_SKEW
    latest = callback.received_at + CLOCK_SKEW
    return reported if reported and earliest <= reported <= latest else callback.received_at


@transaction.atomic
def _expect_results_of(workflow_instance_pk: int) -> None:
    """Expects results of the workflow from its first one on: a result that is missing is marked."""
    silent = WorkflowInstance.objects.filter(pk=workflow_instance_pk, expects_callback=False)
    if silent.update(expects_callback=True):
        logger.info("workflow %s reports its results", workflow_instance_pk)
        pause.record_history(WorkflowInstance, workflow_instance_pk, "first_result")
