"""Reads the body of a callback into a `FlowResult`. It accepts any bytes and never raises."""

from __future__ import annotations

import json
import math
import re
import uuid
import zlib
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from invocations.kaleyra.callbacks import FlowResult, ReportedChannel
from invocations.kaleyra.reply import printable, read_timestamp

MAX_CALLBACK_BYTES = 256 * 1024
LONGEST_ID = 100
MAX_WAIT_SECONDS = 24 * 60 * 60
"""Seconds. Kaleyra's own limit is 900; a value of more than a day is taken as no wait."""
PLAUSIBLE_YEARS = range(2000, 2100)
"""Times in other years are implausible, and some cannot be converted to every time zone."""


def read_callback(body: bytes) -> FlowResult:
    """The result in `body`, in any shape that Kaleyra's page allows.

    The event stands alone, or in `workflowevent` as an object or as JSON text, once or nested. Also
    accepted: a form field `workflowevent`, a list with one item, and an event inside a JSON string
    whose quotes are not escaped. Other fields of the body are not read; the caller stores the body.
    """
    if not body.strip():
        return FlowResult(problem="empty")
    if is_compressed(body):
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


def is_compressed(body: bytes) -> bool:
    """Whether it begins as a gzip body does (RFC 1952)."""
    return body[:2] == b"\x1f\x8b"


def uncompressed(body: bytes) -> bytes:
    """The content of a gzip body; `body` itself if it is none, is broken, or holds too much."""
    if not is_compressed(body):
        return body
    reader = zlib.decompressobj(wbits=31)
    try:
        content = reader.decompress(body, MAX_CALLBACK_BYTES)
    except zlib.error:
        return body
    return content if reader.eof and not reader.unused_data else body


# --- the event in a body ------------------------------------------------------------------------

_WRAPPER = "workflowevent"
_UNESCAPED = re.compile(
    r'\A\s*\{\s*"workflowevent"\s*:\s*"\s*(\{.*\})\s*"\s*\}\s*\Z', re.DOTALL | re.IGNORECASE
)
"""A profile's `{"workflowevent":"<workflowevent>"}` with the event inserted as plain text. The
event's own quotes end the string early, so the body is not valid JSON."""
_MAX_NESTING = 6


def _event(body: bytes) -> dict[str, Any] | None:
    value = _outer_value(body)
    for _ in range(_MAX_NESTING):
        if isinstance(value, str):
            value = _json(value.encode("utf-8", errors="replace"))
        elif isinstance(value, list) and len(value) == 1:
            value = value[0]
        elif isinstance(value, dict):
            inner = _wrapped(value)
            if inner is None or "workflowInvocationId" in value:
                return value
            value = inner
        else:
            break
    return None


def _outer_value(body: bytes) -> Any:
    value = _json(body)
    if value is not None:
        return value
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if unescaped := _UNESCAPED.match(text):
        return unescaped[1]
    return _form_field(text)


def _json(body: bytes) -> Any:
    """The JSON value in `body`, in any of JSON's encodings; None if there is none.

    Lenient: invalid UTF-8 is replaced, NULs and a BOM around the value are ignored, strings may
    contain line breaks, and numbers may have any length.
    """
    for text in (body, body.decode("utf-8", errors="replace").strip("\0\ufeff \t\r\n")):
        try:
            return json.loads(text, strict=False, parse_int=_int_or_text)
        except (ValueError, RecursionError):
            continue
    return None


def _int_or_text(digits: str) -> int | str:
    """A long number stays text: Python refuses to convert more than 4,300 digits."""
    return int(digits) if len(digits) <= LONGEST_ID else digits


def _form_field(text: str) -> str | None:
    if f"{_WRAPPER}=" not in text.lower():
        return None
    try:
        fields = parse_qs(text, max_num_fields=100)
    except ValueError:
        return None
    values = _wrapped(fields)
    return values[0] if values else None


def _wrapped(fields: dict[str, Any]) -> Any:
    """The value of the first field named `workflowevent`, in upper or lower case; None without."""
    return next((value for name, value in fields.items() if name.strip().lower() == _WRAPPER), None)


# --- the channels of an event -------------------------------------------------------------------

_CHANNEL = re.compile(r"\A(?:channel|send)[ _-]?([1-9])\Z", re.IGNORECASE)


def _channels(result: Any) -> tuple[ReportedChannel, ...]:
    if isinstance(result, str):
        result = _json(result.encode("utf-8", errors="replace"))
    if isinstance(result, list):
        result = {f"channel{position}": fields for position, fields in enumerate(result[:9], 1)}
    if not isinstance(result, dict):
        return ()
    by_position: dict[int, ReportedChannel] = {}
    for name, fields in result.items():
        match = _CHANNEL.match(name.strip())
        if match and isinstance(fields, dict) and fields:
            position = int(match[1])
            by_position.setdefault(position, _channel(position, fields))
    return tuple(by_position[position] for position in sorted(by_position))


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


# --- single values ------------------------------------------------------------------------------


def _text(value: Any, longest: int) -> str:
    """A string or a finite number as stripped, printable text of at most `longest` characters.

    Empty for any other value.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return printable(str(value).strip()[:longest]).strip()


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _time(value: Any) -> datetime | None:
    moment = read_timestamp(_text(value, 60)) if isinstance(value, str) else None
    return moment if moment and moment.year in PLAUSIBLE_YEARS else None


_DURATION = re.compile(
    r"\AP(?:([0-9]{1,3})D)?"
    r"(?:T(?:([0-9]{1,4})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})(?:\.[0-9]+)?S)?)?\Z"
)


def _seconds(value: Any) -> int | None:
    """Whole seconds from an ISO 8601 duration (`PT5S`, `PT1M30S`) or from plain seconds.

    None if it is neither, or longer than a day.
    """
    text = _text(value, 60).upper()
    if re.fullmatch("[0-9]{1,8}", text):
        seconds = int(text)
    elif (parts := _DURATION.match(text)) and any(parts.groups()):
        days, hours, minutes, rest = (int(part or 0) for part in parts.groups())
        seconds = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    else:
        return None
    return seconds if seconds <= MAX_WAIT_SECONDS else None
