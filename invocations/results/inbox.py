"""What Kaleyra reports of a flow that has ended: kept as it came, and told to the invocation that it belongs to.

A body is kept whether or not anybody knows whose it is, so none is lost: it may come before our own answer is stored, or for an id that no
answer told us. It never makes an invocation, never sends, and never changes what was sent. What several bodies say of one invocation is
taken together, so that their order makes no difference, and one that says less takes nothing back.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from invocations.kaleyra.callback_body import read_callback
from invocations.kaleyra.callbacks import FlowResult, ReportedChannel
from invocations.models import Account, Callback, ChannelResult, Invocation
from invocations.models.encryption import digests
from invocations.models.recipients import RECIPIENT_DIGEST
from invocations.results import numbers
from invocations.results.apply import (
    StoredResult,
    locked_invocation_of,
    match,
    results_of,
    update_from_results,
)
from invocations.results.matching import results_to_review

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

Delivery = Invocation.Delivery

DIGEST_OF_A_CALLBACK = "callback"


# --- keep -------------------------------------------------------------------------------------------------------------


def store_result(account: Account, body: bytes) -> Callback:
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
        invocation = locked_invocation_of(callback) if tells else None
        told = results_of(invocation) if invocation else []
        if invocation:
            callback.invocation, callback.matched_at = invocation, now
        callback.save(force_insert=True)
        ChannelResult.objects.bulk_create(
            _channel_result(callback, channel) for channel in said.channels
        )
        if invocation:
            update_from_results(invocation, [*told, StoredResult(callback, said.channels)])


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


def _channel_result(callback: Callback, said: ReportedChannel) -> ChannelResult:
    digits, hint = numbers.digits_and_hint(said.recipient)
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
        recipient_digest=digests(digits, RECIPIENT_DIGEST)[0] if digits else "",
        recipient_hint=hint,
    )


# --- what nobody knows whose it is ------------------------------------------------------------------------------------


def set_aside(callback: Callback, reason: str, by: User) -> bool:
    """Nobody needs to look at the result any more, says a person. Returns whether it was still open. It stays, and is still matched."""
    sealed = Callback._meta.get_field("set_aside_reason").seal(callback, reason)
    still_open = results_to_review().filter(pk=callback.pk)
    if not still_open.update(set_aside_at=timezone.now(), set_aside_by=by, set_aside_reason=sealed):
        return False
    logger.info(
        "result %s of account %s was set aside by user %s", callback.pk, callback.account_id, by.pk
    )
    return True
