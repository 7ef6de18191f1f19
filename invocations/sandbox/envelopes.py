"""Builds the API's answers. No I/O: ids and time are arguments.

The accepted and the rejected answer are the two samples of the seed (Fallback Invocation API,
"Sample Success Response" and "Sample Failure Response"). The envelope of a refusal is that of
Kaleyra's platform APIs ("RBC..." codes, platform-apis-delete-callback-profile-by-id).
docs/practice-pod.md lists what is not Kaleyra's but ours.
"""

import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from uuid import UUID

BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

Headers = tuple[tuple[str, str], ...]


class Transmission(Enum):
    """How an answer is transmitted."""

    WHOLE = auto()
    LATE = auto()  # whole, after a pause
    SILENT = auto()  # not at all: the connection stays open until the client gives up
    RESET = auto()  # not at all: the connection is reset
    CUT = auto()  # half of the body, then the connection is closed


@dataclass(frozen=True)
class Answer:
    """One answer. `status` is None if no answer is written; `note` names the reason in brief."""

    status: int | None
    body: bytes = b""
    content_type: str = "application/json"
    headers: Headers = ()
    transmission: Transmission = Transmission.WHOLE
    accepts: bool = False
    note: str = ""


@dataclass(frozen=True)
class Issued:
    """What the API generates for each request: its own id, and the time."""

    workflow_invocation_id: str
    timestamp: str


def issue(nanoseconds: int, number: UUID) -> Issued:
    """The API's id and timestamp for one request, from Unix time and a random UUID.

    22 base-62 characters as in the seed's samples (a UUID fits: 62**22 > 2**128); nine fractional
    digits and Z as in the sample of callback-profile-for-fallback-flow.
    """
    characters, remainder = "", number.int
    while remainder:
        remainder, digit = divmod(remainder, 62)
        characters = BASE_62[digit] + characters
    return Issued(characters.rjust(22, "0"), timestamp(nanoseconds))


def timestamp(nanoseconds: int) -> str:
    """Unix time in nanoseconds, in the API's format."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{fraction:09d}Z"


def accepted(request_id: str, issued: Issued) -> Answer:
    """The seed's success sample."""
    content = {
        "requestId": request_id,
        "timestamp": issued.timestamp,
        "success": True,
        "status": 202,
        "message": "Request accepted, execution will start soon",
        "workflowInvocationId": issued.workflow_invocation_id,
        "executionStatus": "ACCEPTED",
    }
    return Answer(202, json.dumps(content).encode())


def rejected(
    request_id: str | None, issued: Issued, reason: str, *, status: int = 400, note: str = ""
) -> Answer:
    """The seed's failure sample: `message` is null, the reason is in errors[]."""
    content = {
        "requestId": request_id,
        "timestamp": issued.timestamp,
        "success": False,
        "status": status,
        "message": None,
        "errors": [reason],
        "workflowInvocationId": issued.workflow_invocation_id,
        "executionStatus": "REJECTED",
    }
    return Answer(status, json.dumps(content).encode(), note=note)


def refused(status: int, message: str, *, code: str = "", headers: Headers = ()) -> Answer:
    """A refusal before the request reaches the workflow API.

    The default code starts with PRACTICE, to show that it is not one of Kaleyra's.
    """
    content = {
        "code": code or f"PRACTICE{status}",
        "message": message,
        "data": {},
        "error": [{"params": message}],
        "status": status,
    }
    return Answer(status, json.dumps(content).encode(), headers=headers, note=message)


def key_refused() -> Answer:
    """RBC001 means "wrong SID or API key"; the wording of the message is ours.

    Source: Kaleyra's page "whatsapp-api-v2-error-codes-for-send-message".
    """
    return refused(401, "The SID or the api-key is wrong.", code="RBC001")


def profiles(found: Sequence[Mapping[str, object]]) -> Answer:
    """The callback profiles in the platform's envelope; RBC024 means success.

    Source: Kaleyra's page "platform-apis-get-callback-profiles".
    """
    content = {
        "code": "RBC024",
        "message": "Callback profiles retrieved successfully.",
        "data": list(found),
        "error": {},
        "status": 200,
    }
    return Answer(200, json.dumps(content).encode(), note="Callback profiles listed")


def web_page(status: int, title: str, headers: Headers = ()) -> Answer:
    """An HTML page, as a gateway in front of the API would answer."""
    page = f'<!doctype html>\n<html lang="en"><title>{title}</title><h1>{title}</h1></html>\n'
    return Answer(status, page.encode(), "text/html; charset=utf-8", headers)
