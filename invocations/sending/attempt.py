"""Makes one claimed attempt: one POST, and its `Result`. Reads and writes no database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from invocations.kaleyra.client import ClientConnection, KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.reply import Reply
from invocations.models import ApiKey, Invocation, Target
from invocations.models.encryption import Unreadable, is_digest_of
from invocations.models.invocations import PAYLOAD_DIGEST
from invocations.sending.claim import Claim
from invocations.sending.outcomes import TABLE, Rule

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """The result of one attempt. `reason` is a key of `outcomes.TABLE`."""

    reason: str
    started_at: datetime
    seconds: float
    reply: Reply | None = None

    @property
    def rule(self) -> Rule:
        return TABLE[self.reason]


Connections = Callable[[KaleyraClient], ClientConnection]
"""Returns an open connection for a client, kept or new."""


def handed_back(claim: Claim) -> Result:
    """The result of a claim for which nothing was posted."""
    return Result("handed_back", timezone.now(), 0.0)


def post(claim: Claim, connections: Connections | None = None) -> Result:
    """Posts the claimed invocation once. Never raises.

    Uses a connection of `connections`, or without it a new one that is closed afterwards.
    """
    started_at, started = timezone.now(), time.monotonic()
    try:
        reason, reply = _reason_and_reply(claim, connections)
    except Exception as error:
        # A bug, perhaps after the socket opened. Its text could hold a number, so only its type is
        # logged.
        logger.error(
            "attempt %s of %s broke: %s",
            claim.number,
            claim.invocation.request_id,
            type(error).__name__,
        )
        reason, reply = "internal", None
    return Result(reason, started_at, time.monotonic() - started, reply)


class NoKey(Exception):
    """There is no usable API key. `reason` is a key of `outcomes.TABLE`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_key(api_key: ApiKey | None, host: str, sid: str) -> str:
    """The decrypted key, for a request to this host and SID.

    Raises `NoKey` if there is none, it was entered for another host or SID, or cannot be decrypted.
    """
    if api_key is None:
        raise NoKey("no_key")
    try:
        return api_key.key_for(host, sid)
    except Unreadable:
        raise NoKey("unreadable_key") from None


def text_as_recorded(invocation: Invocation) -> str | None:
    """The text to post; None if it cannot be read, or is not the one that was recorded.

    The digest cannot be changed (`models.immutable`), nor made without the lookup key.
    """
    try:
        text: str | None = invocation.payload
    except Unreadable:
        return None
    if not text or not is_digest_of(invocation.payload_digest, text, PAYLOAD_DIGEST):
        return None
    return text


def _reason_and_reply(claim: Claim, connections: Connections | None) -> tuple[str, Reply | None]:
    invocation = claim.invocation
    if claim.route.blocked:
        return claim.route.blocked, None
    try:
        key = read_key(claim.api_key, claim.target.api_domain, claim.target.sid)
    except NoKey as missing:
        return missing.reason, None
    body = text_as_recorded(invocation)
    if body is None:
        return "unreadable_message", None
    client, workflow = client_for(claim.target, key), claim.target.workflow_instance_id
    if not claim.is_fresh:
        # The process was delayed or stopped since the claim: another may have settled the message.
        return "handed_back", None
    try:
        sender = connections(client) if connections else client
        reply = sender.invoke(workflow, str(invocation.request_id), body)
    except (NotSent, NoAnswer) as silence:
        return silence.reason, None
    return ("id_used_before" if reply.is_duplicate else reply.reason), reply


def client_for(target: Target, key: str) -> KaleyraClient:
    """A client for the target's host and SID, with the proxy and certificates of the settings."""
    return KaleyraClient(
        target.api_domain,
        target.sid,
        key,
        allow_loopback=settings.SANDBOX and target.is_practice,
        proxy_url=settings.HTTPS_PROXY_URL,
        ca_bundle=settings.CA_BUNDLE,
        duplicate=settings.DUPLICATE_ANSWER,
        extra_api_domains=tuple(settings.EXTRA_API_DOMAINS),
    )
