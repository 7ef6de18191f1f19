"""Whose a result is: the message whose id it names, or the one that a stored answer named, or the one that it may be of.

Each question is asked for many results at once. Nothing here changes anything.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from invocations.composing import template_fields
from invocations.kaleyra import recipients
from invocations.kaleyra.callbacks import FlowResult, read_callback
from invocations.models import Attempt, Callback, Channel, ChannelResult, Invocation
from invocations.models.encryption import Unreadable, digests
from invocations.models.recipients import DIGEST_OF_A_RECIPIENT, ways_to_digests
from invocations.sending.outcomes import Status

Delivery = Invocation.Delivery

SUGGESTED_WITHIN = timedelta(hours=1)
"""How long after an outcome became unknown a flow may have begun whose result is suggested to be its own."""
A_MOMENT = timedelta(minutes=5)
"""By how much a flow may seem to have begun before the outcome became unknown."""
SEEMS_EARLIER = timedelta(seconds=30)
"""By how much a flow may seem to have ended before its message was posted."""
MOST_AT_ONCE = 500
FEW = 10
MOST_READ = 8 * MOST_AT_ONCE
"""Rows that the ids of many results find. Of an id that more rows have nobody knows which is meant."""
WIDE = ("payload", "reply", "note")
NO_ID = Q(Exact(Coalesce("workflow_invocation_id", "workflow_invocation_id"), ""))
"""Without an id of Kaleyra's, asked so that no index answers for it: that of the number finds fewer rows."""
FOUND_BY_ID = ("request_id", "workflow_invocation_id", "account_id", "status", "reason", "delivery")


def unmatched() -> QuerySet[Callback]:
    """The results that belong to nobody yet, those that were set aside too."""
    return Callback.objects.filter(invocation__isnull=True)


def to_look_at() -> QuerySet[Callback]:
    """The results that belong to nobody yet, and that nobody has set aside."""
    return unmatched().filter(set_aside_at__isnull=True)


# --- by the id that it names ------------------------------------------------------------------------------------------


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
    by_theirs = (
        callback.workflow_invocation_id
        and callback.workflow_invocation_id == invocation.workflow_invocation_id
    )
    return callback.account_id == invocation.account_id and (
        bool(by_theirs) or callback.request_id == invocation.request_id
    )


def the_one(callback: Callback, found: Collection[Invocation]) -> Invocation | None:
    """Of the messages that its ids find (`named`, of all accounts) the one whose result it is. None where its ids name two, or nobody.

    A request id that no message of ours has was made up on the way: it says nothing against the id that an acceptance told.
    """
    its = [invocation for invocation in found if names(callback, invocation)]
    if len(its) != 1:
        return None
    ours = {callback.request_id, its[0].request_id} - {None}
    is_made_up = all(invocation.request_id != callback.request_id for invocation in found)
    was_told = its[0].status == Status.ACCEPTED and its[0].reason == "accepted"
    return (
        its[0]
        if _agrees_on_theirs(callback, its[0]) and (len(ours) == 1 or (was_told and is_made_up))
        else None
    )


def _agrees_on_theirs(callback: Callback, invocation: Invocation) -> bool:
    """Whether Kaleyra's id is the same where the result names one and the message has one."""
    return len({callback.workflow_invocation_id, invocation.workflow_invocation_id} - {""}) <= 1


def _found_by_id(callbacks: Collection[Callback]) -> list[list[Invocation]]:
    """For each result the invocations, of any account, that one of its ids finds."""
    rows: dict[object, dict[int, Invocation]] = defaultdict(dict)
    for row in (
        Invocation.objects.filter(named(callbacks)).order_by().only(*FOUND_BY_ID)[:MOST_READ]
    ):
        for key in (row.workflow_invocation_id, row.request_id):
            rows[key][row.pk] = row
    rows.pop("", None)
    none: dict[int, Invocation] = {}
    return [
        list(
            (
                rows.get(callback.workflow_invocation_id, none)
                | rows.get(callback.request_id, none)
            ).values()
        )
        for callback in callbacks
    ]


