"""The table of endings: what becomes of an accepted invocation, and the bodies that report it. Pure.

A code is the last three characters of the workflow_instance_id or, failing that, of send1's recipient, as in answers.py. Without
a code the last digit of the recipient decides, so that most of what is tried out ends as most messages do.

The body is the sample of Kaleyra's page callback-profile-for-fallback-flow as far as it can be seen there: its id with a blank
behind it, its nine fractional digits, `channel1`; `channel2` by analogy. That page has the profile's body wrapped in
`workflowevent`, which can arrive as an object or as a text: so a receiver meets all three.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from invocations.sandbox.answers import Invocation
from invocations.sandbox.envelopes import timestamp


class Shape(IntEnum):
    """How a body is wrapped."""

    BARE = 0
    OBJECT = 1
    TEXT = 2


@dataclass(frozen=True)
class Tempo:
    """How long things take at the pod, in seconds."""

    wait: float = 5.0
    """What each channel is given for its final report: the least that Kaleyra's wizard allows, whatever the flow says."""
    report: float = 1.5
    """Until a channel's final report, where there is one."""
    late: float = 240.0
    """Until a result that comes too late."""


@dataclass(frozen=True)
class Ending:
    """One row of the table. `statuses`: each channel's statusCode; as many channels are tried as it has.

    `title`: what the pod does, `in_console`: what a person will see.
    """

    code: str
    title: str
    in_console: str
    statuses: tuple[str, ...] = ()
    shape: Shape = Shape.BARE
    times: int = 1
    is_late: bool = False
    old_news: bool = False
    """Whether a body that was made before this one comes after it."""
    empty: bool = False
    """Whether the body holds nothing, as Kaleyra's page literally has it."""


@dataclass(frozen=True)
class Report:
    """One body, to be posted so many seconds after the invocation was accepted."""

    after: float
    body: bytes


ENDINGS: tuple[Ending, ...] = (
    Ending(
        "700",
        "Never reports",
        "Accepted, and once the result is overdue: no result received.",
        times=0,
    ),
    Ending(
        "701",
        "The first channel delivers",
        "Delivered on the first channel; the second was not tried.",
        ("DELIVERED",),
    ),
    Ending(
        "702",
        "The first channel is silent, the second delivers; wrapped as an object",
        "Fell back: no final report in 5 s, then delivered on the second channel. May have been received twice.",
        ("TIMEOUT", "DELIVERED"),
        Shape.OBJECT,
    ),
    Ending(
        "703",
        "The first channel fails, the second delivers; wrapped as a text",
        "Fell back: the first channel failed, the second delivered.",
        ("FAILED", "DELIVERED"),
        Shape.TEXT,
    ),
    Ending(
        "704",
        "Both channels are silent",
        "No final report from either: it may still have arrived.",
        ("TIMEOUT", "TIMEOUT"),
    ),
    Ending("705", "Both channels fail", "Delivered on neither channel.", ("FAILED", "UNDELIVERED")),
    Ending(
        "706", "A code that nobody knows", "The code as it came.", ("PARKED-AT-HUB", "DELIVERED")
    ),
    Ending(
        "707",
        "Reports the same three times",
        "One result, and how often it came.",
        ("TIMEOUT", "DELIVERED"),
        Shape.OBJECT,
        times=3,
    ),
    Ending(
        "708",
        "Reports in the wrong order: an older body comes after the last one",
        "Delivered on the second channel, and it stays at that.",
        ("TIMEOUT", "DELIVERED"),
        old_news=True,
    ),
    Ending(
        "709",
        "Reports four minutes late",
        "First: no result received. Then the result.",
        ("TIMEOUT", "DELIVERED"),
        is_late=True,
    ),
    Ending(
        "710",
        "Posts an empty body, as a callback profile without its placeholder does",
        "Accepted; among the results that belong to nothing there is one more.",
        empty=True,
    ),
)

