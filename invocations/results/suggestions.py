"""Why a result is unmatched, and which invocation it may belong to, for a person to decide."""

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

BEGAN_AFTER_DOUBT = timedelta(hours=1)
"""A flow may have begun up to this long after the outcome became unknown."""
BEGAN_BEFORE_DOUBT = timedelta(minutes=5)
"""A flow may seem to have begun up to this long before the outcome became unknown."""
ENDED_BEFORE_POST = timedelta(seconds=30)
"""A flow may seem to have ended up to this long before its message was posted."""
NO_KALEYRA_ID = Q(Exact(Coalesce("workflow_invocation_id", "workflow_invocation_id"), ""))
"""`COALESCE(x, x)` keeps the planner off the index of ids: that of recipients is more selective."""


class Diagnosis(NamedTuple):
    """Why a result is unmatched, and the message that it may belong to.

    `why`: its `FlowResult.problem`, or `under_way` (its message is being sent), `waits` (its
    message has not been sent yet), `several`, `disagrees` (its ids are not those of one message),
    `answered` (an answer named its id, which is no proof), or `unknown_id`.
    """

    why: str
    suggestion: Invocation | None = None


def diagnose(callback: Callback) -> Diagnosis:
    return diagnose_all([callback])[0]


def suggestion(callback: Callback) -> Invocation | None:
    """The one message that the result may belong to, for a person to decide; None if two may.

    It was sent to the same number at about that time, and has no Kaleyra id; and its outcome is
    unknown, a repetition showed that it was accepted, or a person settled it. Or an answer or an id
    of the result names it, without proving it.
    """
    return diagnose(callback).suggestion


def diagnose_all(callbacks: Sequence[Callback]) -> list[Diagnosis]:
    """The diagnosis of each unmatched result, in at most nine queries for all of them."""
    diagnoses: dict[int, Diagnosis] = {}
    for callback, found in zip(callbacks, matches_by_id(callbacks), strict=True):
        named = [invocation for invocation in found if names_invocation(callback, invocation)]
        if named:
            match = only_match(callback, found)
            diagnoses[callback.pk] = _diagnose_by_id(callback, named, match)
    rest = [callback for callback in callbacks if callback.pk not in diagnoses]
    for callback, by_answer in zip(rest, matches_by_answer(rest), strict=True):
        if by_answer:
            diagnoses[callback.pk] = _diagnose_by_answer(by_answer)
    rest = [callback for callback in rest if callback.pk not in diagnoses]
    for callback, suggested in zip(rest, _suggestions(rest), strict=True):
        diagnoses[callback.pk] = Diagnosis(callback.problem or "unknown_id", suggested)
    return [diagnoses[callback.pk] for callback in callbacks]


def _diagnose_by_id(
    callback: Callback, named: Sequence[Invocation], match: Invocation | None
) -> Diagnosis:
    if match:
        return _not_applied_yet(match)
    if len(named) > 1:
        has_own_request_id = any(row.request_id == callback.request_id for row in named)
        return Diagnosis("disagrees" if has_own_request_id else "several")
    [row] = named
    may_suggest = same_kaleyra_id(callback, row) and row.delivery != Delivery.COMPLETED
    return Diagnosis("disagrees", row if may_suggest else None)


def _diagnose_by_answer(by_answer: Sequence[AnswerMatch]) -> Diagnosis:
    if match := certain_match(by_answer):
        return _not_applied_yet(match)
    if len(by_answer) > 1:
        return Diagnosis("several")
    row = by_answer[0].invocation
    return Diagnosis("answered", row if may_take_result(row) else None)


def _not_applied_yet(invocation: Invocation) -> Diagnosis:
    return Diagnosis("waits" if invocation.status in Invocation.UNSENT else "under_way")


# --- the rule: which message may take a result ----------------------------------------------------


_SAID_NOT_DELIVERED = ("settled_not_delivered", "settled_then_accepted")


def may_take_result(row: Invocation) -> bool:
    """Whether a result would contradict nothing that is known of the message.

    Its outcome is unknown; or Kaleyra accepted it or a person settled it, and it has no result yet.
    `MAY_TAKE_RESULT` is the same rule as a query.
    """
    settled = row.status == Status.ACCEPTED or (
        row.status == Status.REJECTED and row.reason in _SAID_NOT_DELIVERED
    )
    return row.status == Status.UNKNOWN or (settled and row.delivery != Delivery.COMPLETED)


_SETTLED = Q(status=Status.ACCEPTED) | Q(status=Status.REJECTED, reason__in=_SAID_NOT_DELIVERED)
MAY_TAKE_RESULT = Q(status=Status.UNKNOWN) | (_SETTLED & ~Q(delivery=Delivery.COMPLETED))
"""`may_take_result` as a query; a property test compares the two."""


# --- by number and time ---------------------------------------------------------------------------


class _Query(NamedTuple):
    """A result, the digests of the numbers in it, and when its flow ran."""

    callback: Callback
    flow: FlowResult
    digests: set[str]
    began: datetime
    ended: datetime

    @property
    def earliest(self) -> datetime:
        return self.began - BEGAN_AFTER_DOUBT

    @property
    def latest(self) -> datetime:
        """A message that was recorded or posted later cannot have started this flow."""
        return min(self.began + BEGAN_BEFORE_DOUBT, self.ended + ENDED_BEFORE_POST)


def _query_for(callback: Callback) -> _Query:
    flow = read_again(callback)
    starts = [channel.started_at for channel in flow.channels if channel.started_at]
    began = min([*starts, callback.received_at])
    ended = min(callback.ended_at or callback.received_at, callback.received_at)
    return _Query(callback, flow, digests_in_result(callback, flow), began, ended)


