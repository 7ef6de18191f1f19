"""The columns of an invocation and of its attempt after a result. Writes nothing."""

from __future__ import annotations

import json
import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from invocations.kaleyra import redaction
from invocations.kaleyra.redaction import Secrets
from invocations.kaleyra.reply import Reply, read_timestamp
from invocations.models import Attempt, Invocation
from invocations.models.invocations import sends_in
from invocations.sending.ask_again import ASKED_BY_HAND, repeats_until
from invocations.sending.attempt import Result
from invocations.sending.claim import Claim
from invocations.sending.lookups import Lookups
from invocations.sending.outcomes import Outcome, Status

FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds between the first two attempts, and the most between any two (`_wait_after`)."""

Columns = dict[str, Any]


def columns_after(
    claim: Claim, result: Result, now: datetime, lookups: Lookups
) -> tuple[Columns, Columns]:
    """The new values of the invocation's columns, and of its attempt's."""
    status, reason = _status_and_reason(claim, result)
    doubt = _doubt_columns(claim, result)
    due_at = _due_at(claim, result, status, doubt, now, lookups)
    if result.reply is None:
        invocation_reply, attempt_reply = _columns_without_reply(claim.invocation)
    else:
        invocation_reply, attempt_reply = _reply_columns(
            claim, result, result.reply, status, lookups
        )
    invocation = {
        "status": status,
        "reason": reason,
        "lease_until": None,
        "due_at": due_at,
        "final_at": now if status in Invocation.FINAL and due_at is None else None,
        **doubt,
        **invocation_reply,
        **_delivery_columns(claim.invocation, status, lookups, now),
    }
    attempt = {
        "outcome": result.rule.outcome,
        "reason": result.reason,
        "started_at": result.started_at,
        "duration_ms": int(result.seconds * 1000),
        **attempt_reply,
    }
    return invocation, attempt


# --- status ---


def _status_and_reason(claim: Claim, result: Result) -> tuple[Invocation.Status, str]:
    """The invocation's. After a doubtful attempt only an acceptance settles it."""
    if result.rule.status == Status.ACCEPTED:
        return Status.ACCEPTED, result.reason
    if result.reason == "id_used_before" and claim.by_us:
        return Status.ACCEPTED, "confirmed_by_duplicate"
    if claim.in_doubt and result.rule.status != Status.UNKNOWN:
        # "Not sent" or "rejected" is true of this attempt, and not of the message.
        return Status.UNKNOWN, "earlier_attempt"
    return result.rule.status, result.reason


def _doubt_columns(claim: Claim, result: Result) -> Columns:
    invocation = claim.invocation
    # If somebody else used the ID first, no later answer shows whether a message under it is
    # ours: such a doubt never becomes one about an attempt of the console.
    may_be_ours = claim.by_us or not claim.in_doubt
    adds_doubt = result.rule.outcome == Outcome.DOUBTFUL and may_be_ours
    # A probe says something about the account. Its message was chosen because it is in doubt, and
    # an outage must not use up its attempts.
    counts = adds_doubt and not (claim.is_probe and claim.by_us)
    return {
        "doubtful_since": invocation.doubtful_since or (result.started_at if adds_doubt else None),
        "doubt_count": invocation.doubt_count + counts,
    }


def _delivery_columns(
    invocation: Invocation, status: Invocation.Status, lookups: Lookups, now: datetime
) -> Columns:
    """From acceptance on a result is awaited, if the workflow reports results and none has come.

    A result can come before the answer.
    """
    awaits = (
        status == Status.ACCEPTED
        and invocation.workflow_instance.expects_callback
        and not invocation.delivery
    )
    if not awaits:
        return {"delivery": invocation.delivery, "result_due_at": invocation.result_due_at}
    due_in = lookups.result_due_in(invocation.workflow_instance)
    return {"delivery": Invocation.Delivery.AWAITING, "result_due_at": now + due_in}


# --- the next attempt ---


