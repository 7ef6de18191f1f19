"""THE DEED: record an invocation, deliver it, remember what happened. Every door calls this and contains nothing else.

The row is committed before the first byte leaves, its `request_id` never changes, and its status moves by conditional UPDATE
only. No transaction is open while the network is asked.
"""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from invocations import contracts, redaction
from invocations.encryption import Unreadable, digests
from invocations.kaleyra import recipients, template_params
from invocations.kaleyra.address import is_loopback
from invocations.kaleyra.client import TOTAL_SECONDS, KaleyraClient, NoAnswer, NotSent
from invocations.kaleyra.payload import Send, build_payload, sends_of, to_text
from invocations.kaleyra.reply import Reply, Verdict, read_timestamp
from invocations.models import Account, ApiKey, Attempt, Invocation, WorkflowInstance
from invocations.redaction import Secrets

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


Status = Invocation.Status
Outcome = Attempt.Outcome

LEASE = timedelta(seconds=4 * TOTAL_SECONDS)
"""How long a claimed row is left alone. Longer than any attempt can take, so that two never overlap."""
SAME_ID_WINDOW = timedelta(minutes=15)
"""How long after recording a message may still leave by itself: Kaleyra's memory of ids, and the customer's patience, are finite."""
ASKED_BY_HAND = timedelta(hours=24)
"""How long after recording a person may have the same id posted again: how long Kaleyra remembers one is not documented."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
DIGEST_OF_A_RECIPIENT = "recipient"
DIGEST_OF_A_PAYLOAD = "payload"


class NotSendable(Exception):
    """Nothing was recorded.

    `code`: the workflow is off (`inactive`), has other channels than were filled (`channels`), a `recipient` is wrong, or the
    code of the `ParamsError` that a value gave.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RequestIdTaken(Exception):
    """Nothing was recorded: this request id belongs to another message."""


# --- record -----------------------------------------------------------------------------------------------------------


def record(
    workflow: WorkflowInstance,
    sends: Sequence[Send],
    *,
    request_id: uuid.UUID,
    created_by: User | None,
    reference: str = "",
    note: str = "",
    sent_again_from: Invocation | None = None,
) -> tuple[Invocation, bool]:
    """Commits the invocation as queued. The same request id with the same content again gives the first one, and False.

    Raises `NotSendable`, or `RequestIdTaken` if the id was used for something else.
    """
    _check(workflow, sends)
    payload = to_text(build_payload(str(request_id), sends))
    described = [recipients.describe(send.recipient) for send in sends]
    # With one number for both channels the second columns stay empty: the row shows and finds it once.
    second = described[1] if len(described) > 1 and described[1].digits != described[0].digits else None
    invocation = Invocation(
        request_id=request_id,
        workflow_instance=workflow,
        account_id=workflow.account_id,
        version=contracts.current_version(workflow, created_by),
        payload=payload,
        payload_digest=digests(payload, DIGEST_OF_A_PAYLOAD)[0],
        recipient_digest=digests(described[0].digits, DIGEST_OF_A_RECIPIENT)[0],
        recipient_hint=recipients.mask(described[0].formatted),
        recipient2_digest=digests(second.digits, DIGEST_OF_A_RECIPIENT)[0] if second else "",
        recipient2_hint=recipients.mask(second.formatted) if second else "",
        reference=reference,
        note=note or None,
        created_by=created_by,
        sent_again_from=sent_again_from,
        not_after=timezone.now() + SAME_ID_WINDOW,
    )
    try:
        with transaction.atomic():
            invocation.save(force_insert=True)
    except IntegrityError:
        first = Invocation.objects.filter(request_id=request_id).first()
        if first is None:
            raise
        return _the_same(first, workflow, created_by, payload), False
    return invocation, True


