"""One run of the kill harness: processes record and deliver messages, and others kill them.

Each worker is a process forked from one that has loaded the code and holds no connection. It runs
`manage.py dispatch`, and shares nothing with the others but the database.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connections
from django.db.models import Q

from invocations.models import Account, Invocation
from invocations.sending import pause
from invocations.sending.claim import LEASE
from invocations.sending.outcomes import Status
from tests.database_copies import DatabaseCopy
from tests.faults import worker
from tests.faults.receiver_process import ReceiverProcess
from tests.servers import PrivatePostgres

from . import batches, moves
from .plan import Done, Plan
from .processes import are_all_tried, deliver_messages, if_database_answers, record_messages
from .web import RunningWeb

ACCOUNTS = 4
RECORDERS = 2
ENDS_WITHIN = 20.0
"""Seconds that a worker has to end after SIGTERM."""
PR_SET_PDEATHSIG = 1
AHEAD = 0.1
"""How far the share of kills may be ahead of the share of settled messages."""
OPEN = Q(status__in=[Status.QUEUED, Status.SENDING, Status.HELD]) | Q(due_at__isnull=False)
_fork = multiprocessing.get_context("fork")


class CrashRun:
    """Runs a plan against a receiver.

    `database` is the server to kill, if there is one; `folder` takes the workers' output.
    """

    def __init__(
        self, plan: Plan, receiver: ReceiverProcess, folder: Path, database: PrivatePostgres | None
    ) -> None:
        self.plan, self.receiver, self.folder, self.database = plan, receiver, folder, database
        self.done = Done()
        self.ids = [
            str(uuid.uuid5(uuid.NAMESPACE_OID, f"{plan.seed} {n}")) for n in range(plan.invocations)
        ]
        self.batches = batches.RunningBatches(plan.batch_rows, plan.seed)
        self.web = RunningWeb(plan.web_kills, plan.batch_rows, plan.seed, folder, plan.bug)
        self._random = random.Random(plan.seed)
        self._may_record = _fork.RawValue("i", 0)
        self._workers: list[BaseProcess] = []
        self._recorders: list[BaseProcess] = []
        self._frozen: dict[BaseProcess, float] = {}
        self._printed_at = 0.0
        self._resumed_at = self._moved_at = 0.0
        self._copy: DatabaseCopy | None = None

    def run(self) -> None:
        """Records and kills until the plan is done; then waits until no message is open."""
        worker.hurry(worker.HURRY)
        if self.plan.bug == "no_mark":  # this process checks the mark, too
            worker.BUGS["no_mark"]()
        call_command("migrate", verbosity=0)
        moves.set_up(self.receiver.api_domain, ACCOUNTS, self.plan.policy)
        self.batches.start()
        try:
            self._recorders = [self._recorder(n) for n in range(RECORDERS)]
            self._workers = [self._worker() for _ in range(self.plan.workers)]
            self.web.start(self._started, lambda: _fork.RawValue("i", 0), self.receiver.log)
            self._record_and_kill()
            self.receiver.calm_down()
            self.web.calm_down()
            self._wait_for("everything is settled", lambda: self._open() == 0, self.plan.patience)
            if self.plan.dedupes:
                moves.check_safely(self.done)
        finally:
            if self._copy:
                self._copy.drop()
            for process in [*self._workers, *self._recorders]:
                process.kill()
                process.join()
            self.web.end()
            connections.close_all()

    # --- processes ---

    def _started(self, target: Callable[..., None], *args: Any) -> BaseProcess:
        connections.close_all()  # a connection cannot be shared with a child
        process = _fork.Process(target=self._child, args=(target, *args), daemon=True)
        # The child receives SIGTERM only once its command handles it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        return process

    def _child(self, target: Callable[..., None], *args: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        output = os.open(self.folder / "workers.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, sys.stdout.fileno())
        os.dup2(output, sys.stderr.fileno())
        random.seed()
        target(*args)

    def _worker(self) -> BaseProcess:
        return self._started(deliver_messages, self.plan.bug, self.plan.threads)

    def _recorder(self, place: int) -> BaseProcess:
        mine = [(n, self.ids[n]) for n in range(place, len(self.ids), RECORDERS)]
        process = self._started(record_messages, mine, self._may_record)
        process.name = str(place)
        return process

    # --- kills and faults ---

    def _record_and_kill(self) -> None:
        """Records messages at the pace of the kills, so that each kill finds open messages."""
        plan, done = self.plan, self.done
        ends = time.monotonic() + plan.most_seconds
        while time.monotonic() < ends:
            share = (done.kills + 2) / max(1, plan.kills)
            self._may_record.value = min(
                plan.invocations, int(plan.invocations * share) + 2 * plan.workers
            )
            time.sleep(self._random.uniform(0.05, 0.25))
            self._look_after()
            if self._is_time_to_strike():
                self._strike()
            if plan.restores:
                self._copy_or_restore()
            if done.database < plan.database_kills * min(1.0, share) and self.database:
                self.database.kill()
                done.database += 1
                time.sleep(self._random.uniform(0.0, 0.5))
                self.database.start()
            all_killed = done.kills >= plan.kills and done.database >= plan.database_kills
            if plan.restores and not done.restored:
                continue
            if all_killed and self._all_recorded() and self._all_tried():
                ends = min(ends, time.monotonic() + plan.tail)

    def _all_tried(self) -> bool:
        """On a slow machine the run must not end before every message had an attempt."""
        return bool(if_database_answers(are_all_tried))

    def _is_time_to_strike(self) -> bool:
        plan, settled = (
            self.plan,
            if_database_answers(lambda: Invocation.objects.exclude(OPEN).count()),
        )
        return bool(plan.kills) and (
            settled is None or self.done.kills / plan.kills < settled / plan.invocations + AHEAD
        )

    def _strike(self) -> None:
        chance = self._random.random()
        if chance < 0.02:
            self.done.of_all_at_once += 1
            self._end(list(range(len(self._workers))))
        elif chance < 0.04:
            self._recorders = [self._killed_recorder(process) for process in self._recorders]
        elif chance < 0.05 and not self._frozen and not self.plan.gently:
            process = self._random.choice(self._workers)
            os.kill(process.pid or 0, signal.SIGSTOP)
            self._frozen[process] = time.monotonic() + 1.3 * LEASE.total_seconds()
            self.done.freezes += 1
        else:
            self._end([self._random.randrange(len(self._workers))])

    def _end(self, places: Sequence[int]) -> None:
        """Kills the workers in these places, and puts new ones there."""
        ended = [self._workers[place] for place in places]
        for process in ended:
            if process in self._frozen:
                os.kill(process.pid or 0, signal.SIGCONT)
                del self._frozen[process]
            process.terminate() if self.plan.gently else process.kill()
        for process in ended:
            process.join(ENDS_WITHIN)
            expected = 0 if self.plan.gently else -signal.SIGKILL
            self.done.ended_wrongly += process.exitcode != expected
            process.kill()
        self.done.kills += len(ended)
        for place in places:
            self._workers[place] = self._worker()

    def _killed_recorder(self, process: BaseProcess) -> BaseProcess:
        if process.exitcode == 0:
            return process
        process.kill()
        process.join()
        self.done.recorders += 1
        return self._recorder(int(process.name))

    def _all_recorded(self) -> bool:
        are_over = if_database_answers(self.batches.are_over) and self.web.is_over()
        return bool(are_over) and all(process.exitcode == 0 for process in self._recorders)

    # --- what a supervisor of processes and an admin would do ---

    def _look_after(self) -> None:
        for place, process in enumerate(self._workers):
            if process.exitcode is not None:  # without a signal from here
                self.done.ended_wrongly += 1
                self._workers[place] = self._worker()
        for process, until in list(self._frozen.items()):
            if time.monotonic() > until:
                os.kill(process.pid or 0, signal.SIGCONT)
                del self._frozen[process]
        if_database_answers(self.batches.look_after)
        self.web.look_after()
        if self._is_time_to_move():
            self._moved_at = time.monotonic()
            change = partial(moves.change_set_up, self._random, ACCOUNTS)
            self.done.moves += if_database_answers(change) or 0
        if time.monotonic() > self._resumed_at + 1.0:
            self._resumed_at = time.monotonic()
            paused = Account.objects.filter(is_paused=True)
            if_database_answers(lambda: [pause.resume(account) for account in paused])
        if time.monotonic() > self._printed_at + 5.0:
            self._printed_at = time.monotonic()
            recorded = if_database_answers(Invocation.objects.count)
            print(
                f"{self.done.seconds:5.0f} s: {recorded} recorded,"
                f" {self._open()} open, {self.done.kills} kills,"
                f" {self.done.database} of the database",
                flush=True,
            )

    def _is_time_to_move(self) -> bool:
        """Not from the copy until what was lost was sent again (docs/crash-proof.md)."""
        if not self.plan.moves or time.monotonic() < self._moved_at + 1 / self.plan.moves:
            return False
        if self._copy is None:
            return True
        return bool(self.done.restored) and self._all_recorded() and self._all_tried()

    # --- a copy of the database ---

    def _copy_or_restore(self) -> None:
        """Copies the database at a third of the messages, and goes back once those were tried."""
        if self.done.restored:
            return
        recorded = if_database_answers(Invocation.objects.count) or 0
        if self._copy is None and recorded >= self.plan.invocations / 3:
            moves.stop_until_some_wait(self._workers, self._may_record)
            self._copy = self._without_processes(lambda: moves.take_copy(self.folder, self.done))
        elif self._copy and if_database_answers(partial(moves.was_tried, self.done)):
            self._without_processes(partial(moves.go_back, self._copy, self.done, self.plan.bug))

    def _without_processes(self, work: Callable[[], Any]) -> Any:
        """Kills all processes, does the work, and starts them again."""
        for process in [*self._workers, *self._recorders]:
            process.kill()
            process.join()
        self._frozen.clear()
        made = work()
        self._workers = [self._worker() for _ in self._workers]
        self._recorders = [self._recorder(n) for n in range(RECORDERS)]
        return made

    def _open(self) -> int | None:
        """How many messages and batches will still change without a person."""
        return if_database_answers(
            lambda: (
                Invocation.objects.filter(OPEN).count()
                + self.batches.count_going()
                + self.web.count_unread()
            )
        )

    def _wait_for(self, what: str, holds: Callable[[], bool], seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > ends:
                print(f"not within {seconds:.0f} s: {what}", flush=True)
                return
            time.sleep(0.2)
            self._look_after()
