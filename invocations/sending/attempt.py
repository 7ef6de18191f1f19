"""One claimed attempt becomes one POST, and what came of it becomes a `Result`. Nothing here touches the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from invocations.kaleyra.address import is_loopback
from invocations.kaleyra.client import ClientConnection, KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.reply import DUPLICATE, Reply
from invocations.models import Account, ApiKey
from invocations.models.encryption import Unreadable
from invocations.sending.claim import Claim
from invocations.sending.outcomes import TABLE, Rule

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What one attempt came to. `reason` is a row of `answer_table.TABLE`."""

    reason: str
    started_at: datetime
    seconds: float
    reply: Reply | None = None

    @property
    def rule(self) -> Rule:
        return TABLE[self.reason]


Connections = Callable[[KaleyraClient], ClientConnection]
"""Gives the way to an account: one of its own for each POST, or a kept one."""


def handed_back(claim: Claim) -> Result:
    """The claim was not used, and certainly nothing left."""
    return Result("handed_back", timezone.now(), 0.0)


def post(claim: Claim, connections: Connections | None = None) -> Result:
    """Posts the claimed invocation once, over a connection of its own or over the one `connections` gives. Never raises."""
    started_at, started = timezone.now(), time.monotonic()
    try:
        reason, reply = _attempt(claim, connections)
    except Exception as error:
        # A fault of ours, after the socket may have opened: what it says could hold a number, so only its kind is logged.
        logger.error(
            "attempt %s of %s broke: %s",
            claim.number,
            claim.invocation.request_id,
            type(error).__name__,
        )
        reason, reply = "internal", None
    return Result(reason, started_at, time.monotonic() - started, reply)


class NoKey(Exception):
    """Nothing can be sent with it. `reason` is a row of `answer_table.TABLE`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_key(api_key: ApiKey | None) -> str:
    """The key itself. Raises `NoKey` if there is none, or if it cannot be decrypted."""
    if api_key is None:
        raise NoKey("no_key")
    try:
        return str(api_key.key)
    except Unreadable:
        raise NoKey("unreadable_key") from None


def _attempt(claim: Claim, connections: Connections | None) -> tuple[str, Reply | None]:
    invocation = claim.invocation
    try:
        key = read_key(claim.api_key)
    except NoKey as missing:
        return missing.reason, None
    try:
        body = invocation.payload
    except Unreadable:
        return "unreadable_message", None
    client = client_for(claim.account, key)
    workflow, request_id = (
        invocation.workflow_instance.workflow_instance_id,
        str(invocation.request_id),
    )
    if not claim.is_fresh:
        return (
            "handed_back",
            None,
        )  # kept back, or frozen, since the claim: somebody may settle it meanwhile
    try:
        reply = (
            connections(client).invoke(workflow, request_id, body)
            if connections
            else client.invoke(workflow, request_id, body)
        )
    except (NotSent, NoAnswer) as silence:
        return silence.reason, None
    return ("id_used_before" if reply.is_duplicate else reply.reason), reply


def client_for(account: Account, key: str) -> KaleyraClient:
    """The way to `account` with `key`, as the settings have it."""
    api_domain = account.pod.api_domain
    return KaleyraClient(
        api_domain,
        account.sid,
        key,
        allow_loopback=settings.SANDBOX and is_loopback(api_domain),
        proxy_url=settings.HTTPS_PROXY_URL,
        ca_bundle=settings.CA_BUNDLE,
        duplicate=settings.DUPLICATE_ANSWER or DUPLICATE,
    )