ENDINGS_WITHOUT_CODE: tuple[tuple[str, Ending], ...] = (
    ("0, 2, 4, 6", Ending("", "The first channel delivers", "", ("DELIVERED",))),
    ("8", Ending("", "The first channel delivers, and the message is read", "", ("READ",))),
    (
        "1, 5, 9",
        Ending(
            "", "The first channel is silent, the second delivers", "", ("TIMEOUT", "DELIVERED")
        ),
    ),
    ("3", Ending("", "The first channel fails, the second delivers", "", ("FAILED", "DELIVERED"))),
    ("7", Ending("", "Both channels are silent", "", ("TIMEOUT", "TIMEOUT"))),
)
"""Without a code: by the recipient's last digit. The digit before it chooses the shape."""

ENDINGS_BY_CODE = {ending.code: ending for ending in ENDINGS}
ENDINGS_BY_DIGIT = {
    digit: ending for digits, ending in ENDINGS_WITHOUT_CODE for digit in digits.split(", ")
}


def choose_ending(invocation: Invocation) -> Ending:
    """What becomes of an accepted invocation."""
    return (
        ENDINGS_BY_CODE.get(invocation.workflow_instance_id[-3:])
        or ENDINGS_BY_CODE.get(invocation.recipient[-3:])
        or ENDINGS_BY_DIGIT[invocation.recipient[-1]]
    )


def reports(
    invocation: Invocation,
    workflow_invocation_id: str,
    accepted_at: int,
    kinds: Sequence[str],
    tempo: Tempo,
) -> list[Report]:
    """The bodies to post, in order, for an invocation that was accepted at `accepted_at`, in nanoseconds since 1970."""
    ending = choose_ending(invocation)
    if ending.empty:
        return [Report(tempo.report, b'{"workflowevent":""}')]
    flow = _Flow(invocation, workflow_invocation_id, accepted_at, kinds, tempo)
    seconds, content = flow.played(ending.statuses)
    shape = (
        ending.shape if ending.code else Shape(int(invocation.recipient[-2:-1] or 0) % len(Shape))
    )
    made = [
        Report(
            (tempo.late if ending.is_late else seconds) + number * tempo.report,
            wrapped(content, shape),
        )
        for number in range(ending.times)
    ]
    if ending.old_news:
        _, older = flow.played(ending.statuses[:1])
        made.append(Report(seconds + tempo.report, wrapped(older, shape)))
    return made


def wrapped(content: dict[str, object], shape: Shape) -> bytes:
    """A body in one of the shapes in which it may arrive."""
    match shape:
        case Shape.BARE:
            return json.dumps(content).encode()
        case Shape.OBJECT:
            return json.dumps({"workflowevent": content}).encode()
        case Shape.TEXT:
            return json.dumps({"workflowevent": json.dumps(content)}).encode()


@dataclass(frozen=True)
class _Flow:
    """One run of a flow, from its acceptance on."""

    invocation: Invocation
    workflow_invocation_id: str
    accepted_at: int
    kinds: Sequence[str]
    tempo: Tempo

    def played(self, statuses: Sequence[str]) -> tuple[float, dict[str, object]]:
        """How many seconds the flow took in which the channels ended so, and what is reported of it."""
        seconds, result = 0.0, {}
        for position, (kind, status) in enumerate(zip(self.kinds, statuses, strict=False), start=1):
            result[f"channel{position}"] = self._channel(position, kind, status, seconds)
            seconds += self.tempo.wait if status == "TIMEOUT" else self.tempo.report
        return seconds, {
            "workflowInvocationId": f"{self.workflow_invocation_id} ",
            "executionStatus": "COMPLETED",
            "timestamp": self._at(seconds),
            "result": result,
        }

    def _channel(self, position: int, kind: str, status: str, seconds: float) -> dict[str, str]:
        recipient = (
            self.invocation.recipient
            if position == 1
            else self.invocation.second_recipient or self.invocation.recipient
        )
        return {
            "createdAt": self._at(seconds),
            "from": "wasender" if kind == "whatsapp" else "KAVERI",
            "to": recipient,
            "messageId": str(self._id(f"{position} message")),
            "clientMessageId": str(self._id(f"{position} client message")),
            "channel": kind,
            "statusCode": status,
            "timeout": f"PT{self.tempo.wait:g}S",
        }

    def _at(self, seconds: float) -> str:
        return timestamp(self.accepted_at + int(seconds * 1_000_000_000))

    def _id(self, what: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"{self.workflow_invocation_id} {what}")
