"""Delivers what is due: claims rows in batches, posts with several threads, stores in bulk.

It runs as `manage.py dispatch` on one machine or more, or as Celery tasks (`invocations.tasks`);
several may run at once. All state is in the rows: after a kill, a delay or a double start the next
dispatcher finds there what is still to do.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from invocations.kaleyra.client import ClientConnection, KaleyraClient
from invocations.models import Account
from invocations.sending import attempt, due, pause, rate_limit, store_outcome
from invocations.sending.attempt import Result
from invocations.sending.claim import LEASE, Claim
from invocations.sending.high_water import HighWaterMark
from invocations.sending.outcomes import Effect, Outcome

logger = logging.getLogger(__name__)

THREADS = 32
"""Threads, and so concurrent POSTs, of one process. More would only wait for Python's GIL."""
AHEAD, MOST_AHEAD = 2, 16
"""Claimed messages for each thread, at least and at most; in between, one second's posts."""
WRITE_EVERY = 0.25
"""Seconds for which results are collected to be stored together."""
LOOK_EVERY = 0.5
"""Seconds between queries for work while there is none, and for the kill switch."""
LOOK_SOON = 0.02
"""Seconds until results are collected, and work is queried for, while some is under way."""
PACE_EVERY = 0.5
"""Seconds over which the posts of a second are measured."""
FEED_EVERY = 0.5
SWEEP_EVERY = 5.0
FIGURES_EVERY = 60.0
"""Seconds between log lines with the number of attempts by reason."""
MOST_CONNECTIONS = 8
"""Kept connections of each thread."""


