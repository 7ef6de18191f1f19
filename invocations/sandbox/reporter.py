"""Posts the results: waits until each is due, and knocks at the console's door once for each."""

import heapq
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Condition, Thread
from time import monotonic, time_ns
from urllib.parse import urlsplit

from invocations.sandbox.answers import Invocation
from invocations.sandbox.envelopes import Issued
from invocations.sandbox.flows import Flows, Profile
from invocations.sandbox.results import Tempo, reports

MOST_WAITING = 10_000
POSTED_KEPT = 50
SECONDS_FOR_AN_ANSWER = 15  # a console that has just started is slow


@dataclass(frozen=True)
class Posted:
    """One result that was posted. `answered` is the HTTP status, None where no answer came."""

    at: datetime
    workflow_invocation_id: str
    answered: int | None


class Reporter:
    """One thread, which sleeps until something is due and ends with `stop()`. What cannot wait in line any more is never reported."""

    def __init__(
        self, flows: Flows, tempo: Tempo, say: Callable[[str], object] | None = None
    ) -> None:
        self._flows, self._tempo, self._say = flows, tempo, say
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()  # of two that are due at once the first comes first
        self._posted: deque[Posted] = deque(maxlen=POSTED_KEPT)
        self._said: set[str] = set()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._stopped = False

    def take(self, invocation: Invocation, issued: Issued) -> None:
        """An invocation was accepted just now. Returns at once."""
        accepted_at, started = time_ns(), monotonic()
        self._at(
            started,
            lambda: self._plan(invocation, issued.workflow_invocation_id, accepted_at, started),
        )

    def posted(self) -> list[Posted]:
        """The last results, oldest first."""
        with self._changed:
            return list(self._posted)

    def stop(self) -> None:
        """Post nothing any more; a second time does nothing."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread:
            thread.join(1)  # it may be waiting for an answer, and ends with the process then

    def _at(self, moment: float, deed: Callable[[], None]) -> None:
        with self._changed:
            if self._stopped:
                return
            if len(self._due) >= MOST_WAITING:
                self._say_once(
                    f"More than {MOST_WAITING:,} results wait to be posted: some are never reported."
                )
                return
            heapq.heappush(self._due, (moment, next(self._numbers), deed))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="practice pod's results", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while deed := self._next():
            try:
                deed()
            except (
                Exception
            ) as error:  # a mistake of ours is named by its type: its text might quote the body
                print(f"practice pod: {type(error).__name__} while reporting", file=sys.stderr)

    def _next(self) -> Callable[[], None] | None:
        """What is due, as soon as it is; None at the end."""
        with self._changed:
            while not self._stopped:
                now = monotonic()
                if self._due and self._due[0][0] <= now:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(self._due[0][0] - now if self._due else None)
        return None

    def _plan(
        self, invocation: Invocation, workflow_invocation_id: str, accepted_at: int, started: float
    ) -> None:
        kinds = self._flows.channels(invocation.sid, invocation.workflow_instance_id)
        for report in reports(invocation, workflow_invocation_id, accepted_at, kinds, self._tempo):
            post = partial(self._post, invocation.sid, workflow_invocation_id, report.body)
            self._at(started + report.after, post)

    def _post(self, sid: str, workflow_invocation_id: str, body: bytes) -> None:
        profile = self._flows.profile(sid)
        if profile is None:
            self._say_once(
                "There is no callback address to post results to: what became of an invocation is not reported."
            )
            return
        status = post(profile, body)
        with self._changed:
            self._posted.append(Posted(datetime.now(UTC), workflow_invocation_id, status))
            self._changed.notify_all()
        if self._say:
            self._say(
                f"{datetime.now(UTC):%H:%M:%S}  result posted, answered {status or 'not at all'}"
            )

    def _say_once(self, line: str) -> None:
        if self._say and line not in self._said:
            self._said.add(line)
            self._say(line)


def post(profile: Profile, body: bytes) -> int | None:
    """One POST without redirects, retries or proxies -> the HTTP status, or None where no answer came."""
    parts = urlsplit(profile.url)
    connection = HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=SECONDS_FOR_AN_ANSWER
    )
    try:
        connection.request(
            "POST", parts.path, body, {"Content-Type": "application/json", **profile.headers}
        )
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
