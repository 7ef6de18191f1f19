"""Stores what attempts came to."""

from __future__ import annotations

import json
import logging
import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from invocations.composing import template_fields
from invocations.kaleyra import redaction
from invocations.kaleyra.redaction import Secrets
from invocations.kaleyra.reply import Reply, read_timestamp
from invocations.models import (
    ApiKey,
    Attempt,
    Invocation,
    WorkflowInstance,
    WorkflowVersion,
)
from invocations.models.bulk_update import update_each
from invocations.models.invocations import sends_in
from invocations.sending import pause, rate_limit
from invocations.sending.ask_again import repeats_until
from invocations.sending.attempt import Result
from invocations.sending.claim import Claim
from invocations.sending.outcomes import Effect, Outcome, Status

if TYPE_CHECKING:
    pass

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0


def store_outcomes(results: Sequence[tuple[Claim, Result]]) -> None:
    """Writes down what came of attempts: each row, if it is still ours; and then what they tell about their accounts."""
    now = timezone.now()
    known = _Lookups([claim for claim, _result in results])
    written = [_read(claim, result, now, known) for claim, result in results]
    rows = {claim.invocation.pk for claim, _result in results}
    with transaction.atomic(durable=True):
        held = (
            Invocation.objects.filter(pk__in=rows, status=Status.SENDING)
            .select_for_update()
            .order_by("pk")
        )
        fences = set(held.values_list("pk", "attempt_count"))
        kept = [item for item in written if item[0].fence in fences]
        update_each(
            Invocation,
            [({"id": claim.invocation.pk}, changes) for claim, _result, changes, _attempt in kept],
        )
        update_each(
            Attempt,
            [({"id": claim.attempt.pk}, attempt) for claim, _result, _changes, attempt in kept],
        )
        _note_on_keys([(claim, result) for claim, result, *_ in kept], now)
    for claim, result, changes, _attempt in written:
        _log(claim, result, changes["status"] if claim.fence in fences else None)
    by_account: dict[int, list[tuple[Claim, Result]]] = defaultdict(list)
    for claim, result in results:
        by_account[claim.account.pk].append((claim, result))
    for outcomes in by_account.values():
        rate_limit.update_from_attempts(
            outcomes[0][0].account,
            [
                (result.reason, result.reply.retry_after if result.reply else None)
                for _claim, result in outcomes
            ],
        )
    for workflow, reason in {
        (claim.invocation.workflow_instance_id, result.reason)
        for claim, result in results
        if result.rule.effect is Effect.PAUSES_WORKFLOW
    }:
        pause.pause_workflow(workflow, reason)


Columns = dict[str, Any]


def _read(
    claim: Claim, result: Result, now: datetime, known: _Lookups
) -> tuple[Claim, Result, Columns, Columns]:
    """What is to be written of an attempt. An answer that we stumble over is an answer that nobody read."""
    try:
        return claim, result, *_changes(claim, result, now, known)
    except Exception as error:
        logger.error(
            "the answer to attempt %s of %s broke: %s",
            claim.number,
            claim.invocation.request_id,
            type(error).__name__,
        )
        nothing = Result("internal", result.started_at, result.seconds)
        return claim, nothing, *_changes(claim, nothing, now, known)


def _meaning(claim: Claim, result: Result) -> tuple[Invocation.Status, str]:
    """The invocation's status after an attempt, and why. Once something may have got in, only an acceptance settles it."""
    if result.rule.status == Status.ACCEPTED:
        return Status.ACCEPTED, result.reason
    if result.reason == "id_used_before" and claim.by_us:
        return Status.ACCEPTED, "confirmed_by_duplicate"
    if claim.in_doubt and result.rule.status != Status.UNKNOWN:
        return (
            Status.UNKNOWN,
            "earlier_attempt",
        )  # "nothing left" is true of this attempt and not of the message
    return result.rule.status, result.reason


