"""Whose a result is: the message whose id it names, or the one that a stored answer named, or the one that it may be of.

Each question is asked for many results at once. Nothing here changes anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from invocations import sending
from invocations.answer_table import Status
from invocations.encryption import Unreadable, digests
from invocations.kaleyra import recipients
from invocations.kaleyra.callbacks import FlowResult, read_callback
from invocations.models import Attempt, Callback, ChannelResult, Invocation

Delivery = Invocation.Delivery

SUGGESTED_WITHIN = timedelta(hours=1)
"""How long after an outcome became unknown a flow may have begun whose result is suggested to be its own."""
A_MOMENT = timedelta(minutes=5)
"""By how much a flow may seem to have begun before the outcome became unknown."""
MOST_AT_ONCE = 500
FEW = 10
WIDE = ("payload", "reply", "note")
NO_ID = Q(Exact(Coalesce("workflow_invocation_id", "workflow_invocation_id"), ""))
"""Without an id of Kaleyra's, asked so that no index answers for it: that of the number finds fewer rows."""


def named(callbacks: Collection[Callback]) -> Q:
    """The invocations whose id a result names, Kaleyra's or ours; of any account (see `names`).

    The account is not asked for: SQLite would rather read all its messages than look two ids up. An id that none of them names is not
    asked for either: Django leaves an empty `in` out, while a condition that no row meets made SQLite read every row.
    """
    theirs = {callback.workflow_invocation_id for callback in callbacks} - {""}
    ours = {callback.request_id for callback in callbacks} - {None}
    return Q(workflow_invocation_id__in=theirs) | Q(request_id__in=ours)


def names(callback: Callback, invocation: Invocation) -> bool:
    """Whether the result names this invocation of its account."""
    by_theirs = callback.workflow_invocation_id and callback.workflow_invocation_id == invocation.workflow_invocation_id
    return callback.account_id == invocation.account_id and (bool(by_theirs) or callback.request_id == invocation.request_id)


def agrees(callback: Callback, invocation: Invocation) -> bool:
    """Whether Kaleyra's id and ours agree, where both are told and both are known. Else the result names two, of which we know one."""
    ours = {callback.request_id, invocation.request_id} - {None}
    return _agrees_on_theirs(callback, invocation) and len(ours) <= 1


class _Answer(NamedTuple):
    """What an answer named that settled nothing: `Attempt.answered_…`, and of whose attempt."""

    invocation_id: int
    account_id: int
    theirs: str
    request_id: uuid.UUID | None


def answered(callbacks: Collection[Callback]) -> list[list[Invocation]]:
    """For each result the invocations of which an answer that settled nothing named its ids.

    An answer that names the request id of another message of ours came for that one. A result that tells of another id, or of numbers
    that are not the invocation's, is not its own.
    """
    theirs = {callback.workflow_invocation_id for callback in callbacks} - {""}
    ours = {callback.request_id for callback in callbacks} - {None}
    if not theirs and not ours:
        return [[] for _callback in callbacks]
    # A partial index is used on SQLite only where the query says its condition again (https://www.sqlite.org/partialindex.html).
    asks = (Q(answered_invocation_id__in=theirs) & ~Q(answered_invocation_id="")) | Q(answered_request_id__in=ours)
    answers = Attempt.objects.filter(asks).order_by()
    columns = ("invocation_id", "invocation__account_id", "answered_invocation_id", "answered_request_id")
    kept = [_Answer(*row) for row in answers.values_list(*columns)[:MOST_AT_ONCE]]
    if not kept:
        return [[] for _callback in callbacks]
    about = Q(pk__in={answer.invocation_id for answer in kept}) | Q(request_id__in={answer.request_id for answer in kept} - {None})
    rows = list(Invocation.objects.filter(about).select_related("workflow_instance").defer(*WIDE).order_by("pk"))
    return [_of_its_answers(callback, [answer for answer in kept if _is_named(callback, answer)], rows) for callback in callbacks]


def _is_named(callback: Callback, answer: _Answer) -> bool:
    """Whether the answer named an id of the result's, and no other than the result does."""
    theirs, ours = {callback.workflow_invocation_id, answer.theirs} - {""}, {callback.request_id, answer.request_id} - {None}
    is_one = callback.workflow_invocation_id == answer.theirs != "" or (callback.request_id == answer.request_id and len(ours) == 1)
    return callback.account_id == answer.account_id and is_one and len(theirs) <= 1 and len(ours) <= 1


def _of_its_answers(callback: Callback, answers: Sequence[_Answer], rows: Sequence[Invocation]) -> list[Invocation]:
    if not answers:
        return []
    named_by_us = {row.request_id: row.pk for row in rows}
    pks = {named_by_us.get(answer.request_id, answer.invocation_id) for answer in answers if answer.request_id}
    pks |= {answer.invocation_id for answer in answers if not answer.request_id}
    numbers = _digests_of_numbers(said_in(callback))
    return [
        row
        for row in rows
        if row.pk in pks
        and row.account_id == callback.account_id
        and _agrees_on_theirs(callback, row)
        and (not numbers or numbers & _digests_of(row))
    ]


def _agrees_on_theirs(callback: Callback, invocation: Invocation) -> bool:
    return len({callback.workflow_invocation_id, invocation.workflow_invocation_id} - {""}) <= 1


