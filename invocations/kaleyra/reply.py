"""Reads an HTTP answer into a `Reply`. Accepts any bytes and never raises.

Sources: seed, "Sample Success Response" and "Sample Failure Response"; the platform's other
envelope (`code: "RBC001"`) from Kaleyra's page "platform-apis-delete-callback-profile-by-id". An
answer that is not documented counts as doubtful.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from invocations.kaleyra.duplicate import says_id_was_used
from invocations.kaleyra.patterns import SearchPattern
from invocations.kaleyra.retry_after import retry_after_seconds

MAX_REPLY_BYTES = 64 * 1024
_ACCEPTED_STATUS = (202, "202")
"""The `status` in the body of an acceptance."""
# RFC 9110, 15.4: the statuses that name one other URL. 300 and 304 do not.
_REDIRECTS = (301, 302, 303, 307, 308)


class Verdict(StrEnum):
    """What one answer says about its attempt, without regard to earlier attempts."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REFUSED = "refused"
    BUSY = "busy"
    DOUBTFUL = "doubtful"


VERDICTS = {
    "accepted": Verdict.ACCEPTED,
    "rejected": Verdict.REJECTED,
    "no_such_workflow": Verdict.REJECTED,
    "not_taken": Verdict.REJECTED,
    "credentials": Verdict.REFUSED,
    "redirect": Verdict.REFUSED,
    "asked_to_wait": Verdict.BUSY,
    "another_request": Verdict.DOUBTFUL,
    "broken_off": Verdict.DOUBTFUL,
    "contradiction": Verdict.DOUBTFUL,
    "in_progress": Verdict.DOUBTFUL,
    "server_error": Verdict.DOUBTFUL,
    "undocumented_status": Verdict.DOUBTFUL,
    "unreadable": Verdict.DOUBTFUL,
}
"""The verdict for each reason that a reply can have."""


@dataclass(frozen=True)
class Reply:
    """One answer. Texts are Kaleyra's own, made printable. What is missing is None or empty.

    `retry_after` is in seconds.
    """

    http_status: int
    verdict: Verdict
    reason: str
    request_id: str | None = None
    message: str | None = None
    errors: tuple[str, ...] = ()
    workflow_invocation_id: str = ""
    execution_status: str = ""
    timestamp: str = ""
    retry_after: int | None = None
    text: str = ""
    is_duplicate: bool = False
    """Whether this is clearly the rejection of a request id that was used before."""

    @property
    def sent_at(self) -> datetime | None:
        """`timestamp` as a time in UTC, to the microsecond."""
        return read_timestamp(self.timestamp)


_DECIDING_KEYS = frozenset(
    {"requestId", "success", "status", "executionStatus", "workflowInvocationId", "code"}
)
"""The keys of which two different values leave open what the answer means."""
MAX_SEARCHED = 4096
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_INVOCATION_ID = re.compile(r"\A[A-Za-z0-9_-]{1,100}\Z")


