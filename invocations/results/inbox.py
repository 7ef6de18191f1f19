"""What Kaleyra reports of a flow that has ended: kept as it came, and told to the invocation that it belongs to.

A body is kept whether or not anybody knows whose it is, so none is lost: it may come before our own answer is stored, or for an id that no
answer told us. It never makes an invocation, never sends, and never changes what was sent. What several bodies say of one invocation is
taken together, so that their order makes no difference, and one that says less takes nothing back.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Count, F, Prefetch, Q
from django.utils import timezone

from invocations.composing import template_fields
from invocations.kaleyra.callbacks import (
    ChannelSaid,
    FlowResult,
    has_ended,
    read_callback,
    together,
    was_refused,
)
from invocations.models import Account, Callback, ChannelResult, Invocation, WorkflowInstance
from invocations.models.encryption import digests
from invocations.models.recipients import DIGEST_OF_A_RECIPIENT
from invocations.results import matching as whose
from invocations.results.matching import to_look_at, unmatched
from invocations.sending import decisions, pause
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

Delivery = Invocation.Delivery

UNSETTLED = (Status.QUEUED, Status.SENDING, Status.HELD)
"""Not told yet: whoever sends writes the whole row afterwards, and the sweep tells it then, within seconds."""
CLOCKS_APART = timedelta(hours=1)
"""By how much Kaleyra's clock is believed to differ from ours. Beyond that a flow ended when its result came."""
MOST_KEPT = 10_000
"""Results of one account that nobody knows whose they are. Beyond that the oldest are dropped."""
KEPT_FOR = timedelta(days=30)
MOST_AT_ONCE = 500
MOST_ROUNDS = 2
ASKED_AGAIN_AFTER = (
    (timedelta(seconds=30), timedelta(0)),
    (timedelta(minutes=5), timedelta(seconds=15)),
    (timedelta(minutes=30), timedelta(minutes=1)),
)
"""Up to which age a result that nobody knows whose it is is asked about how soon again: in each sweep at first, for its own 202 may be
late by as long as an attempt takes; and `SELDOM` when it is older."""
SELDOM = timedelta(minutes=5)
FEW = 10
DIGEST_OF_A_CALLBACK = "callback"
TOLD_TO = (
    "request_id",
    "workflow_invocation_id",
    "account_id",
    "status",
    "reason",
    "delivery",
    "created_at",
    "workflow_instance__expects_callback",
    "version",
)
"""What has to be known of an invocation to tell it a result. Its row is wide, and results come in floods."""
ADDED_UP = (
    "invocation_id",
    "workflow_invocation_id",
    "execution_status",
    "ended_at",
    "received_at",
)
ADDED_UP_OF_A_CHANNEL = ("callback_id", "position", "code", "message_id")


# --- keep -------------------------------------------------------------------------------------------------------------


def keep(account: Account, body: bytes) -> Callback:
    """Commits the body as it came, once: the same bytes again only count. With it its invocation is told, if that is known."""
    now = timezone.now()
    digest, *with_older_keys = _digests(account, body)
    if with_older_keys and (before := _again(account, body, now)):
        return before
    said = read_callback(body)
    callback = Callback(
        account=account,
        digest=digest,
        body=_as_text(body),
        problem=said.problem,
        received_at=now,
        last_received_at=now,
        ask_at=now,
        workflow_invocation_id=said.workflow_invocation_id,
        request_id=said.request_id,
        execution_status=said.execution_status,
        ended_at=said.ended_at,
    )
    try:
        _commit(callback, said, now)
    except Exception as error:
        if isinstance(error, IntegrityError) and (before := _again(account, body, now)):
            return before
        # Whatever goes wrong with telling it keeps no result back: `match_waiting` tries again. Of a database that is away this raises too.
        logger.error(
            "account %s: a result could not be told as it came: %s",
            account.pk,
            type(error).__name__,
        )
        callback.pk = callback.invocation = callback.matched_at = None
        _commit(callback, said, now, tells=False)
    if said.problem:
        logger.warning(
            "account %s: a result of %s bytes says not whose it is: %s",
            account.pk,
            len(body),
            said.problem,
        )
    return callback


