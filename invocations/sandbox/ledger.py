"""The requests that the pod has received and accepted, and the answer to each."""

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition
from time import time_ns
from types import MappingProxyType
from uuid import uuid4

from invocations.sandbox import DISABLED_PROFILE_KEY_ENDING
from invocations.sandbox.answers import Invocation, choose_scenario
from invocations.sandbox.contract import (
    INVOKE_PATH,
    ProfilesRequest,
    Request,
    check_request,
    recipient_of,
)
from invocations.sandbox.envelopes import Answer, Issued, issue, profiles, rejected
from invocations.sandbox.flows import DefaultFlows, Flows, Profile
from invocations.sandbox.reporter import Reporter

REQUESTS_KEPT = 1_000
BYTES_KEPT = 65_536
# More than REQUESTS_KEPT: an id that is forgotten would be accepted a second time.
IDS_REMEMBERED = 100_000
SECRET_HEADERS = frozenset({"api-key", "authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True)
class Received:
    """One request and its answer. `answered` is the HTTP status, None if no answer was written.

    `headers` contain at most the last four characters of a secret. `body` is the raw body, up to
    64 KiB. It and the raw path are for tests and are not shown anywhere.
    """

    at: datetime
    method: str
    path: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    request_id: str | None
    recipients: tuple[str, ...]
    answered: int | None
    accepted: bool
    note: str

    def shown(self) -> dict[str, object]:
        """The request for the page, JSON and the log: recipients masked, no values, no key."""
        address = self.path.partition("?")[0]
        return {
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "method": self.method,
            "path": address if INVOKE_PATH.fullmatch(address) else "(another address)",
            "request_id": self.request_id,
            "recipients": list(self.recipients),
            "answered": self.answered,
            "accepted": self.accepted,
            "note": self.note,
        }

    def line(self) -> str:
        """The request as one line for the terminal, without number, key, value or id."""
        status = "none" if self.answered is None else str(self.answered)
        return f"{self.at:%H:%M:%S}  {self.method:<4}  {status:<4}  {self.note}"


class Ledger:
    """Records requests and decides their answers. Thread-safe."""

    def __init__(
        self,
        log_path: Path | None = None,
        say: Callable[[str], object] | None = None,
        flows: Flows | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self._flows = flows or DefaultFlows()
        self._reporter = reporter
        self._received: deque[Received] = deque(maxlen=REQUESTS_KEPT)
        self._accepted: dict[tuple[str, str], None] = {}
        self._log_path = log_path
        if log_path:
            log_path.touch()  # a path that cannot be written fails now, not at the first request
        self._say = say
        self._changed = Condition()

    def answer(self, request: Request) -> Answer:
        """The answer to a request.

        The request is recorded before the answer is returned, so a client that has its answer finds
        the request in the records.
        """
        issued = issue(time_ns(), uuid4())
        checked = check_request(request, issued)
        if isinstance(checked, ProfilesRequest):
            checked = profiles(profile_rows(checked, self._flows.profile(checked.sid)))
        with self._changed:
            answer = checked if isinstance(checked, Answer) else self._invoke(checked, issued)
            self._record(request, answer)
        return answer

    def refuse(self, request: Request, answer: Answer) -> Answer:
        """Records a request whose body was not read, and returns its answer."""
        with self._changed:
            self._record(request, answer)
        return answer

    def received(self) -> list[Received]:
        """The last REQUESTS_KEPT requests, oldest first."""
        with self._changed:
            return list(self._received)

    def accepted(self) -> list[str]:
        """The accepted request ids, oldest first."""
        with self._changed:
            return [request_id for _, request_id in self._accepted]

    def wait_for(self, count: int, seconds: float) -> bool:
        """Waits until `count` requests have been received; False if the time runs out first."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._received) >= count, seconds)

    def _invoke(self, invocation: Invocation, issued: Issued) -> Answer:
        # "You cannot submit a request with the same request ID again" (seed). That this holds per
        # SID, and for accepted ids only, is our reading; the wording of the reason is ours.
        key = (invocation.sid, invocation.request_id)
        if key in self._accepted:
            reason = f"Request ID [{invocation.request_id}] has already been submitted."
            note = "Rejected: the request ID was used before"
            return rejected(invocation.request_id, issued, reason, note=note)
        scenario = choose_scenario(invocation.workflow_instance_id, invocation.recipient)
        answer = scenario.answer(invocation, issued)
        if answer.accepts:
            self._accepted[key] = None
            if self._reporter:
                self._reporter.take(invocation, issued)
        if len(self._accepted) > IDS_REMEMBERED:
            del self._accepted[next(iter(self._accepted))]
        return answer

    def _record(self, request: Request, answer: Answer) -> None:
        headers = {name: masked_header(name, value) for name, value in request.headers.items()}
        sends = list(request.sends.values())[:2]
        received = Received(
            at=datetime.now(UTC),
            method=request.method,
            path=request.path,
            headers=MappingProxyType(headers),
            body=request.body[:BYTES_KEPT],
            request_id=request.request_id,
            recipients=tuple(masked_number(recipient_of(send)) for send in sends),
            answered=answer.status,
            accepted=answer.accepts,
            note=answer.note,
        )
        self._received.append(received)
        if self._log_path:
            with self._log_path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(received.shown()) + "\n")
        if self._say:
            self._say(received.line())
        self._changed.notify_all()


def profile_rows(asked: ProfilesRequest, profile: Profile | None) -> list[dict[str, object]]:
    """The account's callback profiles as Kaleyra lists them: one row, or none.

    Source: Kaleyra's page "platform-apis-get-callback-profile-by-id".
    """
    if profile is None:
        return []
    return [
        {
            "profile_id": "IN_09b3dfa7-0000-4000-8000-000000000001",
            "title": "Fallback console",
            "http_method": "POST",
            "url": profile.url,
            "headers": dict(profile.headers),
            "body_type": "json",
            "body": '{"workflowevent":"<workflowevent>"}',
            "channel": "default",
            "enc": {"algo": "", "key": "", "IV": ""},
            "status": 2 if asked.key.endswith(DISABLED_PROFILE_KEY_ENDING) else 1,
        }
    ]


def masked_header(name: str, value: str) -> str:
    """A header's value; of a secret one, the last four characters if it has at least 12."""
    if name not in SECRET_HEADERS:
        return value
    return "…" + (value[-4:] if len(value) >= 12 else "")


def masked_number(recipient: str) -> str:
    """The last four digits of a recipient with at least 8 digits; otherwise none."""
    digits = re.sub(r"[^0-9]", "", recipient)
    return "…" + (digits[-4:] if len(digits) >= 8 else "")
