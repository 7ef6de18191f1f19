"""Joins a result to its invocation, and updates the invocation from all its results together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from invocations.composing import template_fields
from invocations.kaleyra.callbacks import ReportedChannel, combine, has_ended, was_refused
from invocations.models import Callback, ChannelResult, Invocation, WorkflowInstance
from invocations.results import matching as whose
from invocations.sending import decisions, pause
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)
Delivery = Invocation.Delivery

CLOCKS_APART = timedelta(hours=1)
"""By how much Kaleyra's clock is believed to differ from ours. Beyond that a flow ended when its result came."""
MAX_CANDIDATES = 10
"""Invocations that one result may name, at most."""
TOLD_TO = (
    "request_id",
    "workflow_invocation_id",
    "account_id",
    "status",
    "reason",
    "delivery",
    "created_at",
    "workflow_instance__expects_callback",
    "version",
)
"""What has to be known of an invocation to tell it a result. Its row is wide, and results come in floods."""
ADDED_UP = (
    "invocation_id",
    "workflow_invocation_id",
    "execution_status",
    "ended_at",
    "received_at",
)
ADDED_UP_OF_A_CHANNEL = ("callback_id", "position", "code", "message_id")


def match(callback: Callback) -> bool:
    """Tells a kept result to the invocation whose id it names. Returns whether one was told."""
    with transaction.atomic():
        invocation = locked_invocation_of(callback)
        return invocation is not None and _join(callback, invocation)


class NotMatched(Exception):
    """Nothing was changed. `code`: `gone` (the result has a message, or the message is none of its account), `under_way`, `other_id`
    (the message has another id of Kaleyra's), `has_result`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def match_by_hand(callback: Callback, invocation: Invocation, by: User) -> None:
    """Tells the result to `invocation`, on the word of a person. Raises `NotJoined` where it is not as that person saw it any more."""
    with transaction.atomic():
        found = _locked(Q(pk=invocation.pk, account_id=callback.account_id))
        if not found:
            raise NotMatched("gone")
        if code := _why_not(callback, found[0]):
            raise NotMatched(code)
        if not _join(callback, found[0], by):
            raise NotMatched("gone")
    logger.info(
        "result %s was matched to invocation %s by user %s",
        callback.pk,
        invocation.request_id,
        by.pk,
    )


def _why_not(callback: Callback, locked: Invocation) -> str:
    """What has come between a suggestion and the person's word, as the code of a `NotJoined`."""
    if unless_being_sent(locked) is None:
        return "under_way"
    if locked.workflow_invocation_id not in ("", callback.workflow_invocation_id):
        return "other_id"
    return "has_result" if locked.delivery == Delivery.COMPLETED else ""


def _join(callback: Callback, invocation: Invocation, by: User | None = None) -> bool:
    """Tells the locked invocation the result, if that is still free. Returns whether it was."""
    now = timezone.now()
    free = Callback.objects.filter(pk=callback.pk, invocation__isnull=True)
    if not free.update(invocation=invocation, matched_at=now, matched_by=by):
        return False
    update_from_results(invocation, results_of(invocation))
    callback.invocation, callback.matched_at, callback.matched_by = invocation, now, by
    return True


def locked_invocation_of(callback: Callback) -> Invocation | None:
    """The invocation that the result names, locked, if it can be told; else the one of which a stored answer named it.

    Where several are named nothing is guessed.
    """
    found = _locked(whose.named_by([callback]))
    if any(whose.names_invocation(callback, each) for each in found):
        return unless_being_sent(whose.only_match(callback, found))
    [answered] = whose.matches_by_answer([callback])
    invocation = whose.certain_match(answered)
    if invocation is None or not (locked := _locked(Q(pk=invocation.pk))):
        return None
    [answered] = whose.matches_by_answer(
        [callback]
    )  # asked again under the lock: it may have learned of another flow meanwhile
    return unless_being_sent(locked[0]) if whose.certain_match(answered) == locked[0] else None


def _locked(which: Q) -> list[Invocation]:
    """The first few that `which` finds, in the order in which `sending` locks them.

    They stay locked: two results of one invocation are added up one after the other.
    """
    invocations = (
        Invocation.objects.filter(which).select_related("workflow_instance").only(*TOLD_TO)
    )
    return list(invocations.select_for_update(of=("self",)).order_by("pk")[:MAX_CANDIDATES])


def unless_being_sent(invocation: Invocation | None) -> Invocation | None:
    return invocation if invocation and invocation.status not in Invocation.UNSETTLED else None


class StoredResult(NamedTuple):
    """A result, and what it says of the channels."""

    callback: Callback
    channels: Sequence[ReportedChannel]


def results_of(invocation: Invocation) -> list[StoredResult]:
    """What the invocation was told, in the order in which it came."""
    kept = invocation.callbacks.only(*ADDED_UP).prefetch_related(
        Prefetch("results", ChannelResult.objects.only(*ADDED_UP_OF_A_CHANNEL))
    )
    return [
        StoredResult(
            callback,
            [
                ReportedChannel(each.position, code=each.code, message_id=each.message_id)
                for each in callback.results.all()
            ],
        )
        for callback in kept.order_by("pk")
    ]


def update_from_results(invocation: Invocation, told: Sequence[StoredResult]) -> None:
    """Shows in the locked invocation what all its results say together.

    A result that says that it was refused, and nothing more, is shown beside a refusal or an unknown outcome, and changes neither.
    """
    if invocation.status in (Status.UNKNOWN, Status.REJECTED):
        told = [
            each for each in told if not was_refused(each.callback.execution_status, each.channels)
        ]
    if told and invocation.status == Status.UNKNOWN and decisions.confirm_accepted(invocation):
        invocation.status = Status.ACCEPTED
    learned = next(
        (
            each.callback.workflow_invocation_id
            for each in told
            if each.callback.workflow_invocation_id
        ),
        "",
    )
    columns: dict[str, object] = {
        "workflow_invocation_id": invocation.workflow_invocation_id or learned
    }
    ends = [
        _ended_at(each.callback, invocation)
        for each in told
        if has_ended(each.callback.execution_status)
    ]
    if ends:
        result = combine(each.channels for each in told)
        columns |= {
            "delivery": Delivery.COMPLETED,
            "result_at": min(ends),
            "deciding_channel": result.deciding(
                lambda: len(template_fields.channels_as_sent(invocation))
            ),
            "may_be_double": result.may_be_double,
        }
    elif told and invocation.status == Status.ACCEPTED and not invocation.delivery:
        # It says that the flow runs: so its result is still to come.
        columns |= {
            "delivery": Delivery.AWAITING,
            "result_due_at": timezone.now() + invocation.workflow_instance.result_due_in,
        }
    Invocation.objects.filter(pk=invocation.pk).update(**columns)
    if not invocation.workflow_instance.expects_callback:
        _expect_results_of(invocation.workflow_instance_id)
    logger.info("invocation %s has a result", invocation.request_id)


def _ended_at(callback: Callback, invocation: Invocation) -> datetime:
    told = callback.ended_at
    plausible = (
        told and invocation.created_at - CLOCKS_APART <= told <= callback.received_at + CLOCKS_APART
    )
    return told if told and plausible else callback.received_at


def _expect_results_of(workflow_instance_pk: int) -> None:
    """From its first result on a workflow is known to report, and what does not come is missed."""
    if WorkflowInstance.objects.filter(pk=workflow_instance_pk, expects_callback=False).update(
        expects_callback=True
    ):
        logger.info("workflow %s reports its results", workflow_instance_pk)
        pause.record_history(WorkflowInstance, workflow_instance_pk, "first_result")
