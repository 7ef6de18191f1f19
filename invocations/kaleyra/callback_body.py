"""Reads the body of a callback."""

from __future__ import annotations

import json
import math
import re
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from invocations.kaleyra.callbacks import FlowResult, ReportedChannel
from invocations.kaleyra.reply import printable, read_timestamp

MAX_BODY_BYTES = 256 * 1024
LONGEST_ID = 100
LONGEST_WAIT = 24 * 60 * 60
"""Seconds. Kaleyra's own limit is 900; a longer wait than a day is no wait."""
YEARS = range(2000, 2100)
"""A time outside makes no sense, and cannot be shown in every zone."""


def read_callback(body: bytes) -> FlowResult:
    """The result in `body`: as Kaleyra's page shows it, or wrapped in `workflowevent` as an object or as text, once or more often.

    Also read: a form's field `workflowevent`, a list of one, and JSON that was put into quotes without escaping its own.
    The rest of a body that says more than this is not lost: whoever keeps the body keeps it.
    """
    if not body.strip():
        return FlowResult(problem="empty")
    if body[:2] == b"\x1f\x8b":
        return FlowResult(problem="compressed")
    event = _event(body)
    if event is None:
        return FlowResult(problem="unreadable" if _json(body) is None else "no_object")
    invocation_id = _text(event.get("workflowInvocationId"), LONGEST_ID + 1)
    is_odd = len(invocation_id) > LONGEST_ID
    request_text = _text(event.get("requestId"), LONGEST_ID)
    request_id = _uuid(request_text)
    return FlowResult(
        workflow_invocation_id="" if is_odd else invocation_id,
        request_id=request_id,
        other_request_id="" if request_id else request_text,
        execution_status=_text(event.get("executionStatus"), 60),
        ended_at=_time(event.get("timestamp")),
        channels=_channels(event.get("result")),
        problem="odd_id" if is_odd else "" if invocation_id or request_id else "no_id",
    )


_WRAPPER = "workflowevent"
_UNESCAPED = re.compile(
    r'\A\s*\{\s*"workflowevent"\s*:\s*"\s*(\{.*\})\s*"\s*\}\s*\Z', re.DOTALL | re.IGNORECASE
)
"""A profile's `{"workflowevent":"<workflowevent>"}` filled in as text: the quotes inside end it, and it is no JSON any more."""
_MOST_WRAPPINGS = 6
_CHANNEL = re.compile(r"\A(?:channel|send)[ _-]?([1-9])\Z", re.IGNORECASE)


def _event(body: bytes) -> dict[str, Any] | None:
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    found: Any = _json(body)
    if found is None and (unescaped := _UNESCAPED.match(text)):
        found = unescaped[1]
    if found is None:
        found = _form_field(text)
    for _ in range(_MOST_WRAPPINGS):
        if isinstance(found, str):
            found = _json(found.encode("utf-8", errors="replace"))
        elif isinstance(found, list) and len(found) == 1:
            found = found[0]
        elif isinstance(found, dict):
            wrapped = next(
                (value for name, value in found.items() if name.strip().lower() == _WRAPPER), None
            )
            if wrapped is None or "workflowInvocationId" in found:
                return found
            found = wrapped
        else:
            break
    return None


def _json(body: bytes) -> Any:
    """The value in `body`, in any of JSON's encodings; None if there is none.

    Lenient where it costs nothing: bytes that are no UTF-8 cost their characters only, NULs and a BOM around it are no part of it, line
    ends may stand in texts, and a number of any length is one.
    """
    for text in (body, body.decode("utf-8", errors="replace").strip("\0\ufeff \t\r\n")):
        try:
            return json.loads(text, strict=False, parse_int=_whole_number)
        except (ValueError, RecursionError):
            continue
    return None


def _whole_number(digits: str) -> int | str:
    """Python refuses to read thousands of digits at once; nothing here counts with them."""
    return int(digits) if len(digits) <= LONGEST_ID else digits


def _form_field(text: str) -> str | None:
    if f"{_WRAPPER}=" not in text.lower():
        return None
    try:
        fields = parse_qs(text, max_num_fields=100)
    except ValueError:
        return None
    return next(
        (values[0] for name, values in fields.items() if name.strip().lower() == _WRAPPER), None
    )


def _channels(result: Any) -> tuple[ReportedChannel, ...]:
    if isinstance(result, str):
        result = _json(result.encode("utf-8", errors="replace"))
    if isinstance(result, list):
        result = {
            f"channel{position}": channel for position, channel in enumerate(result[:9], start=1)
        }
    if not isinstance(result, dict):
        return ()
    found: dict[int, ReportedChannel] = {}
    for name, channel in result.items():
        place = _CHANNEL.match(name.strip())
        if place and isinstance(channel, dict) and channel:
            found.setdefault(int(place[1]), _channel(int(place[1]), channel))
    return tuple(found[position] for position in sorted(found))


def _channel(position: int, fields: dict[str, Any]) -> ReportedChannel:
    return ReportedChannel(
        position=position,
        kind=_text(fields.get("channel"), 20).lower()[:20],
        code=_text(fields.get("statusCode"), LONGEST_ID),
        started_at=_time(fields.get("createdAt")),
        wait_seconds=_seconds(fields.get("timeout")),
        message_id=_text(fields.get("messageId"), LONGEST_ID),
        client_message_id=_text(fields.get("clientMessageId"), LONGEST_ID),
        sender=_text(fields.get("from"), 100),
        recipient=_text(fields.get("to"), 60),
    )


_DURATION = re.compile(
    r"\AP(?:([0-9]{1,3})D)?(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})(?:\.[0-9]+)?S)?)?\Z"
)


def _text(value: Any, longest: int) -> str:
    """A text or a number without the blanks around it, printable, at most so long; anything else is none."""
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int | float)
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        return ""
    return printable(str(value).strip()[:longest]).strip()


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _time(value: Any) -> datetime | None:
    moment = read_timestamp(_text(value, 60)) if isinstance(value, str) else None
    return moment if moment and moment.year in YEARS else None


def _seconds(value: Any) -> int | None:
    """An ISO 8601 duration (`PT5S`, `PT1M30S`), or plain seconds, as whole seconds; None if it is neither, or longer than a day."""
    text = _text(value, 60).upper()
    if re.fullmatch("[0-9]{1,8}", text):
        seconds = int(text)
    elif (parts := _DURATION.match(text)) and any(parts.groups()):
        days, hours, minutes, rest = (int(part or 0) for part in parts.groups())
        seconds = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    else:
        return None
    return seconds if seconds <= LONGEST_WAIT else None
