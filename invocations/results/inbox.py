"""Stores what Kaleyra posts about a flow that has ended, and matches it to its invocation at once.

A body is stored whether or not it can be matched, so none is lost: it may come before our own
answer is stored, or with an id that no answer named. It never creates an invocation, never sends,
and never changes what was sent. All bodies about one invocation are combined
(`apply.update_from_results`), so their order makes no difference, and a body that says less takes
nothing back.
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

from invocations.kaleyra.callback_body import read_callback, uncompressed
from invocations.kaleyra.callbacks import FlowResult, ReportedChannel
from invocations.models import Account, Callback, ChannelResult
from invocations.models.encryption import digests
from invocations.models.recipients import stored_digest
from invocations.results.apply import lock_match, match, update_from_results
from invocations.results.matching import results_to_review
from invocations.results.numbers import digits_and_hint

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

CALLBACK_DIGEST = "callback"


def store_result(account: Account, body: bytes) -> Callback:
    """Commits the body as it came, and updates its invocation if that can be matched.

    The same bytes again are stored once and counted. Of a gzip body the content is stored.
    """
    now = timezone.now()
    body = uncompressed(body)
    digest, *older_digests = _digests(account, body)
    if older_digests and (earlier := _count_repeat(account, body, now)):
        return earlier
    flow = read_callback(body)
    callback = _new_callback(account, body, digest, flow, now)
    try:
        _insert(callback, flow)
    except Exception as error:
        if isinstance(error, IntegrityError) and (earlier := _count_repeat(account, body, now)):
            return earlier
        # Store it unmatched: `upkeep.retry_unmatched` tries again. If the database is away, this
        # raises too.
        logger.error(
            "account %s: a new result could not be matched: %s", account.pk, type(error).__name__
        )
        callback.pk = callback.invocation = callback.matched_at = None
        _insert(callback, flow, matches=False)
    if flow.problem:
        logger.warning(
            "account %s: a result of %s bytes has no usable id: %s",
            account.pk,
            len(body),
            flow.problem,
        )
    return callback


def _new_callback(
    account: Account, body: bytes, digest: str, flow: FlowResult, now: datetime
) -> Callback:
    return Callback(
        account=account,
        digest=digest,
        body=_as_text(body),
        problem=flow.problem,
        received_at=now,
        last_received_at=now,
        ask_at=now,
        workflow_invocation_id=flow.workflow_invocation_id,
        request_id=flow.request_id,
        execution_status=flow.execution_status,
        ended_at=flow.ended_at,
    )


def _insert(callback: Callback, flow: FlowResult, *, matches: bool = True) -> None:
    """Stores the result and updates its invocation, in one transaction.

    Without `matches` it is stored unmatched.
    """
    with transaction.atomic():
        invocation = lock_match(callback, flow.channels) if matches else None
        if invocation:
            callback.invocation, callback.matched_at = invocation, callback.received_at
        callback.save(force_insert=True)
        ChannelResult.objects.bulk_create(
            _channel_result(callback, channel) for channel in flow.channels
        )
        if invocation:
            update_from_results(invocation, added=callback, channels=flow.channels)


def _count_repeat(account: Account, body: bytes, now: datetime) -> Callback | None:
    """Counts the stored result with the same bytes, and matches it if it is unmatched. Or None."""
    same = Callback.objects.filter(digest__in=_digests(account, body)).order_by("pk")
    if not same.update(times=F("times") + 1, last_received_at=now):
        return None
    callback = same[0]
    if callback.invocation_id is None:
        match(callback)
    return callback


def _as_text(body: bytes) -> str:
    """The body as text: no byte is lost, and JSON stays readable in any encoding."""
    for encoding in ("utf-8", json.detect_encoding(body)):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def _digests(account: Account, body: bytes) -> list[str]:
    return digests(f"{account.pk} {hashlib.sha256(body).hexdigest()}", CALLBACK_DIGEST)


def _channel_result(callback: Callback, channel: ReportedChannel) -> ChannelResult:
    digits, hint = digits_and_hint(channel.recipient)
    return ChannelResult(
        callback=callback,
        position=channel.position,
        kind=channel.kind,
        code=channel.code,
        started_at=channel.started_at,
        wait_seconds=channel.wait_seconds,
        message_id=channel.message_id,
        client_message_id=channel.client_message_id,
        sender=channel.sender,
        recipient_digest=stored_digest(digits) if digits else "",
        recipient_hint=hint,
    )


def set_aside(callback: Callback, reason: str, by: User) -> bool:
    """Marks an unmatched result as needing no review. Returns whether it still needed one.

    It stays, and is matched if its invocation turns up.
    """
    sealed = Callback._meta.get_field("set_aside_reason").seal(callback, reason)
    to_review = results_to_review().filter(pk=callback.pk)
    if not to_review.update(set_aside_at=timezone.now(), set_aside_by=by, set_aside_reason=sealed):
        return False
    logger.info(
        "result %s of account %s was set aside by user %s", callback.pk, callback.account_id, by.pk
    )
    return True
