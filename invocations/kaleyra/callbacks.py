"""What a callback says: Kaleyra's report of a flow that has ended. A `FlowResult` is a value for any bytes whatever; nothing here raises.

Source: Kaleyra's page "callback-profile-for-fallback-flow", whose sample breaks off after `result.channel1`. From there on it is
inference: which shape arrives depends on the body that the profile was given, and of the codes only TIMEOUT is shown. So every shape
that the page allows is read, and a code that nobody knows is kept as it came.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CodeMeaning(StrEnum):
    """What a channel's code says about the customer's phone."""

    DELIVERED = "delivered"
    FAILED = "failed"
    NO_REPORT = "no_report"
    """No final report within the wait. It may still have been delivered, then or later."""
    SENT = "sent"
    """Given to the operator, and nothing is known beyond that."""
    OTHER = "other"


CODES = {
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
"""Kaleyra's pages "callback-profile-for-fallback-flow" (TIMEOUT), "whatsapp-status", "sms-callback" (the others, by analogy)."""
_KNOWLEDGE = (
    CodeMeaning.OTHER,
    CodeMeaning.NO_REPORT,
    CodeMeaning.SENT,
    CodeMeaning.FAILED,
    CodeMeaning.DELIVERED,
)
"""Which of two words on one channel knows more: the later one here."""
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
    """What `code` says. Upper and lower case, and what stands between its words, make no difference.

    >>> said("Not_Sent")
    <Said.FAILED: 'failed'>
    """
    return CODES.get(plain_word(code), CodeMeaning.OTHER)


def has_ended(execution_status: str) -> bool:
    """Whether the flow is over. Kaleyra reports once, at its end: only a status that clearly says otherwise is believed to."""
    return plain_word(execution_status) not in _STILL_RUNNING


def was_refused(execution_status: str, channels: Iterable[ReportedChannel]) -> bool:
    """Whether the flow was refused, and nothing was tried on any channel.

    No page says that such a result is posted. It may be that of a repetition, refused because the first had got in: it settles nothing.
    """
    return plain_word(execution_status) == "REJECTED" and not any(
        channel.code or channel.message_id for channel in channels
    )


@dataclass(frozen=True)
class ReportedChannel:
    """What a callback says of one channel. Texts are Kaleyra's own, made printable and bounded; what was not there is empty or None."""

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
    def may_have_reached(self) -> bool:
        """Whether it was tried, and nothing says for certain that the customer did not get it."""
        return (
            bool(self.code or self.message_id)
            and meaning_of_code(self.code) is not CodeMeaning.FAILED
        )


@dataclass(frozen=True)
class FlowResult:
    """One callback. `problem` says why it cannot be known whose result it is:

    `empty`, `compressed`, `unreadable` (no JSON), `no_object` (JSON, but nothing to read a result from), `no_id`, `odd_id` (too long).
    """

    workflow_invocation_id: str = ""
    request_id: uuid.UUID | None = None
    other_request_id: str = ""
    """One that is no UUID, and so none of ours."""
    execution_status: str = ""
    ended_at: datetime | None = None
    channels: tuple[ReportedChannel, ...] = ()
    problem: str = ""

    def deciding(self, how_many: Callable[[], int]) -> int | None:
        """The channel that reached the customer, the first if several did; 0 if each of the flow's channels is reported failed.

        None where it cannot be said: one may still arrive, is not told of or told of in a word that nobody knows; or a third one
        reached them, which no flow is documented to have. `how_many` channels the flow has is asked only where all told of have failed.
        """
        reached = [
            channel.position
            for channel in self.channels
            if meaning_of_code(channel.code) is CodeMeaning.DELIVERED
        ]
        if reached:
            return min(reached) if min(reached) <= 2 else None
        if not self.channels or any(
            meaning_of_code(channel.code) is not CodeMeaning.FAILED for channel in self.channels
        ):
            return None
        channels = how_many()
        return (
            0
            if channels
            and {channel.position for channel in self.channels} >= set(range(1, channels + 1))
            else None
        )

    @property
    def may_be_double(self) -> bool:
        """Whether the customer may have got it on two channels.

        The second is tried because the first failed or did not report in time: only a first one that failed, or a second one that
        did, rules it out. A first one that is not told of rules nothing out.
        """
        first_failed = any(
            channel.position == 1 and meaning_of_code(channel.code) is CodeMeaning.FAILED
            for channel in self.channels
        )
        reached = [channel.position for channel in self.channels if channel.may_have_reached]
        return len(reached) > 1 or (not first_failed and any(position > 1 for position in reached))


def combine(results: Iterable[Iterable[ReportedChannel]]) -> FlowResult:
    """What the channels of several callbacks of one invocation say together, in whatever order they came.

    Of each channel the word that knows most holds: what was delivered stays delivered.
    """
    best: dict[int, ReportedChannel] = {}
    for channel in (channel for channels in results for channel in channels):
        known = best.get(channel.position)
        if known is None or _rank(channel) > _rank(known):
            best[channel.position] = channel
    return FlowResult(channels=tuple(best[position] for position in sorted(best)))


def disputed_positions(results: Iterable[Iterable[ReportedChannel]]) -> set[int]:
    """The channels of which one of several callbacks says that they delivered, and another that they failed."""
    words: dict[CodeMeaning, set[int]] = {CodeMeaning.DELIVERED: set(), CodeMeaning.FAILED: set()}
    for channel in (channel for channels in results for channel in channels):
        words.get(meaning_of_code(channel.code), set()).add(channel.position)
    return words[CodeMeaning.DELIVERED] & words[CodeMeaning.FAILED]


def _rank(channel: ReportedChannel) -> tuple[int, bool, bool]:
    return (
        _KNOWLEDGE.index(meaning_of_code(channel.code)),
        bool(channel.code),
        bool(channel.message_id),
    )


# --- values -----------------------------------------------------------------------------------------------------------


def plain_word(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.strip()).upper()