def _check(workflow: WorkflowInstance, sends: Sequence[Send]) -> None:
    if not workflow.is_active:
        raise NotSendable("inactive")
    if len(sends) != workflow.channels.count() or not sends:
        raise NotSendable("channels")
    for send in sends:
        try:
            if recipients.clean(send.recipient).digits != send.recipient:
                raise NotSendable("recipient")
            template_params.checked(send.template_params.items())
        except recipients.RecipientError:
            raise NotSendable("recipient") from None
        except template_params.ParamsError as error:
            raise NotSendable(error.code) from None


def _the_same(first: Invocation, workflow: WorkflowInstance, created_by: User | None, payload: str) -> Invocation:
    same_person = first.created_by_id == (created_by.pk if created_by else None)
    if not same_person or first.workflow_instance_id != workflow.pk or first.payload_digest not in digests(payload, DIGEST_OF_A_PAYLOAD):
        raise RequestIdTaken
    return first


def with_recipient(digits: str) -> Q:
    """The invocations to this number, found by its digest."""
    known = digests(digits, DIGEST_OF_A_RECIPIENT)
    return Q(recipient_digest__in=known) | Q(recipient2_digest__in=known)


def sends_in(invocation: Invocation) -> list[Send]:
    """What the invocation sends, channel by channel. Raises `Unreadable`."""
    return sends_of(invocation.payload)


# --- deliver ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Claim:
    invocation: Invocation
    attempt: Attempt
    api_key: ApiKey | None
    in_doubt: bool
    """Whether an earlier attempt may have got in."""


@dataclass(frozen=True)
class _Result:
    """What one attempt came to, before it is known what that means for the invocation."""

    outcome: Attempt.Outcome
    reason: str
    reply: Reply | None = None
    needs_mending: bool = False


def deliver(invocation_id: int, *, starting_from: Invocation.Status = Status.QUEUED, only_if: Q = Q()) -> bool:  # noqa: B008
    """Posts the invocation once, if its status is still `starting_from`, its account is not paused and `only_if` holds.

    `starting_from` is QUEUED for a first or a put-off attempt, HELD after an admin mended the set-up, and UNKNOWN for a safe
    check: the same id cannot be accepted twice, as long as Kaleyra remembers it (`ASKED_BY_HAND`). Returns whether an attempt was
    made; what came of it stands in the row.
    """
    claim = _claim(invocation_id, starting_from, only_if)
    if claim is None:
        return False
    started = time.monotonic()
    result = _attempt(claim)
    _remember(claim, result, time.monotonic() - started)
    return True


def _claim(invocation_id: int, starting_from: Invocation.Status, only_if: Q) -> _Claim | None:
    now = timezone.now()
    # The conditions stand on the row itself, and a pause in a subquery of its own table. A join would move them all into a
    # subquery, which PostgreSQL does not ask again after it waited for another worker's claim: both would have the row.
    due = Q(pk=invocation_id, status=starting_from, account__in=Account.objects.filter(is_paused=False)) & only_if
    if starting_from == Status.QUEUED:
        due &= Q(not_after__isnull=True) | Q(not_after__gt=now)
    else:
        due &= Q(created_at__gt=now - ASKED_BY_HAND)
    # durable: nobody may hold a transaction around this, or the attempt would not be committed when the socket opens.
    with transaction.atomic(durable=True):
        if not Invocation.objects.filter(due).update(status=Status.SENDING, lease_until=now + LEASE, not_before=None, final_at=None):
            return None
        invocation = Invocation.objects.select_related("account__pod", "workflow_instance").get(pk=invocation_id)
        earlier = invocation.attempts.aggregate(last=Max("number"))["last"] or 0
        in_doubt = invocation.attempts.filter(outcome__in=[Outcome.DOUBTFUL, Outcome.UNDER_WAY]).exists()
        api_key = invocation.account.primary_key
        attempt = Attempt.objects.create(
            invocation=invocation, number=earlier + 1, started_at=now, api_key_last_four=api_key.last_four if api_key else ""
        )
    return _Claim(invocation, attempt, api_key, in_doubt)


