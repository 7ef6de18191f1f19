"""Which invocation a result belongs to: by the ids in it, or by an answer that named those ids.

Every function takes many results at once. Nothing is changed here.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Q, QuerySet

from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Attempt, Callback, Invocation
from invocations.models.indexes import kaleyras_id_in
from invocations.results.numbers import NumberMatch, compare_numbers, read_again
from invocations.sending.outcomes import Status

Delivery = Invocation.Delivery

MAX_CANDIDATES = 500
FEW_RESULTS = 10
MAX_ROWS_READ = 8 * MAX_CANDIDATES
"""Rows read by the ids of many results. An id that more rows have is ambiguous anyway."""
WIDE_COLUMNS = ("payload", "reply", "note")
ID_MATCH_COLUMNS = (
    "request_id",
    "workflow_invocation_id",
    "account_id",
    "status",
    "reason",
    "delivery",
)


def unmatched_results() -> QuerySet[Callback]:
    """The results that were read and have no invocation, including those that were set aside."""
    return Callback.objects.filter(invocation__isnull=True, is_pending=False)


def results_to_review() -> QuerySet[Callback]:
    """The results without an invocation that nobody has set aside."""
    return unmatched_results().filter(set_aside_at__isnull=True)


def _ids_in(callbacks: Collection[Callback]) -> tuple[set[str], set[uuid.UUID]]:
    """The Kaleyra ids and the request ids that the results name."""
    kaleyra_ids = {callback.workflow_invocation_id for callback in callbacks} - {""}
    request_ids = {callback.request_id for callback in callbacks if callback.request_id}
    return kaleyra_ids, request_ids


# --- by the ids in the result ---------------------------------------------------------------------


def named_by(callbacks: Collection[Callback]) -> Q:
    """The invocations, of any account, that have a Kaleyra id or a request id of the results.

    The account is checked afterwards (`names_invocation`): with it in the query, SQLite reads all
    messages of the account instead of looking up two ids. A kind of id that no result names is an
    empty `in`, which Django leaves out; a condition that no row meets made SQLite read every row.
    """
    kaleyra_ids, request_ids = _ids_in(callbacks)
    return kaleyras_id_in(kaleyra_ids) | Q(request_id__in=request_ids)


def names_invocation(callback: Callback, invocation: Invocation) -> bool:
    """Whether the result names this invocation, and both are of the same account."""
    kaleyra_id = callback.workflow_invocation_id
    has_kaleyra_id = kaleyra_id != "" and kaleyra_id == invocation.workflow_invocation_id
    return callback.account_id == invocation.account_id and (
        has_kaleyra_id or callback.request_id == invocation.request_id
    )


def only_match(callback: Callback, found: Collection[Invocation]) -> Invocation | None:
    """The invocation of the result, among those that its ids find (`named_by`).

    None if the ids name no invocation, or two. A request id that none of them has was made up on
    the way: it is no reason against the Kaleyra id that came with the acceptance.
    """
    named = [invocation for invocation in found if names_invocation(callback, invocation)]
    if len(named) != 1 or not same_kaleyra_id(callback, named[0]):
        return None
    [invocation] = named
    if callback.request_id in (None, invocation.request_id):
        return invocation
    is_made_up = all(row.request_id != callback.request_id for row in found)
    was_accepted = invocation.status == Status.ACCEPTED and invocation.reason == "accepted"
    return invocation if was_accepted and is_made_up else None


def same_kaleyra_id(callback: Callback, invocation: Invocation) -> bool:
    """Whether the Kaleyra ids agree, where both have one."""
    return len({callback.workflow_invocation_id, invocation.workflow_invocation_id} - {""}) <= 1


def matches_by_id(callbacks: Collection[Callback]) -> list[list[Invocation]]:
    """For each result, the invocations of any account that one of its ids finds."""
    found = Invocation.objects.filter(named_by(callbacks)).order_by().only(*ID_MATCH_COLUMNS)
    return found_by_ids(callbacks, found[:MAX_ROWS_READ])


def found_by_ids(
    callbacks: Collection[Callback], found: Iterable[Invocation]
) -> list[list[Invocation]]:
    """For each result, those of the invocations that one of its ids finds."""
    by_id: dict[object, dict[int, Invocation]] = defaultdict(dict)
    for row in found:
        by_id[row.workflow_invocation_id][row.pk] = row
        by_id[row.request_id][row.pk] = row
    by_id.pop("", None)
    none: dict[int, Invocation] = {}
    return [
        list(
            {
                **by_id.get(callback.workflow_invocation_id, none),
                **by_id.get(callback.request_id, none),
            }.values()
        )
        for callback in callbacks
    ]


def certain_matches(callbacks: Sequence[Callback]) -> list[Invocation | None]:
    """For each result, its invocation by its ids or else by an answer. At most three queries."""
    matches: dict[int, Invocation | None] = {}
    for callback, found in zip(callbacks, matches_by_id(callbacks), strict=True):
        if any(names_invocation(callback, row) for row in found):
            matches[callback.pk] = only_match(callback, found)
    unnamed = [callback for callback in callbacks if callback.pk not in matches]
    for callback, by_answer in zip(unnamed, matches_by_answer(unnamed), strict=True):
        matches[callback.pk] = certain_match(by_answer)
    return [matches[callback.pk] for callback in callbacks]


# --- by an answer that settled nothing ------------------------------------------------------------


class AnswerMatch(NamedTuple):
    """An invocation of which an answer named the ids of a result.

    Not `is_certain`: only a person can decide whether the result belongs to it.
    """

    invocation: Invocation
    is_certain: bool


class _Answer(NamedTuple):
    """The ids in an answer that settled nothing (`Attempt.answered_…`), and its invocation."""

    invocation_id: int
    account_id: int
    own_request_id: uuid.UUID
    kaleyra_id: str
    request_id: uuid.UUID | None

    @property
    def about(self) -> uuid.UUID:
        """The request that it answered: the attempt's own one unless it names another."""
        return self.request_id or self.own_request_id