def certain(callbacks: Sequence[Callback]) -> list[Invocation | None]:
    """For each result the one message whose own it is, by its ids or by what an answer said; in three statements at most."""
    found = dict(zip((callback.pk for callback in callbacks), _found_by_id(callbacks), strict=True))
    is_named = {
        callback.pk: any(names(callback, row) for row in found[callback.pk])
        for callback in callbacks
    }
    left = [callback for callback in callbacks if not is_named[callback.pk]]
    by_answer = dict(zip((callback.pk for callback in left), answered(left), strict=True))
    return [
        the_one(callback, found[callback.pk])
        if is_named[callback.pk]
        else certain_of(by_answer[callback.pk])
        for callback in callbacks
    ]


# --- by an answer that settled nothing --------------------------------------------------------------------------------


class ByAnswer(NamedTuple):
    """A message of which an answer named the ids of a result; not certain where only a person can say whether it is its own."""

    invocation: Invocation
    is_certain: bool


class _Answer(NamedTuple):
    """What an answer named that settled nothing: `Attempt.answered_…`, and of whose attempt."""

    invocation_id: int
    account_id: int
    own_request_id: uuid.UUID
    theirs: str
    request_id: uuid.UUID | None

    @property
    def about(self) -> uuid.UUID:
        """The request that it answered, as far as it says: its own if it names no other."""
        return self.request_id or self.own_request_id


def certain_of(by_answer: Sequence[ByAnswer]) -> Invocation | None:
    return by_answer[0].invocation if len(by_answer) == 1 and by_answer[0].is_certain else None


def answered(callbacks: Collection[Callback]) -> list[list[ByAnswer]]:
    """For each result the invocations of which an answer that settled nothing named its ids.

    An answer that names the request id of another message of ours came for that one. A result that tells of another id, or of numbers
    that are not the invocation's, is not its own. It certainly is where it tells its number, whole; or tells none, and the answer named
    a request of ours.
    """
    theirs = {callback.workflow_invocation_id for callback in callbacks} - {""}
    ours = {callback.request_id for callback in callbacks} - {None}
    if not theirs and not ours:
        return [[] for _callback in callbacks]
    # A partial index is used on SQLite only where the query says its condition again (https://www.sqlite.org/partialindex.html).
    asks = (Q(answered_invocation_id__in=theirs) & ~Q(answered_invocation_id="")) | Q(
        answered_request_id__in=ours
    )
    answers = Attempt.objects.filter(asks).order_by()
    columns = (
        "invocation_id",
        "invocation__account_id",
        "invocation__request_id",
        "answered_invocation_id",
        "answered_request_id",
    )
    every = [_Answer(*row) for row in answers.values_list(*columns)[:MOST_READ]]
    if not every:
        return [[] for _callback in callbacks]
    kept: dict[object, list[_Answer]] = defaultdict(list)
    for answer in every:
        kept[answer.theirs].append(answer)
        kept[answer.request_id].append(answer)
    about = Q(pk__in={answer.invocation_id for answer in every}) | Q(
        request_id__in={answer.about for answer in every}
    )
    rows = (
        Invocation.objects.filter(about)
        .prefetch_related("workflow_instance")
        .defer(*WIDE)
        .order_by("pk")
        .in_bulk()
    )
    return [_of_its_answers(callback, _that_name(callback, kept), rows) for callback in callbacks]


def _that_name(callback: Callback, kept: Mapping[object, Sequence[_Answer]]) -> set[_Answer]:
    """The answers that named an id of the result's, and no other than the result does."""
    keys = {callback.workflow_invocation_id, callback.request_id} - {"", None}
    return {
        answer
        for key in keys
        for answer in kept.get(key, ())
        if callback.account_id == answer.account_id
        and len({callback.workflow_invocation_id, answer.theirs} - {""}) <= 1
        and len({callback.request_id, answer.about} - {None}) <= 1
    }


def _of_its_answers(
    callback: Callback, answers: Collection[_Answer], rows: Mapping[int, Invocation]
) -> list[ByAnswer]:
    said = said_in(callback) if answers else FlowResult()
    if said.other_request_id:
        return []
    by_request_id = {row.request_id: pk for pk, row in rows.items()}
    ours = {by_request_id[answer.about] for answer in answers if answer.about in by_request_id}
    others = {answer.invocation_id for answer in answers if answer.about not in by_request_id}
    found = []
    for row in (rows[pk] for pk in sorted(ours | others)):
        tells = number_told(callback, said, row)
        if (
            row.account_id == callback.account_id
            and _agrees_on_theirs(callback, row)
            and tells is not Number.ANOTHER
        ):
            found.append(
                ByAnswer(row, tells is Number.ITS_OWN or (tells is Number.NONE and row.pk in ours))
            )
    return found


