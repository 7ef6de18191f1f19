"""What the pod has received and accepted, and which answer follows from that."""

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
IDS_REMEMBERED = 100_000  # more than requests: a forgotten id would let a message out twice
SECRET_HEADERS = frozenset({"api-key", "authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True)
class Received:
    """One request and what it was answered. `answered` is the HTTP status, None where no answer was written.

    `headers` hold no more of a secret than its last four characters. `body` is the raw body (of a long one the first
    64 KiB) and, like the raw path, for tests: it is shown nowhere.
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
        """The request for other eyes (page, JSON, log): recipients masked, no values, no key."""
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
        """The request in a line for the terminal: without number, key, value or id."""
        status = "none" if self.answered is None else str(self.answered)
        return f"{self.at:%H:%M:%S}  {self.method:<4}  {status:<4}  {self.note}"


class Ledger:
    """Receives requests one by one; safe to call from many threads."""

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
            log_path.touch()  # a log that cannot be had is found out now, not at the first request
        self._say = say
        self._changed = Condition()

    def answer(self, request: Request) -> Answer:
        """Judge a request, write it down, and only then give the answer, so that whoever has it finds it written."""
        issued = issue(time_ns(), uuid4())
        verdict = check_request(request, issued)
        if isinstance(verdict, ProfilesRequest):
            verdict = profiles(profile_rows(verdict, self._flows.profile(verdict.sid)))
        with self._changed:
            answer = verdict if isinstance(verdict, Answer) else self._play(verdict, issued)
            self._write_down(request, answer)
        return answer

    def refuse(self, request: Request, answer: Answer) -> Answer:
        """Write down a request that could not be read to its end, with the answer it gets."""
        with self._changed:
            self._write_down(request, answer)
        return answer

    def received(self) -> list[Received]:
        """The last requests, oldest first."""
        with self._changed:
            return list(self._received)

    def accepted(self) -> list[str]:
        """The request ids accepted, oldest first."""
        with self._changed:
            return [request_id for _, request_id in self._accepted]

    def wait_for(self, count: int, seconds: float) -> bool:
        """Wait until so many requests have been received; False if the time ran out first."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._received) >= count, seconds)

    def _play(self, invocation: Invocation, issued: Issued) -> Answer:
        # "You cannot submit a request with the same request ID again" (seed). That this holds per SID and that only an
        # accepted id is used up is our reading; the wording is ours.
        submitted = (invocation.sid, invocation.request_id)
        if submitted in self._accepted:
            reason = f"Request ID [{invocation.request_id}] has already been submitted."
            return rejected(
                invocation.request_id,
                issued,
                reason,
                note="Rejected: the request ID was used before",
            )
        answer = choose_scenario(invocation.workflow_instance_id, invocation.recipient).answer(
            invocation, issued
        )
        if answer.accepts:
            self._accepted[submitted] = None
            if self._reporter:
                self._reporter.take(invocation, issued)
        if len(self._accepted) > IDS_REMEMBERED:
            del self._accepted[next(iter(self._accepted))]
        return answer

    def _write_down(self, request: Request, answer: Answer) -> None:
        received = Received(
            at=datetime.now(UTC),
            method=request.method,
            path=request.path,
            headers=MappingProxyType(
                {name: masked_header(name, value) for name, value in request.headers.items()}
            ),
            body=request.body[:BYTES_KEPT],
            request_id=request.request_id,
            recipients=tuple(
                masked_number(recipient_of(send)) for send in list(request.sends.values())[:2]
            ),
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
    """The account's callback profiles, as Kaleyra lists them (platform-apis-get-callback-profile-by-id): one, if there is any."""
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
    """A header's value, or the last four characters of a secret one (none if it is so short that four give it away)."""
    if name not in SECRET_HEADERS:
        return value
    return "…" + (value[-4:] if len(value) >= 12 else "")


def masked_number(recipient: str) -> str:
    """The last four digits of a recipient (none if there are so few that four give it away)."""
    digits = re.sub(r"[^0-9]", "", recipient)
    return "…" + (digits[-4:] if len(digits) >= 8 else "")