def _due_at(
    claim: Claim,
    result: Result,
    status: Invocation.Status,
    doubt: Columns,
    now: datetime,
    lookups: Lookups,
) -> datetime | None:
    """When the dispatcher posts it again without a person; None: not at all."""
    if status not in Invocation.OPEN:
        return None
    if result.reason == "handed_back":
        later = claim.invocation.due_at or now  # it keeps its place in the queue
    else:
        later = now + _wait_after(lookups.tries_of(claim), result.reply)
    if status == Status.QUEUED:
        return later
    until = repeats_until(
        claim.account.retry_ambiguous,
        result.rule.next,
        not_after=claim.invocation.not_after,
        # While the account cannot be reached, no time counts.
        unasked_for=ASKED_BY_HAND if claim.is_probe else claim.invocation.unasked_for,
        **doubt,
    )
    return later if until is not None and later < until else None


def _wait_after(tries: int, reply: Reply | None) -> timedelta:
    """As long as Kaleyra asked, at least a second; else 2, 4, 8 … 60 seconds after each try.

    Up to half of it is added at random, with 60 seconds as the limit.
    """
    if reply is not None and reply.retry_after is not None:
        return timedelta(seconds=max(1, reply.retry_after))
    jitter = random.uniform(1.0, 1.5)  # noqa: S311  # nosec B311  # spreads load
    return timedelta(seconds=min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries - 1, 10) * jitter))


# --- the reply ---


def _columns_without_reply(invocation: Invocation) -> tuple[Columns, Columns]:
    """The invocation's, and its attempt's."""
    of_invocation = {
        "http_status": None,
        **answer_of(None),
        "error_kind": "",
        "provider_timestamp": invocation.provider_timestamp,
        "workflow_invocation_id": invocation.workflow_invocation_id,
    }
    of_attempt = {"http_status": None, "retry_after": None, "reply": None, **_NO_OTHER_IDS}
    return of_invocation, of_attempt


def _reply_columns(
    claim: Claim, result: Result, reply: Reply, status: Invocation.Status, lookups: Lookups
) -> tuple[Columns, Columns]:
    """The invocation's, and its attempt's, without secrets."""
    invocation, secrets = claim.invocation, lookups.secrets_of(claim)
    answer = redaction.kept_answer(reply, secrets)
    kept: Any = Attempt._meta.get_field("reply")
    is_accepted = status == Status.ACCEPTED
    timestamp = redaction.redact(reply.timestamp, secrets)
    # Only its own ID: the refusal of a repetition, or an answer about another request, has another.
    settles = status == result.rule.status != Status.UNKNOWN
    own_id = _unless_redacted(reply.workflow_invocation_id, secrets) if settles else None
    is_doubtful = result.rule.outcome == Outcome.DOUBTFUL
    of_invocation = {
        "http_status": reply.http_status,
        **answer_of(claim.number),
        "error_kind": "" if is_accepted else redaction.error_kind(answer, sends_in(invocation)),
        "provider_timestamp": timestamp if read_timestamp(timestamp) else "",
        "workflow_invocation_id": invocation.workflow_invocation_id if own_id is None else own_id,
    }
    of_attempt = {
        "http_status": reply.http_status,
        "retry_after": reply.retry_after,
        "reply": kept.seal_for(claim.attempt.binding, json.dumps(answer)),
        **(_other_ids(invocation, reply, secrets) if is_doubtful else _NO_OTHER_IDS),
    }
    return of_invocation, of_attempt


def answer_of(attempt: int | None) -> Columns:
    """The invocation's, if its last answer is the one of this attempt, by its number."""
    return {"answered_attempt": attempt, "reply": None}


_NO_OTHER_IDS: Columns = {"answered_invocation_id": "", "answered_request_id": None}


def _other_ids(invocation: Invocation, reply: Reply, secrets: Secrets) -> Columns:
    """The IDs in an answer that settles nothing: a result with one of them may be the message's.

    None, if the answer is about a request with an ID that is no UUID: the console makes none such.
    """
    try:
        request_id = uuid.UUID(reply.request_id) if reply.request_id else invocation.request_id
    except ValueError:
        return _NO_OTHER_IDS
    return {
        "answered_invocation_id": _unless_redacted(reply.workflow_invocation_id, secrets) or "",
        "answered_request_id": request_id if request_id != invocation.request_id else None,
    }


def _unless_redacted(text: str, secrets: Secrets) -> str | None:
    return text if redaction.redact(text, secrets) == text else None