# --- by the number ----------------------------------------------------------------------------------------------------


class Number(StrEnum):
    """What the numbers that a result tells have to do with a message."""

    ITS_OWN = "its own"
    ANOTHER = "another"
    """At least one is a whole number to which the message was not sent."""
    UNCLEAR = "unclear"
    """At least one is no whole number, or cannot be read any more."""
    NONE = "none"


def number_told(callback: Callback, said: FlowResult, invocation: Invocation) -> Number:
    """Whether each number that the result tells is one of the invocation's: with its country code, or as its country writes it at home."""
    if said.problem == "unreadable":
        # No key opens the body any more. What was kept of its numbers still tells whether they are these.
        kept = (
            {result.recipient_digest for result in callback.results.all()} if callback.pk else set()
        )
        found = {
            _whether(digest in _digests_of(invocation)) if digest else Number.UNCLEAR
            for digest in kept
        } or {Number.UNCLEAR}
    else:
        found = {
            _is_to(channel.recipient, invocation) for channel in said.channels if channel.recipient
        }
    order = (Number.ANOTHER, Number.UNCLEAR, Number.ITS_OWN)
    return next((each for each in order if each in found), Number.NONE)


def _is_to(text: str, invocation: Invocation) -> Number:
    digits, _hint = number(text)
    hints = (invocation.recipient_hint, invocation.recipient2_hint)
    codes = {code for hint in hints if (code := recipients.calling_code(hint)) is not None}
    readings = ({digits} - {""}) | {
        each.digits for each in recipients.in_national_form(text, codes)
    }
    if not readings:
        return Number.UNCLEAR
    return _whether(bool(_digests_of(invocation) & _digests_of_numbers(readings)))


def _whether(is_its_own: bool) -> Number:
    return Number.ITS_OWN if is_its_own else Number.ANOTHER


def _digests_told(callback: Callback, said: FlowResult) -> set[str]:
    """The digests of the whole numbers that a result tells, under every key."""
    if said.problem == "unreadable":
        return {result.recipient_digest for result in callback.results.all()} - {""}
    return _digests_of_numbers(
        {
            digits
            for digits, _hint in (number(channel.recipient) for channel in said.channels)
            if digits
        }
    )


def _digests_of_numbers(numbers: Iterable[str]) -> set[str]:
    return {digest for digits in numbers for digest in digests(digits, DIGEST_OF_A_RECIPIENT)}


def _digests_of(invocation: Invocation) -> set[str]:
    return {invocation.recipient_digest, invocation.recipient2_digest} - {""}


# --- what a person is told --------------------------------------------------------------------------------------------


class Standing(NamedTuple):
    """Why a result belongs to nobody, and the message that it may be of.

    `why`: the code of its problem (`FlowResult.problem`), or `under_way`, `waits` (its message has not been sent yet), `several`,
    `disagrees` (its ids are not those of one message), `answered` (an answer named its id, which is not enough), `unknown_id`.
    """

    why: str
    suggestion: Invocation | None = None


def standing(callback: Callback) -> Standing:
    """What can be said of a result that belongs to nobody yet."""
    return standings([callback])[0]


def suggestion(callback: Callback) -> Invocation | None:
    """The one message that the result may be of: to the same number, at about that time, without an ID of Kaleyra's. Two are none.

    That is one whose outcome is unknown, that a repetition showed to have been accepted, or that a person settled; or one that an
    answer or an id of the result names, without being enough. It is shown to a person, who decides; nothing follows by itself.
    """
    return standing(callback).suggestion


def standings(callbacks: Sequence[Callback]) -> list[Standing]:
    """`standing` of each, in nine statements at most whatever their number."""
    standing_of: dict[int, Standing] = {}
    for callback, found in zip(callbacks, _found_by_id(callbacks), strict=True):
        its = [invocation for invocation in found if names(callback, invocation)]
        if its:
            standing_of[callback.pk] = _standing_by_id(callback, its, the_one(callback, found))
    left = [callback for callback in callbacks if callback.pk not in standing_of]
    for callback, by_answer in zip(left, answered(left), strict=True):
        if by_answer:
            standing_of[callback.pk] = _standing_by_answer(by_answer)
    left = [callback for callback in left if callback.pk not in standing_of]
    for callback, suggested in zip(left, _suggestions(left), strict=True):
        standing_of[callback.pk] = Standing(callback.problem or "unknown_id", suggested)
    return [standing_of[callback.pk] for callback in callbacks]


