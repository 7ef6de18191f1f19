"""Which invocation an unmatched result may belong to, for a person to decide."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from invocations.composing import template_fields
from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Attempt, Callback, Channel, ChannelResult, Invocation
from invocations.models.recipients import sent_to_digests
from invocations.results.matching import (
    FEW_RESULTS,
    MAX_CANDIDATES,
    WIDE_COLUMNS,
    AnswerMatch,
    certain_match,
    matches_by_answer,
    matches_by_id,
    names_invocation,
    only_match,
    results_to_review,
    same_kaleyra_id,
)
from invocations.results.numbers import (
    NumberMatch,
    compare_numbers,
    digests_in_result,
    read_again,
    recipient_digests,
)
from invocations.sending.outcomes import Status

Delivery = Invocation.Delivery

SUGGESTED_WITHIN = timedelta(hours=1)
"""How long after an outcome became unknown a flow may have begun whose result is suggested to be its own."""
A_MOMENT = timedelta(minutes=5)
"""By how much a flow may seem to have begun before the outcome became unknown."""
SEEMS_EARLIER = timedelta(seconds=30)
"""By how much a flow may seem to have ended before its message was posted."""
NO_ID = Q(Exact(Coalesce("workflow_invocation_id", "workflow_invocation_id"), ""))
"""Without an id of Kaleyra's, asked so that no index answers for it: that of the number finds fewer rows."""


class Diagnosis(NamedTuple):
    """Why a result belongs to nobody, and the message that it may be of.

    `why`: the code of its problem (`FlowResult.problem`), or `under_way`, `waits` (its message has not been sent yet), `several`,
    `disagrees` (its ids are not those of one message), `answered` (an answer named its id, which is not enough), `unknown_id`.
    """

    why: str
    suggestion: Invocation | None = None


def diagnose(callback: Callback) -> Diagnosis:
    """What can be said of a result that belongs to nobody yet."""
    return diagnose_all([callback])[0]


def suggestion(callback: Callback) -> Invocation | None:
    """The one message that the result may be of: to the same number, at about that time, without an ID of Kaleyra's. Two are none.

    That is one whose outcome is unknown, that a repetition showed to have been accepted, or that a person settled; or one that an
    answer or an id of the result names, without being enough. It is shown to a person, who decides; nothing follows by itself.
    """
    return diagnose(callback).suggestion


def diagnose_all(callbacks: Sequence[Callback]) -> list[Diagnosis]:
    """`standing` of each, in nine statements at most whatever their number."""
    standing_of: dict[int, Diagnosis] = {}
    for callback, found in zip(callbacks, matches_by_id(callbacks), strict=True):
        its = [invocation for invocation in found if names_invocation(callback, invocation)]
        if its:
            standing_of[callback.pk] = _standing_by_id(callback, its, only_match(callback, found))
    left = [callback for callback in callbacks if callback.pk not in standing_of]
    for callback, by_answer in zip(left, matches_by_answer(left), strict=True):
        if by_answer:
            standing_of[callback.pk] = _standing_by_answer(by_answer)
    left = [callback for callback in left if callback.pk not in standing_of]
    for callback, suggested in zip(left, _suggestions(left), strict=True):
        standing_of[callback.pk] = Diagnosis(callback.problem or "unknown_id", suggested)
    return [standing_of[callback.pk] for callback in callbacks]


def _standing_by_id(
    callback: Callback, its: Sequence[Invocation], the_one: Invocation | None
) -> Diagnosis:
    if the_one:
        return _on_its_way_to(the_one)
    ids = {row.request_id for row in its}
    if len(its) > 1 and callback.request_id not in ids:
        return Diagnosis("several")
    fits = (
        len(its) == 1
        and same_kaleyra_id(callback, its[0])
        and its[0].delivery != Delivery.COMPLETED
    )
    return Diagnosis("disagrees", its[0] if fits else None)


def _standing_by_answer(by_answer: Sequence[AnswerMatch]) -> Diagnosis:
    if the_one := certain_match(by_answer):
        return _on_its_way_to(the_one)
    if len(by_answer) > 1:
        return Diagnosis("several")
    row = by_answer[0].invocation
    return Diagnosis("answered", row if may_take_result(row) else None)


def _on_its_way_to(invocation: Invocation) -> Diagnosis:
    return Diagnosis("waits" if invocation.status in Invocation.UNSENT else "under_way")


def may_take_result(row: Invocation) -> bool:
    """Whether nothing is known of it that a result would contradict: the outcome was unknown, or a person settled it; it has no result."""
    settled = row.status == Status.ACCEPTED or (
        row.status == Status.REJECTED and row.reason == "settled_not_delivered"
    )
    return row.status == Status.UNKNOWN or (settled and row.delivery != Delivery.COMPLETED)


_SETTLED = Q(status=Status.ACCEPTED) | Q(status=Status.REJECTED, reason="settled_not_delivered")
MAY_TAKE_RESULT = Q(status=Status.UNKNOWN) | (_SETTLED & ~Q(delivery=Delivery.COMPLETED))
"""`_may_be_joined` as a question to the database."""


class _Asked(NamedTuple):
    """What a suggestion is asked by: a result, what it says, and when its flow ran."""

    callback: Callback
    said: FlowResult
    digests: set[str]
    began: datetime
    ended: datetime

    @property
    def earliest(self) -> datetime:
        return self.began - SUGGESTED_WITHIN

    @property
    def latest(self) -> datetime:
        """No message that was posted later, or recorded later, can have begun this flow."""
        return min(self.began + A_MOMENT, self.ended + SEEMS_EARLIER)


