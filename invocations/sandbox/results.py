"""The table of endings: how an accepted flow ends, and the callback bodies that report it. No I/O.

The code is the last three characters of the workflow_instance_id or, if that is not a code, of
send1's recipient, as in answers.py. Without a code the last digit of the recipient decides, so that
most tries end as most messages do.

The body is the sample of Kaleyra's page callback-profile-for-fallback-flow, as far as the page
shows it: the id with a blank after it, nine fractional digits, `channel1`; `channel2` by analogy.
The page wraps the profile's body in `workflowevent`, which can arrive as an object or as text. So
the pod posts all three shapes.
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
    """The delays of a flow, in seconds."""

    wait: float = 5.0
    """The wait for a channel's final report, whatever the flow says. Kaleyra's wizard allows 5 at
    least."""
    report: float = 1.5
    """Until a channel's final report, if there is one."""
    late: float = 240.0
    """Until a result that is late."""


@dataclass(frozen=True)
class Ending:
    """One row of the table. `statuses` are the statusCodes of the tried channels, in order.

    `title` says what the pod does, `in_console` what a user of the console will see. `times` is how
    often the result is posted.
    """

    code: str
    title: str
    in_console: str
    statuses: tuple[str, ...] = ()
    shape: Shape = Shape.BARE
    times: int = 1
    is_late: bool = False
    then_older: bool = False
    """Whether an older body, about the first channel only, is posted after the result."""
    empty: bool = False
    """Whether the body is empty, as on Kaleyra's page if it is taken literally."""


@dataclass(frozen=True)
class Report:
    """One body, and how many seconds after the acceptance it is posted."""

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
        "Rescued: no delivery report in 5 s, then delivered on the second channel. "
        "May have arrived twice.",
        ("TIMEOUT", "DELIVERED"),
        Shape.OBJECT,
    ),
    Ending(
        "703",
        "The first channel fails, the second delivers; wrapped as a text",
        "Rescued: the first channel failed, the second delivered.",
        ("FAILED", "DELIVERED"),
        Shape.TEXT,
    ),
    Ending(
        "704",
        "Both channels are silent",
        "No delivery report from either: it may still have arrived.",
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
        then_older=True,
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
"""By the last digit of the recipient. The digit before it selects the shape."""

ENDINGS_BY_CODE = {ending.code: ending for ending in ENDINGS}
ENDINGS_BY_DIGIT = {
    digit: ending for digits, ending in ENDINGS_WITHOUT_CODE for digit in digits.split(", ")
}


def choose_ending(invocation: Invocation) -> Ending:
    """The row for an accepted invocation."""
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
    """The bodies to post, in order; none for an ending that never reports.

    `accepted_at` is Unix time in nanoseconds; `kinds` are the flow's channels, `whatsapp` or `sms`.
    """
    ending = choose_ending(invocation)
    if ending.empty:
        return [Report(tempo.report, b'{"workflowevent":""}')]
    flow = _Flow(invocation, workflow_invocation_id, accepted_at, kinds, tempo)
    seconds, content = flow.run(ending.statuses)
    shape = ending.shape if ending.code else _shape_of(invocation.recipient)
    first = tempo.late if ending.is_late else seconds
    posts = [
        Report(first + number * tempo.report, wrapped(content, shape))
        for number in range(ending.times)
    ]
    if ending.then_older:
        _, older = flow.run(ending.statuses[:1])
        posts.append(Report(seconds + tempo.report, wrapped(older, shape)))
    return posts


def _shape_of(recipient: str) -> Shape:
    return Shape(int(recipient[-2:-1] or 0) % len(Shape))


def wrapped(content: dict[str, object], shape: Shape) -> bytes:
    """The body of a callback in one of its shapes."""
    match shape:
        case Shape.BARE:
            return json.dumps(content).encode()
        case Shape.OBJECT:
            return json.dumps({"workflowevent": content}).encode()
        case Shape.TEXT:
            return json.dumps({"workflowevent": json.dumps(content)}).encode()


@dataclass(frozen=True)
class _Flow:
    """One run of a flow. `accepted_at` is Unix time in nanoseconds."""

    invocation: Invocation
    workflow_invocation_id: str
    accepted_at: int
    kinds: Sequence[str]
    tempo: Tempo

    def run(self, statuses: Sequence[str]) -> tuple[float, dict[str, object]]:
        """The duration of the flow in seconds, and its report, if its channels end so."""
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
        first, second = self.invocation.recipient, self.invocation.second_recipient
        return {
            "createdAt": self._at(seconds),
            "from": "wasender" if kind == "whatsapp" else "KAVERI",
            "to": first if position == 1 else second or first,
            "messageId": str(self._id(f"{position} message")),
            "clientMessageId": str(self._id(f"{position} client message")),
            "channel": kind,
            "statusCode": status,
            "timeout": f"PT{self.tempo.wait:g}S",
        }

    def _at(self, seconds: float) -> str:
        return timestamp(self.accepted_at + int(seconds * 1_000_000_000))

    def _id(self, name: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"{self.workflow_invocation_id} {name}")
