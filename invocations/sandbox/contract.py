"""Which requests the API accepts, and how it refuses the others. No I/O.

Source: seed, "URL Parameters and Headers". The order of the checks and the wording of the reasons
are ours: the API documents neither.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote

from invocations.sandbox import PRACTICE_KEY_PREFIX, PRACTICE_SID_PREFIX, REFUSED_KEY_ENDING
from invocations.sandbox.answers import Invocation
from invocations.sandbox.envelopes import Answer, Issued, key_refused, refused, rejected

PROFILES_PATH = re.compile(r"/v1/(?P<sid>[^/]+)/callback/profiles")
INVOKE_PATH = re.compile(
    r"/v1/(?P<sid>[^/]+)/workflow/v1/instances/(?P<workflow_instance_id>[^/]+)/invoke"
)
DIGITS = re.compile(r"[0-9]+")
LONGEST_REQUEST_ID = 255  # ours: the pod remembers request ids, so their length has a limit


@dataclass(frozen=True)
class Request:
    """A request as received; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def address(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def payload(self) -> dict[str, object] | None:
        """The JSON object in the body, or None if the body is anything else."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):  # RecursionError: "[[[[…" a few thousand deep
            return None
        return content if isinstance(content, dict) else None

    @property
    def request_id(self) -> str | None:
        """The requestId, or None if the body has no valid one."""
        value = (self.payload or {}).get("requestId")
        if isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_REQUEST_ID:
            return value
        return None

    @property
    def sends(self) -> dict[str, object]:
        """The object `input` of the body; empty without one."""
        value = (self.payload or {}).get("input")
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class ProfilesRequest:
    """A request for the account's callback profiles. `key` is the API key."""

    sid: str
    key: str = field(repr=False)


def check_request(request: Request, issued: Issued) -> Invocation | ProfilesRequest | Answer:
    """What the request asks for, or the answer that refuses it."""
    key = request.headers.get("api-key", "")
    if request.method == "GET" and (asked := PROFILES_PATH.fullmatch(request.address)):
        sid = unquote(asked["sid"])
        return ProfilesRequest(sid, key) if is_known(sid, key) else key_refused()
    address = INVOKE_PATH.fullmatch(request.address)
    if request.method != "POST" or not address:
        return refused(404, "There is nothing at this address.")
    if request.media_type != "application/json":
        return refused(415, "The Content-Type has to be application/json.")
    sid, workflow_instance_id = unquote(address["sid"]), unquote(address["workflow_instance_id"])
    if not is_known(sid, key):
        return key_refused()
    if reason := first_error(request):
        note = "Rejected: the body breaks the contract"
        return rejected(request.request_id, issued, reason, note=note)
    first, second = (recipient_of(request.sends.get(name)) for name in ("send1", "send2"))
    return Invocation(sid, workflow_instance_id, request.request_id or "", first, second)


def is_known(sid: str, key: str) -> bool:
    """Whether the pod accepts the SID and the API key."""
    return (
        sid.startswith(PRACTICE_SID_PREFIX)
        and key.startswith(PRACTICE_KEY_PREFIX)
        and not key.endswith(REFUSED_KEY_ENDING)
    )


def first_error(request: Request) -> str:
    """The first error in the body, or an empty text. It never contains a number or a value."""
    if request.payload is None:
        return "The body is not a JSON object."
    if request.request_id is None:
        return f"requestId is missing, or is not a text of 1 to {LONGEST_REQUEST_ID} characters."
    if "send1" not in request.sends:
        return "input.send1 is missing."
    # Whether send2 may be left out is not documented; the pod allows it.
    for name in ("send1", "send2"):
        if name in request.sends and (error := first_error_in_send(name, request.sends[name])):
            return error
    return ""


def first_error_in_send(name: str, send: object) -> str:
    """The first error in the part of one channel, `send1` or `send2`, or an empty text."""
    if not isinstance(send, dict):
        return f"input.{name} is not a JSON object."
    if not DIGITS.fullmatch(recipient_of(send)):
        return (
            f"input.{name}.recipient has to be digits: the country code and the number, without +."
        )
    template_params = send.get("templateParams", {})
    if not isinstance(template_params, dict):
        return f"input.{name}.templateParams is not a JSON object."
    if not all(isinstance(value, str) for value in template_params.values()):
        return f"input.{name}.templateParams has a value that is not a text."
    return ""


def recipient_of(send: object) -> str:
    """The recipient in the part of one channel, as written, or an empty text."""
    value = send.get("recipient") if isinstance(send, dict) else None
    return value if isinstance(value, str) else ""