def _attempt(claim: _Claim) -> _Result:
    if claim.api_key is None:
        return _Result(Outcome.NOT_SENT, "no_key", needs_mending=True)
    try:
        key, payload = claim.api_key.key, claim.invocation.payload
    except Unreadable:
        return _Result(Outcome.NOT_SENT, "unreadable_key", needs_mending=True)
    pod = claim.invocation.account.pod
    client = KaleyraClient(
        pod.api_domain,
        claim.invocation.account.sid,
        key,
        allow_loopback=settings.SANDBOX and is_loopback(pod.api_domain),
        proxy_url=settings.HTTPS_PROXY_URL,
        ca_bundle=settings.CA_BUNDLE,
    )
    if claim.invocation.lease_until is None or claim.invocation.lease_until <= timezone.now():
        return _Result(Outcome.NOT_SENT, "interrupted")  # frozen since the claim: somebody may have settled it meanwhile
    try:
        reply = client.invoke(claim.invocation.workflow_instance.workflow_instance_id, str(claim.invocation.request_id), payload)
    except NotSent as nothing:
        return _Result(Outcome.NOT_SENT, nothing.reason, needs_mending=nothing.reason in {"certificate", "address", "key"})
    except NoAnswer as silence:
        return _Result(Outcome.DOUBTFUL, silence.reason)
    except Exception as error:
        # A fault of ours after the socket may have opened: what it says could hold a number, so only its kind is logged.
        logger.error("attempt %s of %s broke: %s", claim.attempt.number, claim.invocation.request_id, type(error).__name__)
        return _Result(Outcome.DOUBTFUL, "internal")
    return _Result(_OUTCOME_OF[reply.verdict], reply.reason, reply, needs_mending=reply.verdict is Verdict.REFUSED)


_OUTCOME_OF = {
    Verdict.ACCEPTED: Outcome.ACCEPTED,
    Verdict.REJECTED: Outcome.REJECTED,
    Verdict.REFUSED: Outcome.REFUSED,
    Verdict.BUSY: Outcome.BUSY,
    Verdict.DOUBTFUL: Outcome.DOUBTFUL,
}


# --- what an attempt means --------------------------------------------------------------------------------------------


def _meaning(claim: _Claim, result: _Result) -> tuple[Invocation.Status, str]:
    """The invocation's status after an attempt, and why. Once something may have got in, only an acceptance settles it."""
    if result.outcome == Outcome.ACCEPTED:
        return Status.ACCEPTED, result.reason
    if result.reply is not None and result.reply.is_duplicate:
        # By an earlier attempt of ours, or, if there was none, nobody knows by whom.
        return (Status.ACCEPTED, "confirmed_by_duplicate") if claim.in_doubt else (Status.UNKNOWN, "id_used_before")
    if result.outcome == Outcome.DOUBTFUL:
        return Status.UNKNOWN, result.reason
    if claim.in_doubt:
        return Status.UNKNOWN, "earlier_attempt"  # "nothing left" is true of this attempt and not of the message
    if result.outcome == Outcome.REJECTED:
        return Status.REJECTED, result.reason
    if result.needs_mending:
        return Status.HELD, result.reason
    return Status.QUEUED, result.reason


