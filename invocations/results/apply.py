"""Matches a result to its invocation, and updates the invocation from all of its results.

`inbox` stores a result in one transaction with `lock_match` and `update_from_results`. A result
that is stored already is matched by `match`, or by a person with `match_by_hand`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from invocations.composing import stage_moves, template_fields
from invocations.kaleyra.callbacks import (
    CLOCK_SKEW,
    ReportedChannel,
    combine,
    has_ended,
    is_dated_before,
    was_refused,
)
from invocations.models import Callback, ChannelResult, Invocation, WorkflowInstance
from invocations.results import matching
from invocations.sending import decisions, pause
from invocations.sending.ask_again import REPORTED_BEFORE_SENT
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)
Delivery, Stage = Invocation.Delivery, WorkflowInstance.Stage

MAX_LOCKED = 10
"""Invocations that are locked for one result."""
INVOCATION_COLUMNS = (
    "request_id",
    "workflow_invocation_id",
    "account_id",
    "status",
    "reason",
    "delivery",
    "created_at",
    "workflow_instance__expects_callback",
    "workflow_instance__stage",
    "version",
)
"""What is read of an invocation: its row is wide, and many results may come at once."""
RESULT_COLUMNS = (
    "invocation_id",
    "workflow_invocation_id",
    "execution_status",
    "ended_at",
    "received_at",
    "matched_by_id",
)
CHANNEL_COLUMNS = ("callback_id", "position", "code", "message_id", "started_at")


# --- match ----------------------------------------------------------------------------------------


def match(callback: Callback) -> bool:
    """Matches a stored result to the invocation that its ids name. Returns whether it did."""
    with transaction.atomic():
        invocation = lock_match(callback)
        return invocation is not None and _assign(callback, invocation)


class NotMatched(Exception):
    """The result cannot be matched to this invocation, and nothing was changed.

    `code`: `gone` (the result is matched already, or the invocation is not one of its account),
    `under_way` (the invocation is being sent), `other_id` (it has another Kaleyra id), or
    `has_result`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def match_by_hand(callback: Callback, invocation: Invocation, by: User) -> None:
    """Matches the result to `invocation`, as a person decided.

    Raises `NotMatched` if the result or the invocation has changed since the person saw it.
    """
    with transaction.atomic():
        locked = _lock(Q(pk=invocation.pk, account_id=callback.account_id))
        if not locked:
            raise NotMatched("gone")
        if code := _why_not_matched(callback, locked[0]):
            raise NotMatched(code)
        if not _assign(callback, locked[0], by):
            raise NotMatched("gone")
    logger.info(
        "result %s was matched to invocation %s by user %s",
        callback.pk,
        invocation.request_id,
        by.pk,
    )


def _why_not_matched(callback: Callback, locked: Invocation) -> str:
    """A code of `NotMatched`, or empty."""
    if unless_being_sent(locked) is None:
        return "under_way"
    if locked.workflow_invocation_id not in ("", callback.workflow_invocation_id):
        return "other_id"
    return "has_result" if locked.delivery == Delivery.COMPLETED else ""


def _assign(callback: Callback, invocation: Invocation, by: User | None = None) -> bool:
    """Assigns the result to the locked invocation unless it has one. Returns whether it did."""
    now = timezone.now()
    unmatched = Callback.objects.filter(pk=callback.pk, invocation__isnull=True)
    if not unmatched.update(invocation=invocation, matched_at=now, matched_by=by):
        return False
    update_from_results(invocation)
    callback.invocation, callback.matched_at, callback.matched_by = invocation, now, by
    return True


def lock_match(
    callback: Callback, channels: Sequence[ReportedChannel] | None = None
) -> Invocation | None:
    """The invocation of the result, locked: by its ids, or else by an answer that named them.

    None if there is none, if there are several, or while it is being sent. Also while it waits to
    be sent, unless the result shows that it may have left. `channels`: what a result says that is
    not stored yet.
    """
    named = _lock(matching.named_by([callback]))
    if any(matching.names_invocation(callback, row) for row in named):
        match = matching.only_match(callback, named)
        if match and match.status in Invocation.UNSENT:
            return match if _may_have_left(callback, channels) else None
        return unless_being_sent(match)
    invocation = _match_by_answer(callback)
    if invocation is None or not (locked := _lock(Q(pk=invocation.pk))):
        return None
    # Matched again under the lock: the invocation may have got another Kaleyra id meanwhile.
    return unless_being_sent(locked[0]) if _match_by_answer(callback) == locked[0] else None


def _may_have_left(callback: Callback, channels: Sequence[ReportedChannel] | None) -> bool:
    """Whether the result is of a flow that ran: one that was only refused sent nothing."""
    if channels is None:
        channels = _channels_of(callback)
    return not was_refused(callback.execution_status, channels)