def read_timestamp(text: str) -> datetime | None:
    """The time in UTC; None if `text` is not an ISO 8601 time. Without a zone it counts as UTC.

    Kaleyra writes nine fractional digits and a Z.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_reply(
    http_status: int,
    body: bytes,
    *,
    request_id: str,
    headers: Mapping[str, str] | None = None,
    complete: bool = True,
    duplicate: SearchPattern | None = None,
) -> Reply:
    """The answer to the invocation `request_id`.

    `complete` is False if the body broke off or was truncated at `MAX_BODY_BYTES`. `duplicate`: a
    pattern to find instead of `says_id_was_used`. Either sees the first `MAX_SEARCHED` characters
    of each text.
    """
    text = body[:MAX_REPLY_BYTES].decode("utf-8-sig", errors="replace")
    fields, has_two_values = _json_object(text) if complete else (None, False)
    reason = _reason(http_status, fields, request_id, complete)
    if has_two_values and VERDICTS[reason] is not Verdict.DOUBTFUL:
        reason = "contradiction"
    fields = fields or {}
    message = _text_or_none(fields.get("message"))
    errors = _errors(fields)
    invocation_id = _text(fields.get("workflowInvocationId")).strip()
    contradicts = has_two_values or reason in ("another_request", "contradiction")
    may_be_duplicate = http_status in (400, 409) and not contradicts
    texts = (*errors, message or "")
    return Reply(
        http_status=http_status,
        verdict=VERDICTS[reason],
        reason=reason,
        request_id=_text(fields.get("requestId")) or None,
        message=message,
        errors=errors,
        workflow_invocation_id=invocation_id if _INVOCATION_ID.match(invocation_id) else "",
        execution_status=_text(fields.get("executionStatus"))[:40],
        timestamp=_text(fields.get("timestamp"))[:60],
        retry_after=retry_after_seconds(headers or {}),
        text=printable(text),
        is_duplicate=may_be_duplicate and _says_duplicate(texts, request_id, duplicate),
    )


def _says_duplicate(texts: Iterable[str], request_id: str, pattern: SearchPattern | None) -> bool:
    """Whether one of the texts says that the request id was used before."""
    searched = (text[:MAX_SEARCHED] for text in texts)
    if pattern:
        return any(pattern.search(text) for text in searched)
    return any(says_id_was_used(text, request_id) for text in searched)


# --- the reason ---------------------------------------------------------------------------------


def _reason(
    http_status: int, fields: dict[str, Any] | None, request_id: str, complete: bool
) -> str:
    reason = _reason_by_status(http_status, fields, request_id, complete)
    not_accepted = VERDICTS[reason] in (Verdict.REJECTED, Verdict.REFUSED, Verdict.BUSY)
    return "contradiction" if not_accepted and _says_accepted(fields, request_id) else reason


def _says_accepted(fields: dict[str, Any] | None, request_id: str) -> bool:
    """Whether the body says that this request was accepted.

    A gateway may have changed the status of the answer.
    """
    return bool(
        fields
        and fields.get("requestId") == request_id
        and (
            fields.get("success") is True
            or fields.get("executionStatus") == "ACCEPTED"
            or fields.get("status") in _ACCEPTED_STATUS
        )
    )


def _reason_by_status(
    http_status: int, fields: dict[str, Any] | None, request_id: str, complete: bool
) -> str:
    is_wrong_key = 400 <= http_status < 500 and fields and fields.get("code") == "RBC001"
    if http_status in (401, 403) or is_wrong_key:
        return "credentials"
    if http_status in _REDIRECTS:
        return "redirect"
    if http_status == 429:
        return "asked_to_wait"
    if http_status == 404:
        return "no_such_workflow"
    if http_status in (405, 410, 413, 415, 422):
        return "not_taken"
    if http_status >= 500 or http_status == 408:
        return "server_error"
    if not complete:
        return "broken_off"
    if http_status == 202:
        return _reason_of_202(fields, request_id)
    if http_status == 400:
        return _reason_of_400(fields, request_id)
    if http_status == 409:
        is_another = fields and fields.get("requestId") not in (None, request_id)
        return "another_request" if is_another else "in_progress"
    return "undocumented_status"


def _reason_of_202(fields: dict[str, Any] | None, request_id: str) -> str:
    if fields is None or fields.get("requestId") is None:
        return "unreadable"
    if fields.get("requestId") != request_id:
        return "another_request"
    if fields.get("executionStatus") != "ACCEPTED" or fields.get("success") is not True:
        return "contradiction"
    if fields.get("status") not in (None, *_ACCEPTED_STATUS) or _errors(fields):
        return "contradiction"
    return "accepted"


def _reason_of_400(fields: dict[str, Any] | None, request_id: str) -> str:
    if fields is None:
        return "unreadable"
    if fields.get("requestId") not in (None, request_id):
        return "another_request"
    refused = fields.get("success") is False or (fields.get("success") is None and "code" in fields)
    says_taken = fields.get("status") in _ACCEPTED_STATUS
    if not refused or says_taken or fields.get("executionStatus") not in (None, "REJECTED"):
        return "contradiction"
    return "rejected"


# --- single fields ------------------------------------------------------------------------------


class _Object(dict[str, Any]):
    """A JSON object that remembers whether it names a key twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs if len(pairs) > len(self) else []


_DECODER = json.JSONDecoder(object_pairs_hook=_Object)


def _json_object(text: str) -> tuple[dict[str, Any] | None, bool]:
    """The object, and whether it has one of `_DECIDING_KEYS` twice, with two values.

    Python keeps the last value of a key, other readers the first.
    """
    try:
        value = _DECODER.decode(text)
        if not isinstance(value, _Object):
            return None, False
        values = {(key, json.dumps(each)) for key, each in value.pairs if key in _DECIDING_KEYS}
        return value, len(values) > len({key for key, _value in values})
    except (ValueError, RecursionError):
        return None, False


def _errors(fields: dict[str, Any]) -> tuple[str, ...]:
    """The first twenty texts of `errors[]`, or of the platform's `error`."""
    raw = fields.get("errors") or fields.get("error") or []
    items = raw if isinstance(raw, list) else [raw]
    return tuple(_text(item) for item in items[:20] if item)


def _text(value: Any) -> str:
    """A JSON value as printable text: a string as it is, None as "", other values as JSON."""
    if value is None:
        return ""
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except (ValueError, RecursionError):
            return ""
    return printable(value)


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def printable(text: str) -> str:
    """`text` with U+FFFD for what a database or a page cannot hold.

    That is NUL, other control characters, and unpaired surrogates.
    """
    return _UNPRINTABLE.sub("\ufffd", text)
