"""Whose a result is: the message whose id it names, or the one that a stored answer named, or the one that it may be of.

Each question is asked for many results at once. Nothing here changes anything.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Q, QuerySet

from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Attempt, Callback, Invocation
from invocations.results.numbers import NumberMatch, compare_numbers, read_again
from invocations.sending.outcomes import Status

Delivery = Invocation.Delivery

MAX_CANDIDATES = 500
FEW_RESULTS = 10
MAX_ROWS_READ = 8 * MAX_CANDIDATES
"""Rows that the ids of many results find. Of an id that more rows have nobody knows which is meant."""
WIDE_COLUMNS = ("payload", "reply", "note")
FOUND_BY_ID = ("request_id", "workflow_invocation_id", "account_id", "status", "reason", "delivery")


def unmatched_results() -> QuerySet[Callback]:
    """The results that belong to nobody yet, those that were set aside too."""
    return Callback.objects.filter(invocation__isnull=True)


def results_to_review() -> QuerySet[Callback]:
    """The results that belong to nobody yet, and that nobody has set aside."""
    return unmatched_results().filter(set_aside_at__isnull=True)


# --- by the id that it names ------------------------------------------------------------------------------------------


def named_by(callbacks: Collection[Callback]) -> Q:
    """The invocations whose id a result names, Kaleyra's or ours; of any account (see `names`).

    The account is not asked for: SQLite would rather read all its messages than look two ids up. An id that none of them names is not
    asked for either: Django leaves an empty `in` out, while a condition that no row meets made SQLite read every row.
    """
    theirs = {callback.workflow_invocation_id for callback in callbacks} - {""}
    ours = {callback.request_id for callback in callbacks} - {None}
    return Q(workflow_invocation_id__in=theirs) | Q(request_id__in=ours)


def names_invocation(callback: Callback, invocation: Invocation) -> bool:
    """Whether the result names this invocation of its account."""
    by_theirs = (
        callback.workflow_invocation_id
        and callback.workflow_invocation_id == invocation.workflow_invocation_id
    )
    return callback.account_id == invocation.account_id and (
        bool(by_theirs) or callback.request_id == invocation.request_id
    )


def only_match(callback: Callback, found: Collection[Invocation]) -> Invocation | None:
    """Of the messages that its ids find (`named`, of all accounts) the one whose result it is. None where its ids name two, or nobody.

    A request id that no message of ours has was made up on the way: it says nothing against the id that an acceptance told.
    """
    its = [invocation for invocation in found if names_invocation(callback, invocation)]
    if len(its) != 1:
        return None
    ours = {callback.request_id, its[0].request_id} - {None}
    is_made_up = all(invocation.request_id != callback.request_id for invocation in found)
    was_told = its[0].status == Status.ACCEPTED and its[0].reason == "accepted"
    return (
        its[0]
        if same_kaleyra_id(callback, its[0]) and (len(ours) == 1 or (was_told and is_made_up))
        else None
    )


def same_kaleyra_id(callback: Callback, invocation: Invocation) -> bool:
    """Whether Kaleyra's id is the same where the result names one and the message has one."""
    return len({callback.workflow_invocation_id, invocation.workflow_invocation_id} - {""}) <= 1


def matches_by_id(callbacks: Collection[Callback]) -> list[list[Invocation]]:
    """For each result the invocations, of any account, that one of its ids finds."""
    rows: dict[object, dict[int, Invocation]] = defaultdict(dict)
    for row in (
        Invocation.objects.filter(named_by(callbacks)).order_by().only(*FOUND_BY_ID)[:MAX_ROWS_READ]
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


def certain_matches(callbacks: Sequence[Callback]) -> list[Invocation | None]:
    """For each result the one message whose own it is, by its ids or by what an answer said; in three statements at most."""
    found = dict(
        zip((callback.pk for callback in callbacks), matches_by_id(callbacks), strict=True)
    )
    is_named = {
        callback.pk: any(names_invocation(callback, row) for row in found[callback.pk])
        for callback in callbacks
    }
    left = [callback for callback in callbacks if not is_named[callback.pk]]
    by_answer = dict(zip((callback.pk for callback in left), matches_by_answer(left), strict=True))
    return [
        only_match(callback, found[callback.pk])
        if is_named[callback.pk]
        else certain_match(by_answer[callback.pk])
        for callback in callbacks
    ]


# --- by an answer that settled nothing --------------------------------------------------------------------------------


class AnswerMatch(NamedTuple):
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


def certain_match(by_answer: Sequence[AnswerMatch]) -> Invocation | None:
    return by_answer[0].invocation if len(by_answer) == 1 and by_answer[0].is_certain else None


def matches_by_answer(callbacks: Collection[Callback]) -> list[list[AnswerMatch]]:
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
    every = [_Answer(*row) for row in answers.values_list(*columns)[:MAX_ROWS_READ]]
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
        .defer(*WIDE_COLUMNS)
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
) -> list[AnswerMatch]:
    said = read_again(callback) if answers else FlowResult()
    if said.other_request_id:
        return []
    by_request_id = {row.request_id: pk for pk, row in rows.items()}
    ours = {by_request_id[answer.about] for answer in answers if answer.about in by_request_id}
    others = {answer.invocation_id for answer in answers if answer.about not in by_request_id}
    found = []
    for row in (rows[pk] for pk in sorted(ours | others)):
        tells = compare_numbers(callback, said, row)
        if (
            row.account_id == callback.account_id
            and same_kaleyra_id(callback, row)
            and tells is not NumberMatch.ANOTHER
        ):
            found.append(
                AnswerMatch(
                    row,
                    tells is NumberMatch.ITS_OWN or (tells is NumberMatch.NONE and row.pk in ours),
                )
            )
    return found
