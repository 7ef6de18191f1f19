"""Stores the results of attempts: on messages and attempts, then on accounts and workflows."""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from invocations.models import ApiKey, Attempt, Invocation
from invocations.models.bulk_update import update_each
from invocations.sending import late_answers, pause, rate_limit
from invocations.sending.attempt import Result
from invocations.sending.claim import Claim
from invocations.sending.late_answers import LockedRow
from invocations.sending.lookups import Lookups
from invocations.sending.outcome_columns import Columns, columns_after
from invocations.sending.outcomes import Effect, Status
from invocations.sending.todays_setup import TodaysSetup

logger = logging.getLogger(__name__)


class _Update(NamedTuple):
    """The columns to write for one result."""

    claim: Claim
    result: Result
    invocation: Columns
    attempt: Columns


def store_outcomes(results: Sequence[tuple[Claim, Result]]) -> None:
    """Writes the results in one transaction; then slows, pauses or resumes what they call for.

    A result that came after its lease was settled by the clock, or followed by a later attempt:
    `late_answers` stores what it still proves.
    """
    now = timezone.now()
    lookups = Lookups([claim for claim, _result in results])
    updates = [_update_for(claim, result, now, lookups) for claim, result in results]
    todays = TodaysSetup([claim for claim, _result in results])
    of_account = [one for one in results if todays.is_of_account(one[0])]
    fences_of_account = {claim.fence for claim, _result in of_account}
    with transaction.atomic(durable=True):
        rows = _lock_rows([claim for claim, _result in results])
        held, late = _held_and_late(updates, rows)
        update_each(
            Invocation, [({"id": update.claim.invocation.pk}, update.invocation) for update in held]
        )
        update_each(Attempt, [({"id": update.claim.attempt.pk}, update.attempt) for update in held])
        for update in late:
            late_answers.store(*update, rows[update.claim.invocation.pk])
        late_answers.accept_by_earlier_attempt(
            [claim.invocation.pk for claim, *_rest in held if claim.number > 1], now
        )
        _note_on_keys([each for each in held if each.claim.fence in fences_of_account], now)
    for update in held:
        _log(update.claim, update.result, update.invocation["status"])
    for update in late:
        _log(update.claim, update.result, None)
    _update_accounts(of_account)
    _pause_workflows(of_account)


def _update_for(claim: Claim, result: Result, now: datetime, lookups: Lookups) -> _Update:
    """If the answer cannot be processed, the update says that no answer was read."""
    try:
        return _Update(claim, result, *columns_after(claim, result, now, lookups))
    except Exception as error:
        logger.error(
            "the answer to attempt %s of %s broke: %s",
            claim.number,
            claim.invocation.request_id,
            type(error).__name__,
        )
        unread = Result("internal", result.started_at, result.seconds)
        return _Update(claim, unread, *columns_after(claim, unread, now, lookups))


def _lock_rows(claims: Collection[Claim]) -> dict[int, LockedRow]:
    """Locks the rows of `claims`, and returns what they have now, by primary key.

    They are locked in the order of their keys, so that two processes cannot deadlock.
    """
    rows = Invocation.objects.filter(pk__in={claim.invocation.pk for claim in claims})
    locked = rows.select_for_update().order_by("pk").values_list(*LockedRow._fields)
    return {row.pk: row for row in (LockedRow(*columns) for columns in locked)}


def _held_and_late(
    updates: Iterable[_Update], rows: Mapping[int, LockedRow]
) -> tuple[list[_Update], list[_Update]]:
    """The updates whose claims still hold, and those that came after their lease."""
    fences = {(row.pk, row.attempt_count) for row in rows.values() if row.status == Status.SENDING}
    held = [update for update in updates if update.claim.fence in fences]
    late = [update for update in updates if update.claim.fence not in fences]
    return held, late


def _note_on_keys(updates: Iterable[_Update], now: datetime) -> None:
    """Notes at each API key when an answer last accepted or refused it."""
    keys_by_column: dict[str, set[uuid.UUID]] = defaultdict(set)
    for claim, result, *_columns in updates:
        if claim.api_key and result.reason in {"accepted", "rejected", "credentials"}:
            is_refused = result.reason == "credentials"
            column = "last_refused_at" if is_refused else "last_accepted_at"
            keys_by_column[column].add(claim.api_key.pk)
    for column, keys in keys_by_column.items():
        ApiKey.objects.filter(pk__in=keys).update(**{column: now})


def _log(claim: Claim, result: Result, status: str | None) -> None:
    """`status` is None if the result came after its lease."""
    is_alarm = result.rule.is_alarm and status == Status.UNKNOWN
    level = logging.WARNING if status is None else logging.ERROR if is_alarm else logging.DEBUG
    logger.log(
        level,
        "invocation %s attempt %s: %s -> %s",
        claim.invocation.request_id,
        claim.number,
        result.reason,
        status or "its answer came too late",
    )


def _update_accounts(results: Iterable[tuple[Claim, Result]]) -> None:
    results_by_account: dict[int, list[tuple[Claim, Result]]] = defaultdict(list)
    for claim, result in results:
        results_by_account[claim.account.pk].append((claim, result))
    in_trouble = rate_limit.accounts_in_trouble(results_by_account)
    for of_account in results_by_account.values():
        account = of_account[0][0].account
        has_effect = any(result.rule.effect is not Effect.NONE for _claim, result in of_account)
        if not has_effect and account.pk not in in_trouble:
            continue
        replies = [(result.reason, result.reply) for _claim, result in of_account]
        rate_limit.update_from_attempts(
            account, [(reason, reply.retry_after if reply else None) for reason, reply in replies]
        )


def _pause_workflows(results: Iterable[tuple[Claim, Result]]) -> None:
    refused = {
        (claim.invocation.workflow_instance_id, result.reason, claim.target.workflow_instance_id)
        for claim, result in results
        if result.rule.effect is Effect.PAUSES_WORKFLOW
    }
    for workflow_pk, reason, workflow_id in refused:
        pause.pause_workflow(workflow_pk, reason, workflow_id=workflow_id)
