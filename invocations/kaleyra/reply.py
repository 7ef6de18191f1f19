"""What an HTTP answer says. A `Reply` is a value for any bytes whatever; nothing here raises.

Sources: seed, "Sample Success Response" and "Sample Failure Response"; the platform's other envelope (`code: "RBC001"`) from
Kaleyra's page "platform-apis-delete-callback-profile-by-id". What an answer that is not documented may mean is decided on the
safe side: it is doubtful.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

MAX_BODY_BYTES = 64 * 1024
MAX_RETRY_AFTER = 3600
_REDIRECTS = (
    301,
    302,
    303,
    307,
    308,
)  # RFC 9110, 15.4: those that name the one place to go instead. 300 and 304 do not.


class Verdict(StrEnum):
    """What one answer, taken alone, says about its attempt."""

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
"""Every reason that a reply can have, and what it says."""


@dataclass(frozen=True)
class Reply:
    """One answer. Texts are Kaleyra's own, made printable; what was not there is None or empty."""

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
    """Whether this is recognisably the refusal of a request id that was used before."""

    @property
    def sent_at(self) -> datetime | None:
        """`timestamp` as a time in UTC, to the microsecond."""
        return read_timestamp(self.timestamp)


# The gaps are bounded: a search from each "request id" to the end of a hostile text would take minutes.
DUPLICATE = re.compile(
    r"\brequest[\s_-]?id\b[^.!?]{0,100}\b(?:already|duplicated?|exists|been used|used before|reused|twice|unique)\b"
    r"|\b(?:duplicated?|same)\b[^.!?]{0,40}\brequest[\s_-]?id\b",
    re.IGNORECASE,
)
"""The refusal of a request id that was used before.

The seed says that an id cannot be submitted again and not in which words: [undocumented], so both the id and its having been
used must be named, in one sentence and close together.
"""
MAX_SEARCHED = 4096
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_INVOCATION_ID = re.compile(r"\A[A-Za-z0-9_-]{1,100}\Z")


def read_timestamp(text: str) -> datetime | None:
    """An ISO 8601 time as Kaleyra writes it, with nine fractional digits and a Z; None if it is not one. Without a zone it is UTC."""
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
    duplicate: re.Pattern[str] = DUPLICATE,
) -> Reply:
    """The answer to the invocation `request_id`.

    `complete` is False if the body broke off or was cut at `MAX_BODY_BYTES`. `duplicate` is searched in each text's first
    `MAX_SEARCHED` characters: it may be somebody's setting, and slow.
    """
    text = body[:MAX_BODY_BYTES].decode("utf-8-sig", errors="replace")
    fields = _json_object(text) if complete else None
    reason = _reason(http_status, fields, request_id, complete)
    fields = fields or {}
    message = _text(fields["message"]) if fields.get("message") is not None else None
    errors = _errors(fields)
    invocation_id = _text(fields.get("workflowInvocationId")).strip()
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
        retry_after=_retry_after(
            next(
                (value for name, value in (headers or {}).items() if name.lower() == "retry-after"),
                "",
            )
        ),
        text=printable(text),
        is_duplicate=(
            http_status in (400, 409)
            and reason not in ("another_request", "contradiction")
            and any(duplicate.search(said[:MAX_SEARCHED]) for said in (*errors, message or ""))
        ),
    )


def _reason(
    http_status: int, fields: dict[str, Any] | None, request_id: str, complete: bool
) -> str:
    reason = _reason_by_status(http_status, fields, request_id, complete)
    was_not_taken = VERDICTS[reason] in (Verdict.REJECTED, Verdict.REFUSED, Verdict.BUSY)
    return "contradiction" if was_not_taken and _says_taken(fields, request_id) else reason


def _says_taken(fields: dict[str, Any] | None, request_id: str) -> bool:
    """Whether the body says of this very request that it was accepted. A gateway on the way may have changed the status."""
    return bool(
        fields
        and fields.get("requestId") == request_id
        and (fields.get("success") is True or fields.get("executionStatus") == "ACCEPTED")
    )


def _reason_by_status(
    http_status: int, fields: dict[str, Any] | None, request_id: str, complete: bool
) -> str:
    if http_status in (401, 403) or (
        400 <= http_status < 500 and fields and fields.get("code") == "RBC001"
    ):
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
        return _reason_of_an_acceptance(fields, request_id)
    if http_status == 400:
        return _reason_of_a_refusal(fields, request_id)
    if http_status == 409:
        return (
            "another_request"
            if fields and fields.get("requestId") not in (None, request_id)
            else "in_progress"
        )
    return "undocumented_status"


def _reason_of_an_acceptance(fields: dict[str, Any] | None, request_id: str) -> str:
    if fields is None:
        return "unreadable"
    if fields.get("requestId") is None:
        return "unreadable"
    if fields.get("requestId") != request_id:
        return "another_request"
    if fields.get("executionStatus") != "ACCEPTED" or fields.get("success") is not True:
        return "contradiction"
    return "accepted"


def _reason_of_a_refusal(fields: dict[str, Any] | None, request_id: str) -> str:
    if fields is None:
        return "unreadable"
    if fields.get("requestId") not in (None, request_id):
        return "another_request"
    refused = fields.get("success") is False or (fields.get("success") is None and "code" in fields)
    if not refused or fields.get("executionStatus") not in (None, "REJECTED"):
        return "contradiction"
    return "rejected"


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _errors(fields: dict[str, Any]) -> tuple[str, ...]:
    """The texts of `errors[]`, or of the platform's `error`: at most twenty."""
    raw = fields.get("errors") or fields.get("error") or []
    items = raw if isinstance(raw, list) else [raw]
    return tuple(_text(item) for item in items[:20] if item)


def _text(value: Any) -> str:
    """Any JSON value as a printable text. A text stays as it is."""
    if value is None:
        return ""
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except (ValueError, RecursionError):
            return ""
    return printable(value)


def printable(text: str) -> str:
    """`text` without what a database or a page cannot carry: NUL, other controls, and halves of surrogate pairs."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _retry_after(value: str) -> int | None:
    """Retry-After in whole seconds from now, an hour at most; None if there is none, it is over, or it makes no sense.

    RFC 9110, 10.2.3: seconds, or a date in any of the three forms of 5.6.7.
    """
    if re.fullmatch("[0-9]{1,9}", value.strip()):
        return min(int(value), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        seconds = math.ceil((moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(seconds, MAX_RETRY_AFTER) if seconds > 0 else None
