"""Posts the results of invocations to the callback profile, each once, when it is due."""

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
ANSWER_TIMEOUT_SECONDS = 15  # a console that has just started is slow


@dataclass(frozen=True)
class Posted:
    """One result that was posted. `answered` is the HTTP status, None without an answer."""

    at: datetime
    workflow_invocation_id: str
    answered: int | None


class Reporter:
    """Posts results from one thread, which sleeps until the next one is due, until `stop()`.

    At most MOST_WAITING results wait; any further result is not reported.
    """

    def __init__(
        self, flows: Flows, tempo: Tempo, say: Callable[[str], object] | None = None
    ) -> None:
        self._flows, self._tempo, self._say = flows, tempo, say
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()  # keeps the order of actions that are due at the same time
        self._posted: deque[Posted] = deque(maxlen=POSTED_KEPT)
        self._said: set[str] = set()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._stopped = False

    def take(self, invocation: Invocation, issued: Issued) -> None:
        """Schedules the results of an invocation that was accepted just now. Does not block."""
        accepted_at, started = time_ns(), monotonic()
        workflow_invocation_id = issued.workflow_invocation_id
        self._schedule(
            started,
            lambda: self._plan(invocation, workflow_invocation_id, accepted_at, started),
        )

    def posted(self) -> list[Posted]:
        """The last POSTED_KEPT results, oldest first."""
        with self._changed:
            return list(self._posted)

    def stop(self) -> None:
        """Stops posting. Calling it again has no effect."""
        with self._changed:
            self._stopped = True
            self._due.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread:
            thread.join(1)  # if it still waits for an answer, it ends with the process

    def _schedule(self, due_at: float, action: Callable[[], None]) -> None:
        with self._changed:
            if self._stopped:
                return
            if len(self._due) >= MOST_WAITING:
                waiting = f"More than {MOST_WAITING:,} results wait to be posted"
                self._say_once(f"{waiting}: some are never reported.")
                return
            heapq.heappush(self._due, (due_at, next(self._numbers), action))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="practice pod's results", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while action := self._next_action():
            try:
                action()
            except Exception as error:
                # A bug. Only its type is printed: its message might quote the body.
                print(f"practice pod: {type(error).__name__} while reporting", file=sys.stderr)

    def _next_action(self) -> Callable[[], None] | None:
        """Waits until the next action is due and returns it; None after `stop()`."""
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
            self._schedule(started + report.after, post)

    def _post(self, sid: str, workflow_invocation_id: str, body: bytes) -> None:
        profile = self._flows.profile(sid)
        if profile is None:
            self._say_once(
                "There is no callback address to post results to: "
                "what became of an invocation is not reported."
            )
            return
        status = post(profile, body)
        with self._changed:
            self._posted.append(Posted(datetime.now(UTC), workflow_invocation_id, status))
            self._changed.notify_all()
        if self._say:
            answered = status or "not at all"
            self._say(f"{datetime.now(UTC):%H:%M:%S}  result posted, answered {answered}")

    def _say_once(self, line: str) -> None:
        if self._say and line not in self._said:
            self._said.add(line)
            self._say(line)


def post(profile: Profile, body: bytes) -> int | None:
    """Posts once, without redirects, retries or proxies. The HTTP status, or None."""
    parts = urlsplit(profile.url)
    host, port = parts.hostname or "", parts.port or 80
    connection = HTTPConnection(host, port, timeout=ANSWER_TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json", **profile.headers}
    try:
        connection.request("POST", parts.path, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
