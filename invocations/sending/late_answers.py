"""Answers that were read after their lease: the row was settled by the clock, or sent again.

The clock only guesses that an attempt was interrupted; an answer knows. So an acceptance settles a
row that is unknown, and a refusal settles one that no other attempt can have got in. What a person
has settled keeps the person's verdict, beside the answer that contradicts it. The attempt's own row
gets what it read.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from invocations.models import Attempt, Invocation
from invocations.sending.attempt import Result
from invocations.sending.claim import Claim
from invocations.sending.outcome_columns import Columns, answer_of
from invocations.sending.outcomes import Outcome, Status

SETTLED_THEN_ACCEPTED = "settled_then_accepted"
"""The reason of a message that a person settled as not delivered, and that an answer accepted."""


class LockedRow(NamedTuple):
    """Columns of an invocation under its lock."""

    pk: int
    status: str
    reason: str
    attempt_count: int
    delivery: str
    workflow_invocation_id: str


def store(
    claim: Claim, result: Result, of_invocation: Columns, of_attempt: Columns, row: LockedRow
) -> None:
    """Stores a late result on its attempt, and on its locked row what it proves.

    `of_invocation`, `of_attempt`: the columns of a result in time (`outcome_columns`).
    """
    if result.reply is None:
        return
    if of_invocation["status"] == Status.ACCEPTED:
        _accept(of_invocation, row)
        of_attempt |= _ids_until_settled(of_invocation, row)
    elif of_invocation["status"] == Status.REJECTED and _is_only_chance(claim, row):
        Invocation.objects.filter(pk=row.pk).update(**of_invocation)
    unread = Q(outcome=Outcome.UNDER_WAY) | Q(reason="interrupted")
    Attempt.objects.filter(unread, pk=claim.attempt.pk).update(**of_attempt)


def _accept(of_invocation: Columns, row: LockedRow) -> None:
    if row.reason in ("settled_not_delivered", SETTLED_THEN_ACCEPTED):
        answer = ("http_status", *answer_of(None), "provider_timestamp", "workflow_invocation_id")
        columns = {name: of_invocation[name] for name in answer}
        _update(row, {**columns, "reason": SETTLED_THEN_ACCEPTED})
    elif row.status == Status.ACCEPTED:
        # A person, a result or a repetition said so before, without Kaleyra's id.
        _update(row, {"workflow_invocation_id": of_invocation["workflow_invocation_id"]})
    elif row.status != Status.SENDING:
        _update(row, of_invocation)


def _update(row: LockedRow, columns: Columns) -> None:
    """Sets `columns`, except what the row has learned of its doubt and result meanwhile."""
    kept = {"doubtful_since", "doubt_count"}
    kept |= {"delivery", "result_due_at"} if row.delivery else set()
    kept |= {"workflow_invocation_id"} if row.workflow_invocation_id else set()
    changes = {name: value for name, value in columns.items() if name not in kept}
    if changes:
        Invocation.objects.filter(pk=row.pk).update(**changes)


def _ids_until_settled(of_invocation: Columns, row: LockedRow) -> Columns:
    """While a later attempt is under way, the id stays with this one (`accept_by_earlier…`)."""
    if row.status != Status.SENDING:
        return {}
    return {"answered_invocation_id": of_invocation["workflow_invocation_id"]}


def _is_only_chance(claim: Claim, row: LockedRow) -> bool:
    """Whether no other attempt than the refused one can have got in, and nobody has settled it."""
    by_the_clock = row.status == Status.UNKNOWN or row.reason == "confirmed_by_duplicate"
    others = Attempt.objects.filter(
        invocation=row.pk, outcome__in=[Outcome.ACCEPTED, Outcome.DOUBTFUL, Outcome.UNDER_WAY]
    ).exclude(pk=claim.attempt.pk)
    return by_the_clock and not row.delivery and not claim.in_doubt and not others.exists()


def accept_by_earlier_attempt(pks: Collection[int], now: datetime) -> None:
    """Accepts the unknown ones among the locked rows of which an earlier attempt was accepted.

    Its answer came late, while a later attempt was under way.
    """
    if not pks:
        return
    accepted = Attempt.objects.filter(
        invocation_id__in=pks, invocation__status__in=Invocation.OPEN, outcome=Outcome.ACCEPTED
    ).select_related("invocation__workflow_instance")
    for attempt in accepted.order_by("pk"):
        row = attempt.invocation
        columns: Columns = {
            "status": Status.ACCEPTED,
            "reason": attempt.reason,
            "due_at": None,
            "final_at": now,
            "http_status": attempt.http_status,
            "error_kind": "",
            **answer_of(attempt.number),
        }
        if not row.workflow_invocation_id:
            columns["workflow_invocation_id"] = attempt.answered_invocation_id
        workflow = row.workflow_instance
        if workflow.expects_callback and not row.delivery:
            columns["delivery"] = Invocation.Delivery.AWAITING
            columns["result_due_at"] = now + workflow.result_due_in
        Invocation.objects.filter(pk=row.pk).update(**columns)