def _remember(claim: _Claim, result: _Result, seconds: float) -> None:
    now = timezone.now()
    invocation, reply = claim.invocation, result.reply
    status, reason = _meaning(claim, result)
    secrets = _secrets(claim) if reply else {}
    kept = redaction.kept(reply, secrets) if reply else None
    changes: dict[str, Any] = {
        "status": status,
        "reason": reason,
        "lease_until": None,
        "not_before": None,
        "http_status": None,
        "reply": None,
    }
    if status == Status.QUEUED:
        changes["not_before"] = now + _wait(claim.attempt.number, reply)
    if status in Invocation.FINAL:
        changes["final_at"] = now
    if reply is not None and kept is not None:
        changes |= {"http_status": reply.http_status, "reply": Invocation._meta.get_field("reply").seal(invocation, json.dumps(kept))}
        timestamp, workflow_invocation_id = (redaction.redacted(text, secrets) for text in (reply.timestamp, reply.workflow_invocation_id))
        changes["provider_timestamp"] = timestamp if read_timestamp(timestamp) else ""
        # Its own id only: the refusal of a repetition, or an answer about another request, carries another one.
        if status.value == result.outcome.value and workflow_invocation_id == reply.workflow_invocation_id:
            changes["workflow_invocation_id"] = workflow_invocation_id
    with transaction.atomic(durable=True):
        # The lease is ours only while the row still carries it: who comes too late writes nothing.
        ours = Invocation.objects.filter(pk=invocation.pk, status=Status.SENDING, lease_until=invocation.lease_until)
        if not ours.update(**changes):
            logger.warning("invocation %s attempt %s: its answer came too late", invocation.request_id, claim.attempt.number)
            return
        Attempt.objects.filter(pk=claim.attempt.pk).update(
            outcome=result.outcome,
            reason=result.reason,
            duration_ms=int(seconds * 1000),
            http_status=reply.http_status if reply else None,
            retry_after=reply.retry_after if reply else None,
            reply=Attempt._meta.get_field("reply").seal(claim.attempt, json.dumps(kept)) if kept else None,
        )
        if claim.api_key and result.reason in {"accepted", "rejected"}:
            ApiKey.objects.filter(pk=claim.api_key.pk).update(last_accepted_at=now)
        if claim.api_key and result.reason == "credentials":
            ApiKey.objects.filter(pk=claim.api_key.pk).update(last_refused_at=now)
    logger.info(
        "invocation %s attempt %s: %s (%s) -> %s", invocation.request_id, claim.attempt.number, result.outcome, result.reason, status
    )


def _wait(number: int, reply: Reply | None) -> timedelta:
    """How long a put-off attempt waits: what Kaleyra asked for, else 2, 4, 8 … 60 seconds, spread by half."""
    if reply is not None and reply.retry_after is not None:
        return timedelta(seconds=max(1, reply.retry_after))
    seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(number - 1, 10))
    return timedelta(seconds=seconds * random.uniform(1.0, 1.5))  # noqa: S311  spreads load, guards nothing


def _secrets(claim: _Claim) -> Secrets:
    invocation = claim.invocation
    sensitive = contracts.sensitive_keys(invocation.workflow_instance.channels.all())
    if invocation.version:
        sensitive |= contracts.sensitive_in(invocation.version)
    return redaction.secrets_of(claim.api_key.key if claim.api_key else None, sends_in(invocation), sensitive)


# --- time passes ------------------------------------------------------------------------------------------------------


def settle_interrupted(now: datetime) -> int:
    """Attempts whose process died: their lease is over and nobody knows what left. Returns how many."""
    over = list(Invocation.objects.filter(status=Status.SENDING, lease_until__lt=now).values_list("pk", "lease_until"))
    settled = 0
    for pk, lease_until in over:
        with transaction.atomic():
            if Invocation.objects.filter(pk=pk, status=Status.SENDING, lease_until=lease_until).update(
                status=Status.UNKNOWN, reason="interrupted", lease_until=None, final_at=now
            ):
                Attempt.objects.filter(invocation_id=pk, outcome=Outcome.UNDER_WAY).update(outcome=Outcome.DOUBTFUL, reason="interrupted")
                settled += 1
    return settled


def expire_overdue(now: datetime) -> int:
    """Queued and held messages whose time is over: neither was ever in doubt, so they were certainly never sent. Returns how many."""
    queued = Q(status=Status.QUEUED, not_after__lte=now)
    held = Q(status=Status.HELD, created_at__lte=now - ASKED_BY_HAND)
    return Invocation.objects.filter(queued | held).update(status=Status.EXPIRED, reason="too_late", not_before=None, final_at=now)