def _commit(callback: Callback, said: FlowResult, now: datetime, *, tells: bool = True) -> None:
    with transaction.atomic():
        invocation = _whose(callback) if tells else None
        told = _told(invocation) if invocation else []
        if invocation:
            callback.invocation, callback.matched_at = invocation, now
        callback.save(force_insert=True)
        ChannelResult.objects.bulk_create(
            _channel_result(callback, channel) for channel in said.channels
        )
        if invocation:
            _tell(invocation, [*told, Told(callback, said.channels)])


def _again(account: Account, body: bytes, now: datetime) -> Callback | None:
    """If the same bytes were kept before, they are counted, and told if they could not be then."""
    same = Callback.objects.filter(digest__in=_digests(account, body)).order_by("pk")
    if not same.update(times=F("times") + 1, last_received_at=now):
        return None
    callback = same[0]
    if callback.invocation_id is None:
        match(callback)
    return callback


def _as_text(body: bytes) -> str:
    """The body so that no byte is lost, and what could be read from it still can be."""
    for encoding in ("utf-8", json.detect_encoding(body)):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def _digests(account: Account, body: bytes) -> list[str]:
    return digests(f"{account.pk} {hashlib.sha256(body).hexdigest()}", DIGEST_OF_A_CALLBACK)


def _channel_result(callback: Callback, said: ChannelSaid) -> ChannelResult:
    digits, hint = whose.number(said.recipient)
    return ChannelResult(
        callback=callback,
        position=said.position,
        kind=said.kind,
        code=said.code,
        started_at=said.started_at,
        wait_seconds=said.wait_seconds,
        message_id=said.message_id,
        client_message_id=said.client_message_id,
        sender=said.sender,
        recipient_digest=digests(digits, DIGEST_OF_A_RECIPIENT)[0] if digits else "",
        recipient_hint=hint,
    )


# --- whose it is ------------------------------------------------------------------------------------------------------


def match(callback: Callback) -> bool:
    """Tells a kept result to the invocation whose id it names. Returns whether one was told."""
    with transaction.atomic():
        invocation = _whose(callback)
        return invocation is not None and _join(callback, invocation)


class NotJoined(Exception):
    """Nothing was changed. `code`: `gone` (the result has a message, or the message is none of its account), `under_way`, `other_id`
    (the message has another id of Kaleyra's), `has_result`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def match_by_hand(callback: Callback, invocation: Invocation, by: User) -> None:
    """Tells the result to `invocation`, on the word of a person. Raises `NotJoined` where it is not as that person saw it any more."""
    with transaction.atomic():
        found = _locked(Q(pk=invocation.pk, account_id=callback.account_id))
        if not found:
            raise NotJoined("gone")
        if code := _why_not(callback, found[0]):
            raise NotJoined(code)
        if not _join(callback, found[0], by):
            raise NotJoined("gone")
    logger.info(
        "result %s was matched to invocation %s by user %s",
        callback.pk,
        invocation.request_id,
        by.pk,
    )


def _why_not(callback: Callback, locked: Invocation) -> str:
    """What has come between a suggestion and the person's word, as the code of a `NotJoined`."""
    if _tellable(locked) is None:
        return "under_way"
    if locked.workflow_invocation_id not in ("", callback.workflow_invocation_id):
        return "other_id"
    return "has_result" if locked.delivery == Delivery.COMPLETED else ""


def _join(callback: Callback, invocation: Invocation, by: User | None = None) -> bool:
    """Tells the locked invocation the result, if that is still free. Returns whether it was."""
    now = timezone.now()
    free = Callback.objects.filter(pk=callback.pk, invocation__isnull=True)
    if not free.update(invocation=invocation, matched_at=now, matched_by=by):
        return False
    _tell(invocation, _told(invocation))
    callback.invocation, callback.matched_at, callback.matched_by = invocation, now, by
    return True


def _whose(callback: Callback) -> Invocation | None:
    """The invocation that the result names, locked, if it can be told; else the one of which a stored answer named it.

    Where several are named nothing is guessed.
    """
    found = _locked(whose.named([callback]))
    if any(whose.names(callback, each) for each in found):
        return _tellable(whose.the_one(callback, found))
    [answered] = whose.answered([callback])
    invocation = whose.certain_of(answered)
    if invocation is None or not (locked := _locked(Q(pk=invocation.pk))):
        return None
    [answered] = whose.answered(
        [callback]
    )  # asked again under the lock: it may have learned of another flow meanwhile
    return _tellable(locked[0]) if whose.certain_of(answered) == locked[0] else None


