"""Matches a result to its invocation, under a lock, and has the invocation updated.

`pending` matches many results at once with `lock_matches_by_ids`. A result that was not matched
then is matched by `match`, or by a person with `match_by_hand`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.models import Callback, Invocation
from invocations.results import matching
from invocations.results.delivery import Result, stored_channels, update_from_results
from invocations.results.removed import forget_late_bodies
from invocations.sending.decisions import facts_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)
Delivery = Invocation.Delivery

MAX_LOCKED = 10
"""Invocations that are locked for each result."""
INVOCATION_COLUMNS = (
    "request_id",
    "workflow_invocation_id",
    "account_id",
    "status",
    "reason",
    "delivery",
    "created_at",
    "recipient_digest",
    "recipient_hint",
    "recipient2_digest",
    "recipient2_hint",
    "workflow_instance__expects_callback",
    "workflow_instance__stage",
    "version",
    "values_removed_at",
)
"""What is read of an invocation: its row is wide, and many results may come at once."""


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
        record(verbs.RESULT_MATCHED, by=by, about=locked[0], facts=facts_of(locked[0]))
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
    unmatched = matching.unmatched_results().filter(pk=callback.pk)
    if not unmatched.update(invocation=invocation, matched_at=now, matched_by=by):
        return False
    update_from_results([invocation])
    forget_late_bodies([invocation])
    callback.invocation, callback.matched_at, callback.matched_by = invocation, now, by
    return True


def lock_match(callback: Callback) -> Invocation | None:
    """The invocation of the result, locked: by its ids, or else by an answer that named them.

    None if there is none, if there are several, or while it is being sent. Also while it waits to
    be sent, unless the result shows that it may have left.
    """
    [match] = lock_matches_by_ids([Result(callback, stored_channels(callback))])
    if match.is_named:
        return match.invocation
    invocation = _match_by_answer(callback)
    if invocation is None or not (locked := _lock(Q(pk=invocation.pk))):
        return None
    # Matched again under the lock: the invocation may have got another Kaleyra id meanwhile.
    return unless_being_sent(locked[0]) if _match_by_answer(callback) == locked[0] else None


class MatchById(NamedTuple):
    """Whether the ids of a result name an invocation, and the one that takes the result, if any."""

    is_named: bool
    invocation: Invocation | None


def lock_matches_by_ids(results: Sequence[Result]) -> list[MatchById]:
    """For each result, its invocation by its ids, locked. One query for all of them."""
    callbacks = [result.callback for result in results]
    locked = _lock(matching.named_by(callbacks), MAX_LOCKED * len(callbacks))
    found = matching.found_by_ids(callbacks, locked)
    return [_match_by_ids(*each) for each in zip(results, found, strict=True)]


def _match_by_ids(result: Result, found: Collection[Invocation]) -> MatchById:
    if not any(matching.names_invocation(result.callback, row) for row in found):
        return MatchById(is_named=False, invocation=None)
    match = matching.only_match(result.callback, found)
    if match and match.status in Invocation.UNSENT:
        # A flow that was only refused sent nothing: the message has not left.
        return MatchById(True, None if result.was_refused else match)
    return MatchById(True, unless_being_sent(match))


def _match_by_answer(callback: Callback) -> Invocation | None:
    [matches] = matching.matches_by_answer([callback])
    return matching.certain_match(matches)


def _lock(condition: Q, limit: int = MAX_LOCKED) -> list[Invocation]:
    """Locks the first few invocations that meet `condition`, in the order in which `sending` does.

    Holding the lock, two results of one invocation are applied one after the other.
    """
    invocations = (
        Invocation.objects.filter(condition)
        .select_related("workflow_instance")
        .only(*INVOCATION_COLUMNS)
    )
    return list(invocations.select_for_update(of=("self",)).order_by("pk")[:limit])


def unless_being_sent(invocation: Invocation | None) -> Invocation | None:
    return invocation if invocation and invocation.status not in Invocation.UNSETTLED else None
