"""Who delivers what is due: claims rows in batches, posts them with several threads, writes down what came of them in bulk.

Run by `manage.py dispatch` on one machine or on many, or as Celery tasks (`invocations.tasks`); several may run at once. The rows
are the only truth: whoever is killed, late or doubled finds there what is still to do.
"""

from __future__ import annotations

import logging
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
from invocations.sending.outcomes import Effect

logger = logging.getLogger(__name__)

THREADS = 32
"""Threads, and so POSTs at the same time, of one process. More than that only wait for the interpreter."""
AHEAD, MOST_AHEAD = 2, 16
"""For each thread, how many messages are claimed at least, and at most. Between them: as many as are posted in a second."""
WRITE_EVERY = 0.25
"""Seconds for which results are gathered before they are written together."""
LOOK_EVERY = 0.5
"""Seconds between two looks for work while there is none, and between two looks at the brake."""
LOOK_SOON = 0.02
PACE_EVERY = 0.5
"""Seconds over which it is measured how many are posted in one."""
SWEEP_EVERY = 5.0
FIGURES_EVERY = 60.0


# --- a process at work ------------------------------------------------------------------------------------------------


class Dispatcher:
    """Claims, posts and writes until `stop` is called, or until nothing is due.

    `sweep` is called every `SWEEP_EVERY` seconds.

    Only the thread that runs it asks the database. The others post, each over kept connections of its own.
    """

    def __init__(self, sweep: Callable[[], int], width: int = THREADS) -> None:
        self._sweep = sweep
        self.width = width
        self.counts: Counter[str] = Counter()
        self._claimed: queue.SimpleQueue[Claim | None] = queue.SimpleQueue()
        self._posted: queue.SimpleQueue[tuple[Claim, Result]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._stopped_until: dict[int, float] = {}
        self._brake = False
        self._under_way = 0
        self._posted_lately = self._posted_since = 0
        self._is_idle = False
        self._unwritten: list[tuple[Claim, Result]] = []
        self._threads: list[threading.Thread] = []
        self._next: dict[str, float] = {}

    def stop(self) -> None:
        """Nothing more is claimed; what is being posted ends, and is written down. Safe to call from a signal handler."""
        self._stopping.set()

    def run(
        self,
        *,
        until_idle: bool = False,
        seconds: float | None = None,
        until: Callable[[], bool] = lambda: False,
    ) -> int:
        """Works until `stop`, or until `until` says so; with `until_idle` until nothing is due, with `seconds` no longer than that.

        `until` is asked at least every `LOOK_EVERY` seconds. Returns how many attempts were made.
        """
        ends = None if seconds is None else time.monotonic() + seconds
        self._threads = [
            threading.Thread(target=self._post, daemon=True, name=f"post-{n}")
            for n in range(self.width)
        ]
        for thread in self._threads:
            thread.start()
        try:
            while not (self._stopping.is_set() or until()) and (
                ends is None or time.monotonic() < ends
            ):
                self._patiently(self._turn)
                if until_idle and self._is_idle and not self._under_way and not self._unwritten:
                    break
                self._gather()
        finally:
            self._finish()
        return sum(self.counts.values())

    # --- the thread that asks the database ---

    def _turn(self) -> None:
        """One look: sweeps, claims and writes, as far as it is time."""
        if self._is_time("sweep", SWEEP_EVERY):
            self._write()  # first: an answer that is known must not be settled as one that nobody knows
            self._sweep()
            self._take(due.claim_probes())
        if self._is_time("brake", LOOK_EVERY):
            self._brake = pause.is_stopped()
        if self._is_time("pace", PACE_EVERY):
            self._posted_lately, self._posted_since = round(self._posted_since / PACE_EVERY), 0
        room = self._ahead - self._under_way
        if 2 * room >= self._ahead and self._is_time("claim", 0.0):
            claims = [] if self._brake else due.claim_due(room)
            self._take(claims)
            self._is_idle = not claims and (self._brake or not due.accounts_with_work())
            if not claims:
                self._next["claim"] = time.monotonic() + (
                    LOOK_EVERY if self._is_idle else LOOK_SOON
                )
        if self._unwritten and (self._is_time("write", WRITE_EVERY) or not self._under_way):
            self._write()
        if self.counts and self._is_time("figures", FIGURES_EVERY):
            logger.info("dispatched so far: %s", self.figures)

    @property
    def _ahead(self) -> int:
        """How many to have claimed. A claim costs a dozen queries, whatever it is for; what is claimed should leave within a second."""
        return min(MOST_AHEAD * self.width, max(AHEAD * self.width, self._posted_lately))

    def _take(self, claims: list[Claim]) -> None:
        for claim in sorted(claims, key=lambda claim: claim.slot):
            self._under_way += 1
            self._claimed.put(claim)

    def _gather(self) -> None:
        """Waits a moment, then takes all results that are there: to be woken by each would keep the others from posting."""
        self._stopping.wait(
            LOOK_SOON
            if self._under_way
            else max(0.0, self._next.get("claim", 0.0) - time.monotonic())
        )
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
            # One row that cannot be written must not keep the others back, nor end the dispatcher.
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
        """Hands back what has not begun, waits for what has, and writes it down as long as the database can be had."""
        self._stopping.set()
        for _thread in self._threads:
            self._claimed.put(None)
        for thread in self._threads:
            thread.join()
        self._gather()
        patience = time.monotonic() + LEASE.total_seconds()
        while self._unwritten and time.monotonic() < patience:
            self._patiently(self._write)
        logger.info("dispatched: %s", self.figures)

    def _patiently(self, step: Callable[[], None]) -> None:
        """`step`; while the database does not answer, nothing is claimed, and what is known is kept until it does."""
        try:
            step()
        except (OperationalError, InterfaceError) as error:  # what it says could hold a row
            logger.error("the database does not answer (%s); trying again", type(error).__name__)
            close_old_connections()
            time.sleep(LOOK_EVERY)

    def _is_time(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every
        return True

    @property
    def figures(self) -> str:
        """How many attempts came to what."""
        return (
            ", ".join(f"{count} {reason}" for reason, count in self.counts.most_common())
            or "nothing"
        )

    # --- the threads that post ---

    def _post(self) -> None:
        connections: dict[KaleyraClient, ClientConnection] = {}

        def kept(client: KaleyraClient) -> ClientConnection:
            if client not in connections:
                if (
                    len(connections) >= 8
                ):  # keys and hosts change; what is not used any more must not stay open
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
        if (
            self._stopping.is_set()
            or self._brake
            or self._stopped_until.get(claim.account.pk, 0.0) > time.monotonic()
        ):
            return attempt.handed_back(claim)
        # Where nothing may be asked twice, a kept connection that the server is just closing would leave a needless doubt.
        never = claim.account.retry_ambiguous == Account.RetryAmbiguous.NEVER
        result = attempt.post(claim, None if never else connections)
        if result.rule.effect in (Effect.SLOWS_ACCOUNT, Effect.PAUSES_ACCOUNT):
            # At once, for what is claimed already; what is claimed later finds it in the database.
            self._stopped_until[claim.account.pk] = time.monotonic() + 2 * WRITE_EVERY
        return result
