"""The shapes in which the API says yes and no. Pure: ids and time come in, an Answer goes out.

The accepted and the rejected answer are the two samples of the seed (Fallback Invocation API, "Sample Success
Response" and "Sample Failure Response"). The refusal's envelope is that of Kaleyra's platform APIs ("RBC..." codes,
platform-apis-delete-callback-profile-by-id). What is ours in all this is listed in docs/practice-pod.md.
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
    """How the bytes of an answer leave."""

    WHOLE = auto()
    LATE = auto()  # whole, after a pause
    SILENT = auto()  # never: the connection stays open until the client gives up
    RESET = auto()  # never: the connection is torn down
    CUT = auto()  # half of the body, then the end of the connection


@dataclass(frozen=True)
class Answer:
    """One answer. `status` is None where none is ever written; `note` says in a few words why it is this one."""

    status: int | None
    body: bytes = b""
    content_type: str = "application/json"
    headers: Headers = ()
    manner: Transmission = Transmission.WHOLE
    accepts: bool = False
    note: str = ""


@dataclass(frozen=True)
class Issued:
    """What the API makes up for each request: its own id, and the reading of its clock."""

    workflow_invocation_id: str
    timestamp: str


def issue(nanoseconds: int, number: UUID) -> Issued:
    """Nanoseconds since 1970 and a random UUID -> the API's id and timestamp for one request.

    22 base-62 characters as in the seed's samples (a UUID fits: 62**22 > 2**128); nine fractional digits and Z as in
    the sample of callback-profile-for-fallback-flow.
    """
    characters, rest = "", number.int
    while rest:
        rest, digit = divmod(rest, 62)
        characters = BASE_62[digit] + characters
    return Issued(characters.rjust(22, "0"), timestamp(nanoseconds))


def timestamp(nanoseconds: int) -> str:
    """Nanoseconds since 1970 as the API writes a moment."""
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
    """The seed's failure sample: `message` is null and the reason stands in errors[]."""
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
    """A refusal before the workflow API is reached. A code that is not Kaleyra's says so by its name."""
    content = {
        "code": code or f"PRACTICE{status}",
        "message": message,
        "data": {},
        "error": [{"params": message}],
        "status": status,
    }
    return Answer(status, json.dumps(content).encode(), headers=headers, note=message)


def key_refused() -> Answer:
    """RBC001 means "wrong SID or API key" (whatsapp-api-v2-error-codes-for-send-message); the wording is ours."""
    return refused(401, "The SID or the api-key is wrong.", code="RBC001")


def profiles(found: Sequence[Mapping[str, object]]) -> Answer:
    """The list of callback profiles in the platform's envelope (platform-apis-get-callback-profiles); RBC024 says that it went well."""
    content = {
        "code": "RBC024",
        "message": "Callback profiles retrieved successfully.",
        "data": list(found),
        "error": {},
        "status": 200,
    }
    return Answer(200, json.dumps(content).encode(), note="Callback profiles listed")


def web_page(status: int, title: str, headers: Headers = ()) -> Answer:
    """What a gateway in between says in the API's stead."""
    page = f'<!doctype html>\n<html lang="en"><title>{title}</title><h1>{title}</h1></html>\n'
    return Answer(status, page.encode(), "text/html; charset=utf-8", headers)