class Dispatcher:
    """Claims, posts and stores until `stop` is called, or until nothing is due.

    `sweep` is called every `SWEEP_EVERY` seconds, and `feed` every `FEED_EVERY`: it queues rows of
    files, and returns 0 if none is to come within seconds. Only the thread in `run` uses the
    database. The others post, each over its own kept connections. With a `mark`, `run` raises
    `WillNotDispatch` if the database is an older copy.
    """

    def __init__(
        self,
        sweep: Callable[[], int],
        width: int = THREADS,
        mark: HighWaterMark | None = None,
        feed: Callable[[], int] = lambda: 0,
    ) -> None:
        self._sweep = sweep
        self._feed = feed
        self._mark = mark
        self.width = width
        self.counts: Counter[str] = Counter()
        self._claimed: queue.SimpleQueue[Claim | None] = queue.SimpleQueue()
        self._posted: queue.SimpleQueue[tuple[Claim, Result]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._stopped_until: dict[tuple[str, int], float] = {}
        self._failures: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._all_stopped = False
        self._under_way = 0
        self._posted_lately = self._posted_since = 0
        self._is_idle = False
        self._unwritten: list[tuple[Claim, Result]] = []
        self._threads: list[threading.Thread] = []
        self._next: dict[str, float] = {}

    def stop(self) -> None:
        """Ends claiming. Requests under way are completed and stored. For signal handlers too."""
        self._stopping.set()

    def run(
        self,
        *,
        until_idle: bool = False,
        seconds: float | None = None,
        until: Callable[[], bool] = lambda: False,
    ) -> int:
        """Works until `stop`, or until one of the given conditions; returns the number of attempts.

        `until_idle`: nothing is due. `seconds`: they have passed. `until`: it returns True; it is
        called at least every `LOOK_EVERY` seconds.
        """
        ends = math.inf if seconds is None else time.monotonic() + seconds
        self._threads = [
            threading.Thread(target=self._post, daemon=True, name=f"post-{n}")
            for n in range(self.width)
        ]
        for thread in self._threads:
            thread.start()
        try:
            while not (self._stopping.is_set() or until()) and time.monotonic() < ends:
                self._if_database_answers(self._turn)
                if until_idle and self._is_idle and not self._under_way and not self._unwritten:
                    break
                self._collect_results()
        finally:
            self._finish()
        return sum(self.counts.values())

    # --- the thread that uses the database ---

    def _turn(self) -> None:
        """Sweeps, claims and stores, each if its time has come."""
        if self._is_time("sweep", SWEEP_EVERY):
            if self._mark:
                self._mark.beat()
            self._write()  # first: the sweep must not settle a message whose answer is here
            self._sweep()
            self._enqueue(due.claim_probes())
        if self._is_time("kill switch", LOOK_EVERY):
            self._look_for_stops()
        if self._is_time("pace", PACE_EVERY):
            self._posted_lately, self._posted_since = round(self._posted_since / PACE_EVERY), 0
        if self._is_time("feed", FEED_EVERY):
            self._feed()
        room = self._ahead - self._under_way
        if room >= self._enough_room and self._is_time("claim", 0.0):
            claims = [] if self._all_stopped else due.claim_due(room)
            self._enqueue(claims)
            self._is_idle = not claims and not self._has_work()
            if not claims:
                pause_seconds = LOOK_EVERY if self._is_idle else LOOK_SOON
                self._next["claim"] = time.monotonic() + pause_seconds
        if self._unwritten and (self._is_time("write", WRITE_EVERY) or not self._under_way):
            self._write()
        if self.counts and self._is_time("figures", FIGURES_EVERY):
            logger.info("dispatched so far: %s", self.figures)

    def _has_work(self) -> bool:
        return not self._all_stopped and bool(due.accounts_with_work() or self._feed())

    def _look_for_stops(self) -> None:
        """So that messages that were claimed before a stop by another process do not leave."""
        self._all_stopped = pause.is_stopped()
        if self._under_way:
            for stopped in due.stopped():
                self._stopped_until[stopped] = time.monotonic()

    @property
    def _ahead(self) -> int:
        """How many messages to have claimed: a second's, for a claim takes a dozen queries."""
        return min(MOST_AHEAD * self.width, max(AHEAD * self.width, self._posted_lately))

    @property
    def _enough_room(self) -> int:
        """From half of those ahead on; two thirds if each thread has two more to post meanwhile."""
        return max(self._ahead // 2, min(self._ahead * 2 // 3, self._ahead - 3 * self.width))

    def _enqueue(self, claims: list[Claim]) -> None:
        if self._mark:
            self._mark.note([claim.attempt for claim in claims])
        for claim in sorted(claims, key=lambda claim: claim.slot):
            self._under_way += 1
            self._claimed.put(claim)

    def _collect_results(self) -> None:
        """Waits, then takes all results that have come.

        To wake up for each result would keep the posting threads from running.
        """
        until_claim = max(0.0, self._next.get("claim", 0.0) - time.monotonic())
        self._stopping.wait(LOOK_SOON if self._under_way else until_claim)
        try:
            while True:
                self._unwritten.append(self._posted.get_nowait())
                self._under_way -= 1
                self._posted_since += 1
        except queue.Empty:
            return

    def _write(self) -> None:
        if not self._unwritten:
            return
        try:
            store_outcome.store_outcomes(self._unwritten)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # One result that cannot be stored must not stop the others, nor the dispatcher.
            logger.error(
                "%s results could not be written together: %s",
                len(self._unwritten),
                type(error).__name__,
            )
            for item in self._unwritten:
                store_outcome.store_outcomes([item])
        self.counts.update(result.reason for _claim, result in self._unwritten)
        self._unwritten.clear()
        self._next["write"] = time.monotonic() + WRITE_EVERY

    def _finish(self) -> None:
        """Hands back unposted claims, waits for the requests under way, and stores all results.

        Without a database it tries for as long as a lease.
        """
        self._stopping.set()
        for _thread in self._threads:
            self._claimed.put(None)
        for thread in self._threads:
            thread.join()
        self._collect_results()
        patience = time.monotonic() + LEASE.total_seconds()
        while self._unwritten and time.monotonic() < patience:
            self._if_database_answers(self._write)
        logger.info("dispatched: %s", self.figures)

    def _if_database_answers(self, step: Callable[[], None]) -> None:
        """Calls `step`. If the database does not answer, waits; results are kept until it does."""
        try:
            step()
        except (OperationalError, InterfaceError) as error:  # its text could hold a row: not logged
            logger.error("the database does not answer (%s); trying again", type(error).__name__)
            close_old_connections()
            time.sleep(LOOK_EVERY)
            self._next["sweep"] = 0.0  # another database may answer: its mark is checked first

    def _is_time(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every
        return True

    @property
    def figures(self) -> str:
        """The number of attempts by reason, for the log."""
        counts = [f"{count} {reason}" for reason, count in self.counts.most_common()]
        return ", ".join(counts) or "nothing"

    # --- the threads that post ---

    def _post(self) -> None:
        connections: dict[KaleyraClient, ClientConnection] = {}

        def kept(client: KaleyraClient) -> ClientConnection:
            if client not in connections:
                # Keys and hosts change: a connection that is no longer used must not stay open.
                if len(connections) >= MOST_CONNECTIONS:
                    connections.pop(next(iter(connections))).close()
                connections[client] = client.connection()
            return connections[client]

        while (claim := self._claimed.get()) is not None:
            self._posted.put((claim, self._result(claim, kept)))
        for connection in connections.values():
            connection.close()

    def _result(self, claim: Claim, connections: attempt.Connections) -> Result:
        wait = (claim.slot - timezone.now()).total_seconds()
        if wait > 0:
            self._stopping.wait(min(wait, rate_limit.HORIZON.total_seconds()))
        if self._stopping.is_set() or self._all_stopped or self._is_stopped(claim):
            return attempt.handed_back(claim)
        # A kept connection that the server is closing makes the outcome unknown. Where an unknown
        # message is never posted again by itself, it is worth a new connection.
        never = claim.account.retry_ambiguous == Account.RetryAmbiguous.NEVER
        result = attempt.post(claim, None if never else connections)
        if claim.route.is_of_account:
            self._note(claim.account.pk, result)
        return result

    def _is_stopped(self, claim: Claim) -> bool:
        """Whether the message must not leave, although it was claimed. A probe always may."""
        places = due.places_of(claim.invocation)
        until = max(self._stopped_until.get(place, 0.0) for place in places)
        return not claim.is_probe and claim.claimed_at < until

    def _note(self, account_pk: int, result: Result) -> None:
        """Stops the account's claimed messages at once, if a later claim would be refused.

        Claims are refused once the result is stored.
        """
        with self._lock:
            if result.rule.effect is Effect.UNREACHABLE:
                self._failures[account_pk] += 1
            elif result.rule.outcome != Outcome.NOT_SENT:
                self._failures[account_pk] = 0
            is_open = self._failures[account_pk] >= rate_limit.FAILURES
        if is_open or result.rule.effect in (Effect.SLOWS_ACCOUNT, Effect.PAUSES_ACCOUNT):
            self._stopped_until["account", account_pk] = time.monotonic() + 2 * WRITE_EVERY