RESULT_STILL_DUE = Q(status__in=Invocation.UNDER_WAY) | Q(
    status=Status.ACCEPTED, delivery=Delivery.AWAITING
)
"""Messages that may still turn out to be the one whose result it is."""


def _suggestions(callbacks: Sequence[Callback]) -> list[Invocation | None]:
    """For each result, the only message to its number at its time. None for all if too many fit."""
    queries = [_query_for(callback) for callback in callbacks]
    candidates = _candidates(queries)
    if not candidates or len(candidates) > MAX_CANDIDATES:
        return [None] * len(callbacks)
    only = [_only_candidate(query, candidates) for query in queries]
    ids_in_answers = _ids_in_answers({row.pk for row in only if row})
    return [
        row
        if row
        and _has_these_channels(row, query.flow)
        and _no_answer_contradicts(query, ids_in_answers[row.pk])
        else None
        for query, row in zip(queries, only, strict=True)
    ]


def _candidates(queries: Sequence[_Query]) -> list[Invocation]:
    """Messages to any number in the results that may take one: at most `MAX_CANDIDATES` + 1."""
    digests = {digest for query in queries for digest in query.digests}
    if not digests:
        return []
    first, second = sent_to_digests(digests)
    in_time = Q(
        since__gte=min(query.earliest for query in queries),
        since__lte=max(query.latest for query in queries),
    )
    rows = (
        Invocation.objects.annotate(since=Coalesce("doubtful_since", "created_at"))
        .filter(first | second, RESULT_STILL_DUE | (MAY_TAKE_RESULT & NO_KALEYRA_ID & in_time))
        .order_by()
        # With a join, SQLite may read all messages of each workflow.
        .prefetch_related("version", "workflow_instance__channels")
        .defer(*WIDE_COLUMNS)
    )
    return list(rows[: MAX_CANDIDATES + 1])


def _only_candidate(query: _Query, candidates: Sequence[Invocation]) -> Invocation | None:
    """The only message to this number, at that time, that may take the result.

    None while another message to this number may still turn out to be the one.
    """
    same_number = [
        row
        for row in candidates
        if row.account_id == query.callback.account_id
        and row.created_at <= query.latest
        and compare_numbers(query.callback, query.flow, row) is NumberMatch.ITS_OWN
    ]
    if any(_may_still_match(row, query) for row in same_number):
        return None
    fitting = [
        row
        for row in same_number
        if may_take_result(row)
        and not row.workflow_invocation_id
        and query.earliest <= (row.doubtful_since or row.created_at) <= query.latest
    ]
    return fitting[0] if len(fitting) == 1 else None


def _may_still_match(row: Invocation, query: _Query) -> bool:
    """Whether the result may be that of a message that is not finished.

    Its Kaleyra id is not stored yet; or it awaits a result, and this one has no Kaleyra id that
    could differ.
    """
    if row.status == Status.QUEUED:
        return row.not_before is None or row.not_before <= query.latest
    awaits_any = row.delivery == Delivery.AWAITING and not query.callback.workflow_invocation_id
    return row.status == Status.SENDING or (awaits_any and bool(row.workflow_invocation_id))


def _has_these_channels(row: Invocation, flow: FlowResult) -> bool:
    """Whether the invoked flow has the channels in the result, in this order."""
    kinds = {channel.position: channel.kind for channel in template_fields.channels_as_sent(row)}
    reported = [channel for channel in flow.channels if channel.kind in Channel.Kind.values]
    return all(kinds.get(channel.position) == channel.kind for channel in reported)


_AnswerIds = tuple[str, uuid.UUID | None]
"""The Kaleyra id and the request id in an answer."""


def _ids_in_answers(pks: Collection[int]) -> dict[int, list[_AnswerIds]]:
    ids: dict[int, list[_AnswerIds]] = {pk: [] for pk in pks}
    has_id = ~Q(answered_invocation_id="") | Q(answered_request_id__isnull=False)
    attempts = Attempt.objects.filter(has_id, invocation_id__in=pks).order_by()
    columns = ("invocation_id", "answered_invocation_id", "answered_request_id")
    for pk, kaleyra_id, request_id in attempts.values_list(*columns):
        ids[pk].append((kaleyra_id, request_id))
    return ids


def _no_answer_contradicts(query: _Query, ids_in_answers: Iterable[_AnswerIds]) -> bool:
    """Whether no answer to the message named another flow, or another request, than the result."""
    own_kaleyra_id = query.callback.workflow_invocation_id
    own_request_id = query.callback.request_id or query.flow.other_request_id or None
    return all(
        len({own_kaleyra_id, kaleyra_id} - {""}) <= 1
        and len({own_request_id, request_id} - {None}) <= 1
        for kaleyra_id, request_id in ids_in_answers
    )


def may_have_unmatched_result(invocation: Invocation) -> bool:
    """Whether an unmatched result may belong to the message: the reverse of `suggestion`."""
    if invocation.workflow_invocation_id or not may_take_result(invocation):
        return False
    same_number = ChannelResult.objects.filter(
        callback=OuterRef("pk"), recipient_digest__in=recipient_digests(invocation)
    )
    later = results_to_review().filter(
        Exists(same_number), account=invocation.account_id, received_at__gte=invocation.created_at
    )
    newest = list(later.order_by("-received_at")[:FEW_RESULTS])
    return any(each.suggestion == invocation for each in diagnose_all(newest))