_ANSWER_COLUMNS = (
    "invocation_id",
    "invocation__account_id",
    "invocation__request_id",
    "answered_invocation_id",
    "answered_request_id",
)


def certain_match(by_answer: Sequence[AnswerMatch]) -> Invocation | None:
    return by_answer[0].invocation if len(by_answer) == 1 and by_answer[0].is_certain else None


def matches_by_answer(callbacks: Collection[Callback]) -> list[list[AnswerMatch]]:
    """For each result, the invocations of which an answer that settled nothing named its ids.

    An answer with the request id of another of our messages belongs to that one. A result with
    another id, or with other numbers than the invocation's, does not match. The match is certain if
    the result has the complete number of the invocation; or if it has no number, and the answer
    named one of our request ids.
    """
    answers = _answers_with_ids_of(callbacks)
    if not answers:
        return [[] for _callback in callbacks]
    by_id: dict[object, list[_Answer]] = defaultdict(list)
    for answer in answers:
        by_id[answer.kaleyra_id].append(answer)
        by_id[answer.request_id].append(answer)
    invocations = (
        Invocation.objects.filter(
            Q(pk__in={answer.invocation_id for answer in answers})
            | Q(request_id__in={answer.about for answer in answers})
        )
        .prefetch_related("workflow_instance")
        .defer(*WIDE_COLUMNS)
        .order_by("pk")
        .in_bulk()
    )
    return [
        _answer_matches(callback, _answers_naming(callback, by_id), invocations)
        for callback in callbacks
    ]


def _answers_with_ids_of(callbacks: Collection[Callback]) -> list[_Answer]:
    kaleyra_ids, request_ids = _ids_in(callbacks)
    if not kaleyra_ids and not request_ids:
        return []
    # SQLite uses a partial index only if the query repeats its condition
    # (https://www.sqlite.org/partialindex.html).
    has_id = Q(answered_invocation_id__in=kaleyra_ids) & ~Q(answered_invocation_id="")
    attempts = Attempt.objects.filter(has_id | Q(answered_request_id__in=request_ids)).order_by()
    return [_Answer(*row) for row in attempts.values_list(*_ANSWER_COLUMNS)[:MAX_ROWS_READ]]


def _answers_naming(callback: Callback, by_id: Mapping[object, Sequence[_Answer]]) -> set[_Answer]:
    """The answers that name an id of the result, and none that differs from the result's."""
    ids = {callback.workflow_invocation_id, callback.request_id} - {"", None}
    return {
        answer
        for each in ids
        for answer in by_id.get(each, ())
        if callback.account_id == answer.account_id
        and len({callback.workflow_invocation_id, answer.kaleyra_id} - {""}) <= 1
        and len({callback.request_id, answer.about} - {None}) <= 1
    }


def _answer_matches(
    callback: Callback, answers: Collection[_Answer], invocations: Mapping[int, Invocation]
) -> list[AnswerMatch]:
    flow = read_again(callback) if answers else FlowResult()
    if flow.other_request_id:
        return []
    pk_of = {row.request_id: pk for pk, row in invocations.items()}
    named = {pk_of[answer.about] for answer in answers if answer.about in pk_of}
    unnamed = {answer.invocation_id for answer in answers if answer.about not in pk_of}
    matches = []
    for row in (invocations[pk] for pk in sorted(named | unnamed)):
        numbers = compare_numbers(callback, flow, row)
        if (
            row.account_id == callback.account_id
            and same_kaleyra_id(callback, row)
            and numbers is not NumberMatch.ANOTHER
        ):
            is_certain = numbers is NumberMatch.ITS_OWN or (
                numbers is NumberMatch.NONE and row.pk in named
            )
            matches.append(AnswerMatch(row, is_certain))
    return matches