def _locked(which: Q) -> list[Invocation]:
    """The first few that `which` finds, in the order in which `sending` locks them.

    They stay locked: two results of one invocation are added up one after the other.
    """
    invocations = (
        Invocation.objects.filter(which).select_related("workflow_instance").only(*TOLD_TO)
    )
    return list(invocations.select_for_update(of=("self",)).order_by("pk")[:FEW])


def _tellable(invocation: Invocation | None) -> Invocation | None:
    return invocation if invocation and invocation.status not in UNSETTLED else None


class Told(NamedTuple):
    """A result, and what it says of the channels."""

    callback: Callback
    channels: Sequence[ChannelSaid]


def _told(invocation: Invocation) -> list[Told]:
    """What the invocation was told, in the order in which it came."""
    kept = invocation.callbacks.only(*ADDED_UP).prefetch_related(
        Prefetch("results", ChannelResult.objects.only(*ADDED_UP_OF_A_CHANNEL))
    )
    return [
        Told(
            callback,
            [
                ChannelSaid(each.position, code=each.code, message_id=each.message_id)
                for each in callback.results.all()
            ],
        )
        for callback in kept.order_by("pk")
    ]


def what_was_told() -> Prefetch[str]:
    """For lists: `invocation.callbacks` of each row, as `timeline.report_of` reads them, in two statements and without their bodies."""
    said = Callback.objects.only(
        "invocation_id", "execution_status", "ended_at", "received_at"
    ).order_by("received_at", "pk")
    return Prefetch("callbacks", said.prefetch_related("results"))


def _tell(invocation: Invocation, told: Sequence[Told]) -> None:
    """Shows in the locked invocation what all its results say together.

    A result that says that it was refused, and nothing more, is shown beside a refusal or an unknown outcome, and changes neither.
    """
    if invocation.status in (Status.UNKNOWN, Status.REJECTED):
        told = [
            each for each in told if not was_refused(each.callback.execution_status, each.channels)
        ]
    if told and invocation.status == Status.UNKNOWN and decisions.confirm(invocation):
        invocation.status = Status.ACCEPTED
    learned = next(
        (
            each.callback.workflow_invocation_id
            for each in told
            if each.callback.workflow_invocation_id
        ),
        "",
    )
    columns: dict[str, object] = {
        "workflow_invocation_id": invocation.workflow_invocation_id or learned
    }
    ends = [
        _ended_at(each.callback, invocation)
        for each in told
        if has_ended(each.callback.execution_status)
    ]
    if ends:
        result = together(each.channels for each in told)
        columns |= {
            "delivery": Delivery.COMPLETED,
            "result_at": min(ends),
            "deciding_channel": result.deciding(
                lambda: len(template_fields.channels_at_the_time(invocation))
            ),
            "may_be_double": result.may_be_double,
        }
    elif told and invocation.status == Status.ACCEPTED and not invocation.delivery:
        # It says that the flow runs: so its result is still to come.
        columns |= {
            "delivery": Delivery.AWAITING,
            "result_due_at": timezone.now() + invocation.workflow_instance.result_due_in,
        }
    Invocation.objects.filter(pk=invocation.pk).update(**columns)
    if not invocation.workflow_instance.expects_callback:
        _expect_results_of(invocation.workflow_instance_id)
    logger.info("invocation %s has a result", invocation.request_id)


def _ended_at(callback: Callback, invocation: Invocation) -> datetime:
    told = callback.ended_at
    plausible = (
        told and invocation.created_at - CLOCKS_APART <= told <= callback.received_at + CLOCKS_APART
    )
    return told if told and plausible else callback.received_at


def _expect_results_of(workflow_instance_pk: int) -> None:
    """From its first result on a workflow is known to report, and what does not come is missed."""
    if WorkflowInstance.objects.filter(pk=workflow_instance_pk, expects_callback=False).update(
        expects_callback=True
    ):
        logger.info("workflow %s reports its results", workflow_instance_pk)
        pause.remember_the_change(WorkflowInstance, workflow_instance_pk, "first_result")