def _match_by_answer(callback: Callback) -> Invocation | None:
    [matches] = matching.matches_by_answer([callback])
    return matching.certain_match(matches)


def _lock(condition: Q) -> list[Invocation]:
    """Locks the first few invocations that meet `condition`, in the order in which `sending` does.

    Holding the lock, two results of one invocation are applied one after the other.
    """
    invocations = (
        Invocation.objects.filter(condition)
        .select_related("workflow_instance")
        .only(*INVOCATION_COLUMNS)
    )
    return list(invocations.select_for_update(of=("self",)).order_by("pk")[:MAX_LOCKED])


def unless_being_sent(invocation: Invocation | None) -> Invocation | None:
    return invocation if invocation and invocation.status not in Invocation.UNSETTLED else None


# --- update the invocation ------------------------------------------------------------------------


class _Result(NamedTuple):
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


def update_from_results(
    invocation: Invocation,
    *,
    added: Callback | None = None,
    channels: Sequence[ReportedChannel] = (),
) -> None:
    """Sets the delivery of the locked invocation from all of its results together.

    `added`: a result that the caller has just stored, with its `channels`, which spares reading
    them back. A result that only says that the flow was refused changes neither a refusal nor an
    unknown outcome: it is shown beside it. A message that was not sent yet is held.
    """
    if invocation.status in Invocation.UNSENT and decisions.hold_reported(invocation):
        invocation.status, invocation.reason = Status.UNKNOWN, REPORTED_BEFORE_SENT
    results = _stored_results(invocation, without=added)
    if added:
        results.append(_Result(added, channels))
    if invocation.status in (Status.UNKNOWN, Status.REJECTED):
        results = [result for result in results if not result.was_refused]
    believed = [result for result in results if not result.is_doubtful(invocation)]
    is_held = invocation.status == Status.UNKNOWN and invocation.reason == REPORTED_BEFORE_SENT
    if is_held:
        believed = results = []  # a person settles it, with the result before them
    if believed and invocation.status == Status.UNKNOWN and decisions.confirm_accepted(invocation):
        invocation.status = Status.ACCEPTED
    columns = _columns_from(results, believed, invocation)
    Invocation.objects.filter(pk=invocation.pk).update(**columns)
    if believed and not invocation.workflow_instance.expects_callback:
        _expect_results_of(invocation.workflow_instance_id)
    if columns.get("deciding_channel") and invocation.workflow_instance.stage == Stage.DRAFT:
        # After the commit: the page of the workflow locks it before its messages.
        transaction.on_commit(partial(stage_moves.mark_tested, invocation.pk), robust=True)
    logger.info("invocation %s has a result", invocation.request_id)


def _stored_results(invocation: Invocation, without: Callback | None) -> list[_Result]:
    """The results of the invocation except `without`, in the order in which they came."""
    callbacks = invocation.callbacks.only(*RESULT_COLUMNS).prefetch_related(
        Prefetch("results", ChannelResult.objects.only(*CHANNEL_COLUMNS))
    )
    if without:
        callbacks = callbacks.exclude(pk=without.pk)
    return [_Result(callback, _channels_of(callback)) for callback in callbacks.order_by("pk")]


def _channels_of(callback: Callback) -> list[ReportedChannel]:
    names = ("position", "code", "message_id", "started_at")
    return [
        ReportedChannel(**{name: getattr(each, name) for name in names})
        for each in callback.results.all()
    ]


def _columns_from(
    results: Sequence[_Result], believed: Sequence[_Result], invocation: Invocation
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
            "deciding_channel": combined.deciding(
                lambda: len(template_fields.channels_as_sent(invocation))
            ),
            "may_be_double": combined.may_be_double,
        }
    elif believed and invocation.status == Status.ACCEPTED and not invocation.delivery:
        # The flow is still running, so its result is due.
        columns |= {
            "delivery": Delivery.AWAITING,
            "result_due_at": timezone.now() + invocation.workflow_instance.result_due_in,
        }
    return columns


def _ended_at(callback: Callback, invocation: Invocation) -> datetime:
    """When the flow ended: as reported if that is plausible, or else when the result came."""
    reported = callback.ended_at
    earliest = invocation.created_at - CLOCK_SKEW
    latest = callback.received_at + CLOCK_SKEW
    return reported if reported and earliest <= reported <= latest else callback.received_at


def _expect_results_of(workflow_instance_pk: int) -> None:
    """Expects results of the workflow from its first one on: a result that is missing is marked."""
    silent = WorkflowInstance.objects.filter(pk=workflow_instance_pk, expects_callback=False)
    if silent.update(expects_callback=True):
        logger.info("workflow %s reports its results", workflow_instance_pk)
        pause.record_history(WorkflowInstance, workflow_instance_pk, "first_result")
