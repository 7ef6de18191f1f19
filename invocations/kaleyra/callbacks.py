"""What a callback says: Kaleyra's report of a flow that has ended.

Source: Kaleyra's page "callback-profile-for-fallback-flow". Its sample breaks off after
`result.channel1`; the rest is inferred. The shape depends on the body configured in the callback
profile, and TIMEOUT is the only code shown. So `callback_body` reads every shape that the page
allows, and a code that is not in `CODE_MEANINGS` is kept as it came.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class CodeMeaning(StrEnum):
    """What a channel's code says about delivery to the customer's phone."""

    DELIVERED = "delivered"
    FAILED = "failed"
    NO_REPORT = "no_report"
    """No final report within the wait. It may have been delivered all the same, then or later."""
    SENT = "sent"
    """Handed over to the operator; nothing more is known."""
    OTHER = "other"


CODE_MEANINGS = {
    "DELIVERED": CodeMeaning.DELIVERED,
    "READ": CodeMeaning.DELIVERED,
    "FAILED": CodeMeaning.FAILED,
    "UNDELIVERED": CodeMeaning.FAILED,
    "NOT-SENT": CodeMeaning.FAILED,
    "NOTSENT": CodeMeaning.FAILED,
    "REJECTED": CodeMeaning.FAILED,
    "TIMEOUT": CodeMeaning.NO_REPORT,
    "SENT": CodeMeaning.SENT,
}
"""Source: Kaleyra's pages "callback-profile-for-fallback-flow" (TIMEOUT), "whatsapp-status" and
"sms-callback" (the others, by analogy)."""
_PRECEDENCE = (
    CodeMeaning.OTHER,
    CodeMeaning.NO_REPORT,
    CodeMeaning.SENT,
    CodeMeaning.FAILED,
    CodeMeaning.DELIVERED,
)
"""Which of two codes for one channel is more specific: the one whose meaning is later here."""
_STILL_RUNNING = {
    "ACCEPTED",
    "IN-PROGRESS",
    "INPROGRESS",
    "PENDING",
    "PROCESSING",
    "QUEUED",
    "RUNNING",
    "STARTED",
}


def meaning_of_code(code: str) -> CodeMeaning:
    """The meaning of `code`. Case, and the separators between its words, make no difference.

    >>> meaning_of_code("Not_Sent")
    <CodeMeaning.FAILED: 'failed'>
    """
    return CODE_MEANINGS.get(_normalized(code), CodeMeaning.OTHER)


def has_ended(execution_status: str) -> bool:
    """Whether the flow is over: true unless the status clearly says that it is still running.

    Kaleyra reports once, at the end of the flow.
    """
    return _normalized(execution_status) not in _STILL_RUNNING


def was_refused(execution_status: str, channels: Iterable[ReportedChannel]) -> bool:
    """Whether the flow was rejected and no channel was tried.

    No page says that such a result is posted. It may be about a repeated request, rejected because
    the first one was accepted. So it does not settle the outcome of the invocation.
    """
    return _normalized(execution_status) == "REJECTED" and not any(
        channel.code or channel.message_id for channel in channels
    )


CLOCK_SKEW = timedelta(hours=1)
"""Tolerated difference between Kaleyra's clock and ours."""


def is_dated_before(
    recorded_at: datetime, ended_at: datetime | None, starts: Iterable[datetime | None]
) -> bool:
    """Whether a result says that its flow ended, or a channel started, before its message existed.

    Then it is of another message, or Kaleyra's clock is wrong: it proves no delivery.
    """
    return any(moment < recorded_at - CLOCK_SKEW for moment in (ended_at, *starts) if moment)


@dataclass(frozen=True)
class ReportedChannel:
    """What a callback says about one channel.

    Texts are Kaleyra's own, made printable and limited in length. What is missing is empty or None.
    """

    position: int
    kind: str = ""
    code: str = ""
    started_at: datetime | None = None
    wait_seconds: int | None = None
    message_id: str = ""
    client_message_id: str = ""
    sender: str = ""
    recipient: str = ""

    @property
    def is_delivered(self) -> bool:
        return meaning_of_code(self.code) is CodeMeaning.DELIVERED

    @property
    def is_failed(self) -> bool:
        return meaning_of_code(self.code) is CodeMeaning.FAILED

    @property
    def may_have_reached(self) -> bool:
        """Whether the channel was tried and is not reported as failed."""
        return bool(self.code or self.message_id) and not self.is_failed


@dataclass(frozen=True)
class FlowResult:
    """One callback.

    `problem` says why it cannot be matched to an invocation: `empty`, `compressed`, `unreadable`
    (not JSON), `no_object` (JSON without a result), `no_id`, `odd_id` (too long).
    """

    workflow_invocation_id: str = ""
    request_id: uuid.UUID | None = None
    other_request_id: str = ""
    """A request ID that is not a UUID. The console never issues one."""
    execution_status: str = ""
    ended_at: datetime | None = None
    channels: tuple[ReportedChannel, ...] = ()
    problem: str = ""

    def deciding(self, how_many: Callable[[], int]) -> int | None:
        """The position of the channel that decides the outcome, or 0, or None.

        The first channel that reached the customer; 0 if every channel of the flow is reported as
        failed. None if the outcome is open: a message may still arrive, a channel is not reported
        or has an unknown code, or the third channel or a later one reached the customer (no flow is
        documented to have more than two).

        `how_many` returns how many channels the flow has. It is called only if every reported
        channel has failed.
        """
        delivered = [channel.position for channel in self.channels if channel.is_delivered]
        if delivered:
            return min(delivered) if min(delivered) <= 2 else None
        if not self.channels or not all(channel.is_failed for channel in self.channels):
            return None
        expected = set(range(1, how_many() + 1))
        reported = {channel.position for channel in self.channels}
        return 0 if expected and expected <= reported else None

    @property
    def may_be_double(self) -> bool:
        """Whether the customer may have received the message on two channels.

        The second channel is tried because the first failed or did not report in time. So only a
        first channel that failed, or a second one that failed, rules it out. A first channel that
        is not reported does not.
        """
        first_failed = any(channel.position == 1 and channel.is_failed for channel in self.channels)
        reached = [channel.position for channel in self.channels if channel.may_have_reached]
        return len(reached) > 1 or (not first_failed and any(position > 1 for position in reached))


def combine(results: Iterable[Iterable[ReportedChannel]]) -> FlowResult:
    """The channels of several callbacks of one invocation, in any order of arrival.

    For each channel the most specific code wins: what was delivered stays delivered.
    """
    best: dict[int, ReportedChannel] = {}
    for channel in (channel for channels in results for channel in channels):
        current = best.get(channel.position)
        if current is None or _rank(channel) > _rank(current):
            best[channel.position] = channel
    return FlowResult(channels=tuple(best[position] for position in sorted(best)))


def disputed_positions(results: Iterable[Iterable[ReportedChannel]]) -> set[int]:
    """The channels that one callback reports as delivered and another one as failed."""
    channels = [channel for result in results for channel in result]
    delivered = {channel.position for channel in channels if channel.is_delivered}
    failed = {channel.position for channel in channels if channel.is_failed}
    return delivered & failed


def _rank(channel: ReportedChannel) -> tuple[int, bool, bool]:
    return (
        _PRECEDENCE.index(meaning_of_code(channel.code)),
        bool(channel.code),
        bool(channel.message_id),
    )


def _normalized(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.strip()).upper()