# --- what nobody knows whose it is ------------------------------------------------------------------------------------


def set_aside(callback: Callback, reason: str, by: User) -> bool:
    """Nobody needs to look at the result any more, says a person. Returns whether it was still open. It stays, and is still matched."""
    sealed = Callback._meta.get_field("set_aside_reason").seal(callback, reason)
    still_open = to_look_at().filter(pk=callback.pk)
    if not still_open.update(set_aside_at=timezone.now(), set_aside_by=by, set_aside_reason=sealed):
        return False
    logger.info(
        "result %s of account %s was set aside by user %s", callback.pk, callback.account_id, by.pk
    )
    return True


# --- time passes ------------------------------------------------------------------------------------------------------


def match_waiting(now: datetime) -> int:
    """Tells results that came before their id was known, or while their message was being sent. Returns how many were told.

    Each in its turn, the longest waiting first, and the older it is the more seldom: what cannot be told keeps nothing else back, and ten
    thousand that nobody will ever know cost little.
    """
    told = 0
    for _round in range(MOST_ROUNDS):
        due = list(
            unmatched().filter(ask_at__lt=now).defer("body").order_by("ask_at", "pk")[:MOST_AT_ONCE]
        )
        told += _tell_if_known(due)
        for wait, pks in _turns(due, now).items():
            unmatched().filter(pk__in=pks).update(ask_at=now + wait)
        if len(due) < MOST_AT_ONCE:
            break
    return told


def _tell_if_known(callbacks: Sequence[Callback]) -> int:
    if not callbacks:
        return 0
    settled = [
        callback
        for callback, its in zip(callbacks, whose.certain(callbacks), strict=True)
        if _tellable(its)
    ]
    return sum(_matches(callback) for callback in settled)


def _turns(callbacks: Sequence[Callback], now: datetime) -> dict[timedelta, list[int]]:
    """After how long each is asked about again."""
    turns: dict[timedelta, list[int]] = defaultdict(list)
    for callback in callbacks:
        age = now - callback.received_at
        turns[next((wait for at_most, wait in ASKED_AGAIN_AFTER if age <= at_most), SELDOM)].append(
            callback.pk
        )
    return turns


def _matches(callback: Callback) -> bool:
    """`match`; one result that cannot be told keeps neither the others back nor what is to be sent."""
    try:
        return match(callback)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.error(
            "account %s: result %s cannot be told: %s",
            callback.account_id,
            callback.pk,
            type(error).__name__,
        )
        return False


def mark_missing(now: datetime) -> int:
    """Awaited results whose time is over. One that comes later still counts. Returns how many are missed."""
    overdue = Invocation.objects.filter(delivery=Delivery.AWAITING, result_due_at__lte=now).exclude(
        status=Status.SENDING
    )
    return overdue.update(delivery=Delivery.NO_RESULT)


def drop_stale(now: datetime) -> int:
    """Drops results that belonged to nobody for `KEPT_FOR`, and of each account the oldest beyond `MOST_KEPT`. Returns how many."""
    stale = list(
        unmatched()
        .filter(received_at__lt=now - KEPT_FOR)
        .order_by("received_at")
        .values_list("pk", flat=True)[:MOST_AT_ONCE]
    )
    crowded = (
        unmatched().values("account_id").annotate(n=Count("pk")).filter(n__gt=MOST_KEPT).order_by()
    )
    for account_id in crowded.values_list("account_id", flat=True):
        newest_first = unmatched().filter(account_id=account_id).order_by("-received_at", "-pk")
        stale += newest_first.values_list("pk", flat=True)[MOST_KEPT : MOST_KEPT + MOST_AT_ONCE]
    if not stale:
        return 0
    with transaction.atomic():
        # Asked again under the deletion: what was matched meanwhile stays.
        going = list(
            unmatched().filter(pk__in=stale).select_for_update().values_list("pk", flat=True)
        )
        ChannelResult.objects.filter(callback_id__in=going).delete()
        Callback.objects.filter(pk__in=going).delete()
    logger.warning("%s results were dropped: nobody knew whose they were", len(going))
    return len(going)