def _changes(
    claim: Claim, result: Result, now: datetime, known: _Lookups
) -> tuple[Columns, Columns]:
    """The columns of the invocation and of its attempt after `result`."""
    invocation, reply = claim.invocation, result.reply
    status, reason = _meaning(claim, result)
    # Of an ID that somebody else used before us no later attempt can tell whose it is: that doubt never becomes ours.
    may_be_ours = claim.by_us or not claim.in_doubt
    adds_doubt = result.rule.outcome == Outcome.DOUBTFUL and may_be_ours
    doubtful_since = invocation.doubtful_since or (result.started_at if adds_doubt else None)
    doubt_count = invocation.doubt_count + adds_doubt
    due_at = _due(claim, result, status, doubtful_since, doubt_count, now, known)
    changes: Columns = {
        "status": status,
        "reason": reason,
        "lease_until": None,
        "due_at": due_at,
        "doubtful_since": doubtful_since,
        "doubt_count": doubt_count,
        "final_at": now if status in Invocation.FINAL and due_at is None else None,
        "http_status": reply.http_status if reply else None,
        "reply": None,
        "provider_timestamp": invocation.provider_timestamp,
        "workflow_invocation_id": invocation.workflow_invocation_id,
        "error_kind": "",
        **_result_awaited(invocation, status, known, now),
    }
    attempt: Columns = {
        "outcome": result.rule.outcome,
        "reason": result.reason,
        "started_at": result.started_at,
        "duration_ms": int(result.seconds * 1000),
        "http_status": reply.http_status if reply else None,
        "retry_after": reply.retry_after if reply else None,
        "reply": None,
        "answered_invocation_id": "",
        "answered_request_id": None,
    }
    if reply is None:
        return changes, attempt
    hidden = known.secrets_of(claim)
    answer = redaction.kept_answer(reply, hidden)
    kept = json.dumps(answer)
    changes["error_kind"] = (
        "" if status == Status.ACCEPTED else redaction.error_kind(answer, sends_in(invocation))
    )
    changes["reply"] = Invocation._meta.get_field("reply").seal(invocation, kept)
    attempt["reply"] = Attempt._meta.get_field("reply").seal(claim.attempt, kept)
    timestamp, workflow_invocation_id = (
        redaction.redact(text, hidden) for text in (reply.timestamp, reply.workflow_invocation_id)
    )
    changes["provider_timestamp"] = timestamp if read_timestamp(timestamp) else ""
    # Its own id only: the refusal of a repetition, or an answer about another request, carries another one.
    if (
        status == result.rule.status != Status.UNKNOWN
        and workflow_invocation_id == reply.workflow_invocation_id
    ):
        changes["workflow_invocation_id"] = workflow_invocation_id
    elif result.rule.outcome == Outcome.DOUBTFUL:
        attempt |= _answered_ids(invocation, reply, hidden)
    return changes, attempt


def _answered_ids(invocation: Invocation, reply: Reply, hidden: Secrets) -> Columns:
    """Which ids an answer named that settles nothing: a result that names them may be the message's own.

    None of an answer about a request whose id is no UUID: it is none of ours.
    """
    theirs = reply.workflow_invocation_id
    try:
        named = uuid.UUID(reply.request_id) if reply.request_id else invocation.request_id
    except ValueError:
        theirs, named = "", invocation.request_id
    return {
        "answered_invocation_id": theirs if redaction.redact(theirs, hidden) == theirs else "",
        "answered_request_id": named if named != invocation.request_id else None,
    }


def _result_awaited(
    invocation: Invocation, status: Invocation.Status, known: _Lookups, now: datetime
) -> Columns:
    """From acceptance on a result is awaited, where the workflow reports them and none came before the answer."""
    awaits = (
        status == Status.ACCEPTED
        and invocation.workflow_instance.expects_callback
        and not invocation.delivery
    )
    return {
        "delivery": Invocation.Delivery.AWAITING if awaits else invocation.delivery,
        "result_due_at": now + known.result_due_in(invocation.workflow_instance)
        if awaits
        else invocation.result_due_at,
    }


def _due(
    claim: Claim,
    result: Result,
    status: Invocation.Status,
    doubtful_since: datetime | None,
    doubt_count: int,
    now: datetime,
    known: _Lookups,
) -> datetime | None:
    """When the dispatcher takes it up again by itself, if it does."""
    if status not in Invocation.OPEN:
        return None
    later = (
        now if result.reason == "handed_back" else now + _wait(known.tries_of(claim), result.reply)
    )
    if status == Status.QUEUED:
        return later
    until = repeats_until(
        claim.account.retry_ambiguous,
        result.rule.next,
        doubtful_since,
        doubt_count,
        claim.invocation.not_after,
    )
    return later if until is not None and later < until else None


