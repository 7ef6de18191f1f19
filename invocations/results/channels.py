"""What a result reports of each channel, as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable

from invocations.kaleyra.callbacks import ReportedChannel
from invocations.models import Callback, ChannelResult, Invocation
from invocations.models.recipients import stored_digest
from invocations.results.numbers import digits_and_hint

_PLAIN = re.compile(r"[1-9][0-9]{7,14}")
"""A number as the API writes it: country code and digits."""


class Recipients:
    """Digest and hint of each number in results that are read together.

    Most are the numbers of the messages that the results are of, and are recognised by their
    digest: that takes a twentieth of the time that reading a number takes.
    """

    def __init__(self, matches: Iterable[Invocation]) -> None:
        self._hints: dict[str, str] = {}
        for invocation in matches:
            self._hints[invocation.recipient_digest] = invocation.recipient_hint
            self._hints[invocation.recipient2_digest] = invocation.recipient2_hint
        self._hints.pop("", None)
        self._seen: dict[str, tuple[str, str]] = {}

    def digest_and_hint(self, number: str) -> tuple[str, str]:
        """No digest if it is not a complete number."""
        if number not in self._seen:
            self._seen[number] = self._known(number) or _read(number)
        return self._seen[number]

    def _known(self, number: str) -> tuple[str, str] | None:
        if not _PLAIN.fullmatch(number):
            return None
        digest = stored_digest(number)
        return (digest, self._hints[digest]) if digest in self._hints else None


def _read(number: str) -> tuple[str, str]:
    digits, hint = digits_and_hint(number)
    return stored_digest(digits) if digits else "", hint


def channel_result(
    callback: Callback, channel: ReportedChannel, recipients: Recipients
) -> ChannelResult:
    digest, hint = recipients.digest_and_hint(channel.recipient)
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
        recipient_digest=digest,
        recipient_hint=hint,
    )