def _digests_of_numbers(said: FlowResult) -> set[str]:
    """The digests of the whole numbers that a result tells, under every key."""
    numbers = {digits for digits, _hint in (number(channel.recipient) for channel in said.channels) if digits}
    return {digest for digits in numbers for digest in digests(digits, sending.DIGEST_OF_A_RECIPIENT)}


def _digests_of(invocation: Invocation) -> set[str]:
    return {invocation.recipient_digest, invocation.recipient2_digest} - {""}


class Standing(NamedTuple):
    """Why a result belongs to nobody, and the message that it may be of.

    `why`: the code of its problem (`FlowResult.problem`), or `under_way`, `several`, `unknown_id`.
    """

    why: str
    suggestion: Invocation | None = None


def standing(callback: Callback) -> Standing:
    """What can be said of a result that belongs to nobody yet."""
    return standings([callback])[0]


def suggestion(callback: Callback) -> Invocation | None:
    """The one message that the result may be of: to the same number, at about that time, without an ID of Kaleyra's. Two are none.

    That is one whose outcome is unknown, that a repetition showed to have been accepted, or that a person settled. It is shown to a
    person, who decides; nothing follows by itself.
    """
    return standing(callback).suggestion


def standings(callbacks: Sequence[Callback]) -> list[Standing]:
    """`standing` of each, in five statements whatever their number."""
    by_id = Invocation.objects.filter(named(callbacks)).order_by().only("request_id", "workflow_invocation_id", "account_id")
    found_by_id = list(by_id[:MOST_AT_ONCE])
    found: dict[int, Standing] = {}
    for callback in callbacks:
        candidates = [invocation for invocation in found_by_id if names(callback, invocation)]
        if candidates:
            found[callback.pk] = Standing("under_way" if len(candidates) == 1 and agrees(callback, candidates[0]) else "several")
    left = [callback for callback in callbacks if callback.pk not in found]
    for callback, by_answer in zip(left, answered(left), strict=True):
        if by_answer:
            found[callback.pk] = Standing("under_way" if len(by_answer) == 1 else "several")
    left = [callback for callback in left if callback.pk not in found]
    for callback, suggested in zip(left, _suggestions(left), strict=True):
        found[callback.pk] = Standing(callback.problem or "unknown_id", suggested)
    return [found[callback.pk] for callback in callbacks]


def _suggestions(callbacks: Sequence[Callback]) -> list[Invocation | None]:
    told = [(said, _digests_of_numbers(said)) for said in map(said_in, callbacks)]
    began = [
        min([channel.started_at for channel in said.channels if channel.started_at] + [callback.received_at])
        for callback, (said, _numbers) in zip(callbacks, told, strict=True)
    ]
    numbers = {digest for _said, each in told for digest in each}
    if not numbers:
        return [None] * len(callbacks)
    first, second = sending.ways_to_digests(numbers)
    settled = Q(status=Status.ACCEPTED) | Q(status=Status.REJECTED, reason="settled_not_delivered")
    has_no_result = Q(status=Status.UNKNOWN) | (settled & ~Q(delivery=Delivery.COMPLETED))
    found = list(
        Invocation.objects.filter(first | second, has_no_result, NO_ID)
        .order_by()
        .annotate(since=Coalesce("doubtful_since", "created_at"))
        .filter(since__gte=min(began) - SUGGESTED_WITHIN, since__lte=max(began) + A_MOMENT)
        .prefetch_related("workflow_instance")  # joined, SQLite may read all messages of each workflow
        .defer(*WIDE)[: MOST_AT_ONCE + 1]
    )
    if len(found) > MOST_AT_ONCE:
        return [None] * len(callbacks)  # among so many nobody knows whether there is one alone
    suggested: list[Invocation | None] = []
    for callback, (_said, each), moment in zip(callbacks, told, began, strict=True):
        earliest, latest = moment - SUGGESTED_WITHIN, moment + A_MOMENT
        fit = [
            row
            for row in found
            if row.account_id == callback.account_id
            and each & _digests_of(row)
            and earliest <= (row.doubtful_since or row.created_at) <= latest
        ]
        suggested.append(fit[0] if len(fit) == 1 else None)
    return suggested


def may_have_come(invocation: Invocation) -> bool:
    """Whether a result that belongs to nobody yet may be of this message: the other way round than `suggestion`."""
    if invocation.workflow_invocation_id or invocation.delivery == Delivery.COMPLETED:
        return False
    if invocation.status not in (Status.UNKNOWN, Status.ACCEPTED):
        return False
    told = ChannelResult.objects.filter(callback=OuterRef("pk"), recipient_digest__in=_digests_of(invocation))
    unmatched = Callback.objects.filter(invocation__isnull=True, set_aside_at__isnull=True, account=invocation.account_id)
    came = unmatched.filter(received_at__gte=invocation.created_at).filter(Exists(told)).order_by("-received_at")[:FEW]
    return any(each.suggestion == invocation for each in standings(list(came)))


def said_in(callback: Callback) -> FlowResult:
    """The result read again from its body; one without anything where no encryption key opens it."""
    try:
        return read_callback(callback.body.encode())
    except Unreadable:
        return FlowResult(problem="unreadable")


def number(text: str) -> tuple[str, str]:
    """A number's digits, and how everybody may see it. Without digits: it is none, or masked already ("9196208XXX")."""
    try:
        recipient = recipients.clean(text)
    except recipients.RecipientError:
        return "", f"…{text[-4:]}" if text else ""
    return recipient.digits, recipients.mask(recipient.formatted)