def _wait(number: int, reply: Reply | None) -> timedelta:
    """How long an attempt waits for the next: what Kaleyra asked for, else 2, 4, 8 … 60 seconds, spread by half, 60 at most."""
    if reply is not None and reply.retry_after is not None:
        return timedelta(seconds=max(1, reply.retry_after))
    seconds = FIRST_WAIT * 2 ** min(number - 1, 10) * random.uniform(1.0, 1.5)  # noqa: S311  spreads load, guards nothing
    return timedelta(seconds=min(LONGEST_WAIT, seconds))


class _Lookups:
    """What is looked up once for the attempts of one round: a workflow's sensitive keys, how long its result may take, earlier tries."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        invocations = [claim.invocation for claim in claims]
        self._repeated = [claim.invocation.pk for claim in claims if claim.number > 1]
        self._tries: dict[int, int] | None = None
        workflows = WorkflowInstance.objects.prefetch_related("channels__parameters")
        self._workflows = workflows.in_bulk(
            {invocation.workflow_instance_id for invocation in invocations}
        )
        self._versions = WorkflowVersion.objects.in_bulk(
            {invocation.version_id for invocation in invocations if invocation.version_id}
        )
        self._sensitive: dict[tuple[int, int | None], set[str]] = {}
        self._result_due_in: dict[int, timedelta] = {}

    def result_due_in(self, workflow: WorkflowInstance) -> timedelta:
        """How long after acceptance the result of `workflow` should be here."""
        if workflow.pk not in self._result_due_in:
            self._result_due_in[workflow.pk] = self._workflows[workflow.pk].result_due_in
        return self._result_due_in[workflow.pk]

    def tries_of(self, claim: Claim) -> int:
        """Which try this is. What was claimed and handed back, with nothing posted, is none."""
        if claim.number == 1:
            return 1
        if self._tries is None:
            posted = (
                Attempt.objects.filter(invocation_id__in=self._repeated)
                .exclude(reason="handed_back")
                .values("invocation_id")
            )
            self._tries = dict(
                posted.annotate(n=Count("pk")).order_by().values_list("invocation_id", "n")
            )
        return max(1, self._tries.get(claim.invocation.pk, 1))

    def secrets_of(self, claim: Claim) -> Secrets:
        """What no kept answer may repeat."""
        invocation = claim.invocation
        place = (invocation.workflow_instance_id, invocation.version_id)
        if place not in self._sensitive:
            now = template_fields.sensitive_keys(
                self._workflows[invocation.workflow_instance_id].channels.all()
            )
            then = (
                template_fields.sensitive_keys_in(self._versions[invocation.version_id])
                if invocation.version_id
                else set()
            )
            self._sensitive[place] = now | then
        key = claim.api_key.key if claim.api_key else None
        return redaction.secrets_of(key, sends_in(invocation), self._sensitive[place])


def _note_on_keys(results: Iterable[tuple[Claim, Result]], now: datetime) -> None:
    said: dict[str, set[uuid.UUID]] = defaultdict(set)
    for claim, result in results:
        if claim.api_key and result.reason in {"accepted", "rejected", "credentials"}:
            said["last_refused_at" if result.reason == "credentials" else "last_accepted_at"].add(
                claim.api_key.pk
            )
    for column, keys in said.items():
        ApiKey.objects.filter(pk__in=keys).update(**{column: now})


def _log(claim: Claim, result: Result, status: str | None) -> None:
    """`status` is None if the row was no longer ours."""
    is_alarm = result.rule.is_alarm and status == Status.UNKNOWN
    level = logging.WARNING if status is None else logging.ERROR if is_alarm else logging.DEBUG
    what = (
        claim.invocation.request_id,
        claim.number,
        result.reason,
        status or "its answer came too late",
    )
    logger.log(level, "invocation %s attempt %s: %s -> %s", *what)