def _standing_by_id(
    callback: Callback, its: Sequence[Invocation], the_one: Invocation | None
) -> Standing:
    if the_one:
        return _on_its_way_to(the_one)
    ids = {row.request_id for row in its}
    if len(its) > 1 and callback.request_id not in ids:
        return Standing("several")
    fits = (
        len(its) == 1
        and _agrees_on_theirs(callback, its[0])
        and its[0].delivery != Delivery.COMPLETED
    )
    return Standing("disagrees", its[0] if fits else None)


def _standing_by_answer(by_answer: Sequence[ByAnswer]) -> Standing:
    if the_one := certain_of(by_answer):
        return _on_its_way_to(the_one)
    if len(by_answer) > 1:
        return Standing("several")
    row = by_answer[0].invocation
    return Standing("answered", row if _may_be_joined(row) else None)


def _on_its_way_to(invocation: Invocation) -> Standing:
    return Standing("waits" if invocation.status in (Status.QUEUED, Status.HELD) else "under_way")


def _may_be_joined(row: Invocation) -> bool:
    """Whether nothing is known of it that a result would contradict: the outcome was unknown, or a person settled it; it has no result."""
    settled = row.status == Status.ACCEPTED or (
        row.status == Status.REJECTED and row.reason == "settled_not_delivered"
    )
    return row.status == Status.UNKNOWN or (settled and row.delivery != Delivery.COMPLETED)


_SETTLED = Q(status=Status.ACCEPTED) | Q(status=Status.REJECTED, reason="settled_not_delivered")
MAY_BE_JOINED = Q(status=Status.UNKNOWN) | (_SETTLED & ~Q(delivery=Delivery.COMPLETED))
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
    said = said_in(callback)
    began = min(
        [channel.started_at for channel in said.channels if channel.started_at]
        + [callback.received_at]
    )
    ended = min(callback.ended_at or callback.received_at, callback.received_at)
    return _Asked(callback, said, _digests_told(callback, said), began, ended)


UNDER_WAY = Q(status__in=(Status.QUEUED, Status.SENDING)) | Q(
    status=Status.ACCEPTED, delivery=Delivery.AWAITING
)
"""Messages that may still turn out to be the ones whose result came."""


def _suggestions(callbacks: Sequence[Callback]) -> list[Invocation | None]:
    asked = [_asked(callback) for callback in callbacks]
    numbers = {digest for each in asked for digest in each.digests}
    if not numbers:
        return [None] * len(callbacks)
    first, second = ways_to_digests(numbers)
    in_time = Q(
        since__gte=min(each.earliest for each in asked),
        since__lte=max(each.latest for each in asked),
    )
    found = list(
        Invocation.objects.annotate(since=Coalesce("doubtful_since", "created_at"))
        .filter(first | second, UNDER_WAY | (MAY_BE_JOINED & NO_ID & in_time))
        .order_by()
        # Not joined: SQLite may read all messages of each workflow then.
        .prefetch_related("version", "workflow_instance__channels")
        .defer(*WIDE)[: MOST_AT_ONCE + 1]
    )
    if len(found) > MOST_AT_ONCE:
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
        and number_told(asked.callback, asked.said, row) is Number.ITS_OWN
    ]
    if any(_is_under_way(row, asked) for row in theirs):
        return None
    fit = [
        row
        for row in theirs
        if _may_be_joined(row)
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
    kinds = {
        channel.position: channel.kind for channel in template_fields.channels_at_the_time(row)
    }
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


def may_have_come(invocation: Invocation) -> bool:
    """Whether a result that belongs to nobody yet may be of this message: the other way round than `suggestion`."""
    if invocation.workflow_invocation_id or not _may_be_joined(invocation):
        return False
    told = ChannelResult.objects.filter(
        callback=OuterRef("pk"), recipient_digest__in=_digests_of(invocation)
    )
    came = to_look_at().filter(
        Exists(told), account=invocation.account_id, received_at__gte=invocation.created_at
    )
    return any(
        each.suggestion == invocation
        for each in standings(list(came.order_by("-received_at")[:FEW]))
    )


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