def _asked(callback: Callback) -> _Asked:
    said = read_again(callback)
    began = min(
        [channel.started_at for channel in said.channels if channel.started_at]
        + [callback.received_at]
    )
    ended = min(callback.ended_at or callback.received_at, callback.received_at)
    return _Asked(callback, said, digests_in_result(callback, said), began, ended)


UNDER_WAY = Q(status__in=Invocation.UNDER_WAY) | Q(
    status=Status.ACCEPTED, delivery=Delivery.AWAITING
)
"""Messages that may still turn out to be the ones whose result came."""


def _suggestions(callbacks: Sequence[Callback]) -> list[Invocation | None]:
    asked = [_asked(callback) for callback in callbacks]
    numbers = {digest for each in asked for digest in each.digests}
    if not numbers:
        return [None] * len(callbacks)
    first, second = sent_to_digests(numbers)
    in_time = Q(
        since__gte=min(each.earliest for each in asked),
        since__lte=max(each.latest for each in asked),
    )
    found = list(
        Invocation.objects.annotate(since=Coalesce("doubtful_since", "created_at"))
        .filter(first | second, UNDER_WAY | (MAY_TAKE_RESULT & NO_ID & in_time))
        .order_by()
        # Not joined: SQLite may read all messages of each workflow then.
        .prefetch_related("version", "workflow_instance__channels")
        .defer(*WIDE_COLUMNS)[: MAX_CANDIDATES + 1]
    )
    if len(found) > MAX_CANDIDATES:
        return [None] * len(callbacks)  # among so many nobody knows whether there is one alone
    only = [_the_only(each, found) for each in asked]
    named = _named_by_answers_of({row.pk for row in only if row})
    return [
        row
        if row
        and _has_these_channels(row, each.said)
        and _no_answer_contradicts(each.callback, each.said, named[row.pk])
        else None
        for each, row in zip(asked, only, strict=True)
    ]


def _the_only(asked: _Asked, found: Sequence[Invocation]) -> Invocation | None:
    """The only one to this number, at that time, whose result is not known to be another. None while one may still turn out to be."""
    theirs = [
        row
        for row in found
        if row.account_id == asked.callback.account_id
        and row.created_at <= asked.latest
        and compare_numbers(asked.callback, asked.said, row) is NumberMatch.ITS_OWN
    ]
    if any(_is_under_way(row, asked) for row in theirs):
        return None
    fit = [
        row
        for row in theirs
        if may_take_result(row)
        and not row.workflow_invocation_id
        and asked.earliest <= (row.doubtful_since or row.created_at) <= asked.latest
    ]
    return fit[0] if len(fit) == 1 else None


def _is_under_way(row: Invocation, asked: _Asked) -> bool:
    """Whether it may still turn out to be the one: its id is not known yet, or the result tells none of Kaleyra's that could differ."""
    if row.status == Status.QUEUED:
        return row.not_before is None or row.not_before <= asked.latest
    awaits_any = row.delivery == Delivery.AWAITING and not asked.callback.workflow_invocation_id
    return row.status == Status.SENDING or (awaits_any and bool(row.workflow_invocation_id))


def _has_these_channels(row: Invocation, said: FlowResult) -> bool:
    """Whether the flow that was invoked has the channels that the result tells of, in this order."""
    kinds = {channel.position: channel.kind for channel in template_fields.channels_as_sent(row)}
    told = [channel for channel in said.channels if channel.kind in Channel.Kind.values]
    return all(kinds.get(channel.position) == channel.kind for channel in told)


def _named_by_answers_of(pks: Collection[int]) -> dict[int, list[tuple[str, uuid.UUID | None]]]:
    named: dict[int, list[tuple[str, uuid.UUID | None]]] = {pk: [] for pk in pks}
    said_any = ~Q(answered_invocation_id="") | Q(answered_request_id__isnull=False)
    for pk, theirs, request_id in (
        Attempt.objects.filter(said_any, invocation_id__in=pks)
        .order_by()
        .values_list("invocation_id", "answered_invocation_id", "answered_request_id")
    ):
        named[pk].append((theirs, request_id))
    return named


def _no_answer_contradicts(
    callback: Callback, said: FlowResult, named: Iterable[tuple[str, uuid.UUID | None]]
) -> bool:
    """Whether no answer to the message named another flow, or another request, than the result does."""
    request = callback.request_id or said.other_request_id or None
    return all(
        len({callback.workflow_invocation_id, theirs} - {""}) <= 1
        and len({request, request_id} - {None}) <= 1
        for theirs, request_id in named
    )


def may_have_unmatched_result(invocation: Invocation) -> bool:
    """Whether a result that belongs to nobody yet may be of this message: the other way round than `suggestion`."""
    if invocation.workflow_invocation_id or not may_take_result(invocation):
        return False
    told = ChannelResult.objects.filter(
        callback=OuterRef("pk"), recipient_digest__in=recipient_digests(invocation)
    )
    came = results_to_review().filter(
        Exists(told), account=invocation.account_id, received_at__gte=invocation.created_at
    )
    return any(
        each.suggestion == invocation
        for each in diagnose_all(list(came.order_by("-received_at")[:FEW_RESULTS]))
    )
