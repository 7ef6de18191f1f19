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
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from invocations.composing import template_fields
from invocations.kaleyra import recipients, redaction, template_params
from invocations.kaleyra.payload import Send, build_payload, sends_of, to_text
from invocations.kaleyra.redaction import Secrets
from invocations.kaleyra.reply import Reply, read_timestamp
from invocations.models import (
    Account,
    ApiKey,
    Attempt,
    Invocation,
    Settlement,
    WorkflowInstance,
    WorkflowVersion,
)
from invocations.models.bulk_update import update_each
from invocations.models.encryption import digests
from invocations.sending import attempt as posting
from invocations.sending import rate_limit
from invocations.sending.attempt import LEASE, Claim, Result
from invocations.sending.outcomes import MENDED_WITH_THE_ACCOUNT, Effect, Next, Outcome, Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


GRACE = timedelta(seconds=20)
"""A row just recorded is being delivered by the request that recorded it. After this the dispatcher takes it up."""
SAME_ID_WINDOW = timedelta(minutes=15)
"""How long after the first doubt the same id is asked again by itself: Kaleyra's memory of ids is finite, and not documented."""
MOST_DOUBTS = 6
ASKED_BY_HAND = timedelta(hours=24)
"""How long after recording a person may have the same id posted again: how long Kaleyra remembers one is not documented."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
READ_FOR_AN_ATTEMPT = (
    *("request_id", "workflow_instance", "version", "account", "payload", "not_after"),
    *("status", "attempt_count", "doubtful_since", "doubt_count"),
    *("delivery", "result_due_at", "provider_timestamp", "workflow_invocation_id"),
)
"""The columns of an invocation that an attempt at it and `remember` ask for. One that is missing here costs a query a row."""
DIGEST_OF_A_RECIPIENT = "recipient"
DIGEST_OF_A_PAYLOAD = "payload"


class NotSendable(Exception):
    """Nothing was recorded.

    `code`: the workflow is off (`inactive`), has other channels than were filled (`channels`), a `recipient` is wrong, its time is
    over before it begins (`too_late`), or the code of the `ParamsError` that a value gave.
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
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> tuple[Invocation, bool]:
    """Commits the invocation as queued. The same request id with the same content again gives the first one, and False.

    Nothing leaves before `not_before`, nor after `not_after` (where it is not given, the workflow says how long a message is of use).
    Raises `NotSendable`, or `RequestIdTaken` if the id was used for something else.
    """
    _check(workflow, sends)
    now = timezone.now()
    start = max(not_before or now, now)
    not_after = not_after or start + workflow.valid_for
    if not_after <= start:
        raise NotSendable("too_late")
    payload = to_text(build_payload(str(request_id), sends))
    described = [recipients.describe(send.recipient) for send in sends]
    # With one number for both channels the second columns stay empty: the row shows and finds it once.
    second = (
        described[1] if len(described) > 1 and described[1].digits != described[0].digits else None
    )
    invocation = Invocation(
        request_id=request_id,
        workflow_instance=workflow,
        account_id=workflow.account_id,
        version=template_fields.current_version(workflow, created_by),
        payload=payload,
        payload_digest=digests(payload, DIGEST_OF_A_PAYLOAD)[0],
        recipient_digest=digests(described[0].digits, DIGEST_OF_A_RECIPIENT)[0],
        recipient_hint=recipients.mask(described[0].formatted),
        recipient2_digest=digests(second.digits, DIGEST_OF_A_RECIPIENT)[0] if second else "",
        recipient2_hint=recipients.mask(second.formatted) if second else "",
        recipient_last_four=described[0].digits[-4:],
        recipient2_last_four=second.digits[-4:] if second else "",
        reference=reference,
        note=note or None,
        created_by=created_by,
        sent_again_from=sent_again_from,
        not_before=not_before,
        not_after=not_after,
        due_at=not_before if not_before and not_before > now else now + GRACE,
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


def _the_same(
    first: Invocation, workflow: WorkflowInstance, created_by: User | None, payload: str
) -> Invocation:
    same_person = first.created_by_id == (created_by.pk if created_by else None)
    if (
        not same_person
        or first.workflow_instance_id != workflow.pk
        or first.payload_digest not in digests(payload, DIGEST_OF_A_PAYLOAD)
    ):
        raise RequestIdTaken
    return first


def ways_to_recipient(digits: str) -> tuple[Q, Q]:
    """The invocations to this number on the first channel or both, and those on the second: each a question for one index."""
    return ways_to_digests(digests(digits, DIGEST_OF_A_RECIPIENT))


def ways_to_digests(known: Collection[str]) -> tuple[Q, Q]:
    """`ways_to_recipient` for the digests of one or several numbers."""
    # The condition of a partial index is said again: SQLite uses it only then (https://www.sqlite.org/partialindex.html).
    return Q(recipient_digest__in=known), Q(recipient2_digest__in=known) & ~Q(recipient2_digest="")


def with_recipient(digits: str) -> Q:
    """The invocations to this number, on either channel."""
    first, second = ways_to_recipient(digits)
    return first | second


def sends_in(invocation: Invocation) -> list[Send]:
    """What the invocation sends, channel by channel. Raises `Unreadable`."""
    return sends_of(invocation.payload)


# --- claim ------------------------------------------------------------------------------------------------------------


def claim(
    account: Account,
    candidates: QuerySet[Invocation],
    most: int,
    *,
    asked_by: User | None = None,
    by_hand: bool = False,
    is_probe: bool = False,
) -> list[Claim]:
    """Makes up to `most` of `candidates` ours, and commits an attempt for each before any socket opens.

    None while everything is stopped, the account or the workflow is paused (a probe asks whether it still must be), or the pace
    allows none. Several processes may claim at once: a row that another one holds is passed over.
    """
    now = timezone.now()
    # durable: nobody may hold a transaction around this, or the attempts would not be committed when the socket opens.
    with transaction.atomic(durable=True):
        if rate_limit.is_stopped():
            return []
        pace = rate_limit.locked(account)
        account = Account.objects.select_related("pod").get(pk=account.pk)
        if account.is_paused and not is_probe:
            return []
        slots = rate_limit.slots(pace, account, now, most, by_hand=by_hand)
        if not slots:
            if by_hand:
                candidates.filter(status=Status.QUEUED).update(
                    due_at=rate_limit.next_moment(pace, now)
                )
            return []
        rows = _locked(candidates, account, now, len(slots))
        if not rows:
            return []
        Invocation.objects.filter(pk__in=[row.pk for row in rows]).exclude(
            status=Status.SENDING
        ).update(
            status=Status.SENDING,
            lease_until=now + LEASE,
            due_at=None,
            final_at=None,
            attempt_count=F("attempt_count") + 1,
        )
        api_key = account.primary_key
        last_four = api_key.last_four if api_key else ""
        attempts = Attempt.objects.bulk_create(
            Attempt(
                invocation=row,
                number=row.attempt_count + 1,
                started_at=now,
                api_key_last_four=last_four,
                asked_by=asked_by,
            )
            for row in rows
        )
        rate_limit.spend(pace, account, now, slots[: len(rows)])
    claimed_at = time.monotonic()
    workflows = WorkflowInstance.objects.in_bulk({row.workflow_instance_id for row in rows})
    claims = []
    for row, attempt, slot in zip(rows, attempts, slots, strict=False):
        row.workflow_instance = workflows[row.workflow_instance_id]
        by_us = row.doubtful_since is not None
        in_doubt = by_us or row.status == Status.UNKNOWN
        claims.append(Claim(row, attempt, account, api_key, slot, claimed_at, in_doubt, by_us))
    return claims


def _locked(
    candidates: QuerySet[Invocation], account: Account, now: datetime, most: int
) -> list[Invocation]:
    # The conditions stand on the row itself. A join would move them into a subquery, which PostgreSQL does not ask again after it
    # has got the lock: two would have the row.
    stopped = list(
        WorkflowInstance.objects.filter(account=account, is_paused=True).values_list(
            "pk", flat=True
        )
    )
    in_time = Q(not_after__isnull=True) | Q(not_after__gt=now)
    found = candidates.filter(in_time, account_id=account.pk).exclude(
        workflow_instance_id__in=stopped
    )
    return list(found.select_for_update(skip_locked=True).only(*READ_FOR_AN_ATTEMPT)[:most])


def deliver(
    invocation_id: int,
    *,
    starting_from: Invocation.Status = Status.QUEUED,
    only_if: Q = Q(),  # noqa: B008
    asked_by: User | None = None,
) -> bool:
    """Posts the invocation once, here and now, if its status is still `starting_from` and `only_if` holds.

    `starting_from` is QUEUED for a first or a put-off attempt, HELD after an admin mended the set-up, and UNKNOWN for a safe
    check: the same id cannot be accepted twice, as long as Kaleyra remembers it (`ASKED_BY_HAND`). Returns whether an attempt was
    made; what came of it stands in the row.
    """
    account = Account.objects.filter(invocations__pk=invocation_id).first()
    if account is None:
        return False
    now = timezone.now()
    candidates = Invocation.objects.filter(only_if, pk=invocation_id, status=starting_from)
    if starting_from == Status.QUEUED:
        candidates = candidates.filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
    else:
        candidates = candidates.filter(created_at__gt=now - ASKED_BY_HAND)
    claims = claim(account, candidates, 1, by_hand=True, asked_by=asked_by)
    for ours in claims:
        time.sleep(max(0.0, (ours.slot - timezone.now()).total_seconds()))
        remember([(ours, posting.post(ours))])
    return bool(claims)


def is_checkable(invocation: Invocation, now: datetime) -> bool:
    """Whether its time lets a person have it asked about by the same ID once more, as far as nothing else keeps it back."""
    return invocation.created_at > now - ASKED_BY_HAND and (
        invocation.not_after is None or invocation.not_after > now
    )


def checkable(now: datetime) -> Q:
    """`is_checkable` as a question to the database."""
    return Q(created_at__gt=now - ASKED_BY_HAND) & (
        Q(not_after__isnull=True) | Q(not_after__gt=now)
    )


# --- remember ---------------------------------------------------------------------------------------------------------


def remember(results: Sequence[tuple[Claim, Result]]) -> None:
    """Writes down what came of attempts: each row, if it is still ours; and then what they tell about their accounts."""
    now = timezone.now()
    known = _Known([claim for claim, _result in results])
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
        rate_limit.learn(
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
        rate_limit.pause_workflow(workflow, reason)


Columns = dict[str, Any]


def _read(
    claim: Claim, result: Result, now: datetime, known: _Known
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


def _changes(claim: Claim, result: Result, now: datetime, known: _Known) -> tuple[Columns, Columns]:
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
    answer = redaction.kept(reply, hidden)
    kept = json.dumps(answer)
    changes["error_kind"] = (
        "" if status == Status.ACCEPTED else redaction.kind_of(answer, sends_in(invocation))
    )
    changes["reply"] = Invocation._meta.get_field("reply").seal(invocation, kept)
    attempt["reply"] = Attempt._meta.get_field("reply").seal(claim.attempt, kept)
    timestamp, workflow_invocation_id = (
        redaction.redacted(text, hidden) for text in (reply.timestamp, reply.workflow_invocation_id)
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
        "answered_invocation_id": theirs if redaction.redacted(theirs, hidden) == theirs else "",
        "answered_request_id": named if named != invocation.request_id else None,
    }


def _result_awaited(
    invocation: Invocation, status: Invocation.Status, known: _Known, now: datetime
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
    known: _Known,
) -> datetime | None:
    """When the dispatcher takes it up again by itself, if it does."""
    if status not in (Status.QUEUED, Status.UNKNOWN):
        return None
    later = (
        now if result.reason == "handed_back" else now + _wait(known.tries_of(claim), result.reply)
    )
    if status == Status.QUEUED:
        return later
    asks = (
        claim.account.retry_ambiguous == Account.RetryAmbiguous.SAME_ID
        and result.rule.next is not Next.NOTHING
    )
    if status != Status.UNKNOWN or not asks or doubtful_since is None or doubt_count >= MOST_DOUBTS:
        return None
    ends = min(doubtful_since + SAME_ID_WINDOW, claim.invocation.not_after or now + SAME_ID_WINDOW)
    return later if later < ends else None


def _wait(number: int, reply: Reply | None) -> timedelta:
    """How long an attempt waits for the next: what Kaleyra asked for, else 2, 4, 8 … 60 seconds, spread by half, 60 at most."""
    if reply is not None and reply.retry_after is not None:
        return timedelta(seconds=max(1, reply.retry_after))
    seconds = FIRST_WAIT * 2 ** min(number - 1, 10) * random.uniform(1.0, 1.5)  # noqa: S311  spreads load, guards nothing
    return timedelta(seconds=min(LONGEST_WAIT, seconds))


class _Known:
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
                template_fields.sensitive_in(self._versions[invocation.version_id])
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


# --- a person decides -------------------------------------------------------------------------------------------------


def settle(invocation: Invocation, verdict: Settlement.Verdict, reason: str, by: User) -> bool:
    """Ends an unknown outcome by a person's word, with their reason. Returns whether it was still unknown.

    "Was delivered" shows as accepted and "was not" as rejected, each as settled by hand.
    """
    delivered = verdict == Settlement.Verdict.DELIVERED
    with transaction.atomic():
        unknown = Invocation.objects.filter(pk=invocation.pk, status=Status.UNKNOWN)
        if not unknown.update(
            status=Status.ACCEPTED if delivered else Status.REJECTED,
            reason=f"settled_{verdict.value}",
            due_at=None,
            final_at=timezone.now(),
        ):
            return False
        Settlement.objects.create(
            invocation=invocation, verdict=verdict, reason=reason, settled_by=by
        )
    logger.info(
        "invocation %s was settled by user %s: %s", invocation.request_id, by.pk, verdict.value
    )
    return True


def confirm(invocation: Invocation) -> bool:
    """Ends an unknown outcome because Kaleyra reported the flow's result: so it was accepted. Returns whether it was still unknown."""
    unknown = Invocation.objects.filter(pk=invocation.pk, status=Status.UNKNOWN)
    changes = {
        "status": Status.ACCEPTED,
        "reason": "confirmed_by_result",
        "due_at": None,
        "final_at": timezone.now(),
    }
    return bool(unknown.update(**changes))


def cancel(invocation: Invocation, by: User) -> bool:
    """Ends a message that has certainly not left. Returns whether it still could be."""
    waiting = Invocation.objects.filter(pk=invocation.pk, status__in=[Status.QUEUED, Status.HELD])
    changes = {
        "status": Status.CANCELLED,
        "reason": "cancelled",
        "due_at": None,
        "final_at": timezone.now(),
        "cancelled_by": by,
    }
    return bool(waiting.update(**changes))


# --- time passes ------------------------------------------------------------------------------------------------------


def settle_interrupted(now: datetime) -> int:
    """Attempts whose process died: their lease is over and nobody knows what left. Returns how many."""
    over = Invocation.objects.filter(status=Status.SENDING, lease_until__lt=now)
    asking = set(
        Account.objects.filter(retry_ambiguous=Account.RetryAmbiguous.SAME_ID).values_list(
            "pk", flat=True
        )
    )
    with transaction.atomic():
        rows = over.select_for_update(skip_locked=True).values_list(
            "pk",
            "attempt_count",
            "doubt_count",
            "doubtful_since",
            "lease_until",
            "not_after",
            "account_id",
        )
        found = list(rows)
        used_before = Attempt.objects.filter(
            invocation_id__in=[row[0] for row in found], reason="id_used_before"
        )
        somebody_elses = (
            set(used_before.values_list("invocation_id", flat=True)) if found else set()
        )
        changed = []
        for pk, number, doubts, since, lease_until, not_after, account_id in found:
            if pk not in somebody_elses:
                since, doubts = since or (lease_until or now) - LEASE, doubts + 1
            asks = since is not None and account_id in asking and doubts < MOST_DOUBTS
            asks = asks and now < min(
                (since or now) + SAME_ID_WINDOW, not_after or now + SAME_ID_WINDOW
            )
            changed.append(
                (
                    {"id": pk, "attempt_count": number, "status": Status.SENDING},
                    {
                        "status": Status.UNKNOWN,
                        "reason": "interrupted",
                        "lease_until": None,
                        "due_at": now if asks else None,
                        "doubtful_since": since,
                        "doubt_count": doubts,
                        "final_at": None if asks else now,
                    },
                )
            )
        update_each(Invocation, changed)
        interrupted = Attempt.objects.filter(
            invocation_id__in=[where["id"] for where, _ in changed], outcome=Outcome.UNDER_WAY
        )
        interrupted.update(outcome=Outcome.DOUBTFUL, reason="interrupted")
    return len(changed)


def expire_overdue(now: datetime) -> int:
    """Queued and held messages whose time is over: neither was ever in doubt, so they were certainly never sent. Returns how many."""
    over = Invocation.objects.filter(status__in=[Status.QUEUED, Status.HELD], not_after__lte=now)
    return over.update(status=Status.EXPIRED, reason="too_late", due_at=None, final_at=now)


def stop_asking(now: datetime) -> int:
    """Unknown outcomes whose window is over: from now on a person or a callback settles them. Returns how many."""
    over = Q(doubtful_since__lte=now - SAME_ID_WINDOW) | Q(not_after__lte=now)
    return Invocation.objects.filter(over, status=Status.UNKNOWN, due_at__isnull=False).update(
        due_at=None, final_at=now
    )


def let_held_go_on(now: datetime) -> int:
    """Messages that were held with their account go on once it is not paused any more, with their ids. Returns how many."""
    going = Account.objects.filter(is_paused=False)
    held = Invocation.objects.filter(
        status=Status.HELD, reason__in=MENDED_WITH_THE_ACCOUNT, account_id__in=going.values("pk")
    )
    return held.update(status=Status.QUEUED, due_at=now)
