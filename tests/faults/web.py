"""The web in a run of the kill harness: gunicorn, a person, results that come in, and checkers.

Files are uploaded, checked, started, paused, cancelled, sent again and downloaded by a person over
HTTP (`person`), and results are posted (`reporter`), while gunicorn is killed, and while two
processes that check files die or stop in mid check.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import requests
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import timezone

from invocations.batches import check_run
from invocations.batches.request_ids import RequestIds
from invocations.models import Batch, CallbackAddress, Invocation, WorkflowInstance
from invocations.results import endpoints, pending, upkeep
from tests.faults import worker

from . import browser
from .batches import result_lines
from .person import File, send_files
from .ports import closed_port
from .reporter import report_results

CHECKERS = 2
PART_ROWS = 5
"""So that a small file has several parts."""
DIES, STOPS = 0.1, 0.03
"""How likely a checker is to die, or to stop for longer than its lease, before each part."""
LONG_NAME = "A long name " * 20
"""A file of rows with it is not checked inside the request that uploads it."""

Start = Callable[..., BaseProcess]


class RunningWeb:
    """`kills`: of gunicorn; the person goes on until then. 0: there is no web."""

    def __init__(self, kills: int, rows: int, seed: int, folder: Path, bug: str | None) -> None:
        self.kills, self.rows, self.seed, self.folder, self.bug = kills, rows, seed, folder, bug
        self.killed = self.checkers_killed = 0
        self._random = random.Random(seed)
        self._kill_at: float | None = None
        self._port = closed_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._checkers: list[BaseProcess] = []
        self._others: list[BaseProcess] = []

    def start(self, start: Start, flag: Callable[[], Any], received: Path) -> None:
        """`start` starts a process; `flag` makes a number that processes share."""
        if not self.kills:
            return
        self._start, self._may_end, self._is_calm = start, flag(), flag()
        _set_up()
        self._serve()
        self._checkers = [start(check_files, self._is_calm) for _ in range(CHECKERS)]
        told = self.folder / "person.jsonl"
        report = (self._port, _addresses(), received, self.folder / "reported.jsonl", self._is_calm)
        self._others = [
            start(send_files, self._port, told, self.seed, self._files(), self._may_end),
            start(report_results, *report),
        ]

    def look_after(self) -> None:
        """Kills gunicorn when it is time, and starts a new checker for each that has ended."""
        if not self._others:
            return
        for place, process in enumerate(self._checkers):
            if process.exitcode is not None:
                self.checkers_killed += process.exitcode == -signal.SIGKILL
                self._checkers[place] = self._start(check_files, self._is_calm)
        if self.killed < self.kills and self._kill_at is None and self._answers():
            self._kill_at = time.monotonic() + self._random.uniform(0.2, 4.0)
        is_time = self._kill_at is not None and time.monotonic() > self._kill_at
        if is_time and not self.is_over():
            self._kill_server()
            self._serve()
            self.killed += 1
        if self.killed >= self.kills:
            self._may_end.value = 1

    def calm_down(self) -> None:
        if self._others:
            self._is_calm.value = 1

    def is_over(self) -> bool:
        return not self._others or self._others[0].exitcode is not None

    def count_unread(self) -> int:
        """Results that were stored, and not told to their messages yet."""
        return pending.pending_results().count()

    def end(self) -> None:
        for process in [*self._checkers, *self._others]:
            process.kill()
            process.join()
        self._kill_server()

    # --- what must be 0 ---

    def ids(self) -> list[str]:
        """The request IDs of all rows that were to be sent over the web."""
        return [
            str(ids.of(row))
            for batch in _over_the_web()
            for ids in [RequestIds(batch)]
            for row in _rows_to_send(batch)
        ]

    def wrong(self) -> dict[str, int]:
        if not self.kills:
            return {}
        pending.read_all(timezone.now())  # those that came last
        # As the next sweep would, what was read while its message was still being sent.
        upkeep.retry_unmatched(timezone.now() + upkeep.RETRY_LATE_EVERY)
        told = _lines_of(self.folder / "person.jsonl")
        rows = {str(batch.uid): batch.rows for batch in _over_the_web()}
        whole = [line for line in told if line.get("rows") is not None and "result" in line]
        reported = _lines_of(self.folder / "reported.jsonl")
        shown = {
            line["Request ID"]: line["First channel"]
            for batch in Batch.objects.filter(state__in=Batch.STARTED)
            for line in result_lines(batch)
        }
        return {
            "result files over the web that end early": sum(
                line["rows"] != rows[line["result"]] for line in whole
            ),
            "files that a person could not send": sum("stuck" in line for line in told)
            + (self._others[0].exitcode != 0),
            "results that were answered and are not shown": sum(
                one["code"] not in shown.get(one["id"], one["code"]) for one in reported
            ),
        }

    def figures(self) -> dict[str, str]:
        told = _lines_of(self.folder / "person.jsonl")
        done = Counter(
            "started" if "started" in line else "torn" if line.get("rows") is None else "whole"
            for line in told
        )
        return {
            "web server killed": f"{self.killed}; of those who check files: {self.checkers_killed}",
            "files sent over the web": str(done["started"]),
            "result files downloaded": f"{done['whole']}, and {done['torn']} torn or refused",
            "results posted": str(len(_lines_of(self.folder / "reported.jsonl"))),
        }

    # --- processes ---

    def _serve(self) -> None:
        options = f"--bind 127.0.0.1:{self._port} --worker-class gthread --threads 8"
        quiet = "--no-control-socket --log-level critical"
        with (self.folder / "workers.log").open("ab") as log:
            self._server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "tests.faults.web_app"),
                    *options.split(),
                    *quiet.split(),
                ],
                env=os.environ | {"FAULTS_BUG": self.bug or ""},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._kill_at = None

    def _answers(self) -> bool:
        """Whether the console is loaded: gunicorn listens before."""
        try:
            return requests.get(f"http://127.0.0.1:{self._port}/healthz", timeout=0.3).ok
        except requests.RequestException:
            return False

    def _kill_server(self) -> None:
        if self._server is not None:
            with suppress(ProcessLookupError):  # its workers, too
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()

    def _files(self) -> list[File]:
        """One that is checked inside its upload, one that is not, and one that is cancelled."""
        third, fourth = WorkflowInstance.objects.order_by("pk").values_list("pk", flat=True)[2:4]
        return [
            File(third, "small.csv", _csv(0, self.rows, "Asha")),
            File(fourth, "large.csv", _csv(1, self.rows, LONG_NAME)),
            File(third, "cancelled.csv", _csv(2, 2 * self.rows, "Ravi"), is_cancelled=True),
        ]


def check_files(is_calm: Any) -> None:
    """The process of one of those who check."""
    chance = random.Random()

    def strike() -> None:
        drawn = 1.0 if is_calm.value else chance.random()
        if drawn < DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        elif drawn < DIES + STOPS:
            time.sleep(1.3 * check_run.LEASE.total_seconds())

    worker._replace(check_run, "PART_ROWS", PART_ROWS)
    worker.before("batches.part_check.PartChecker.check", strike)
    call_command("check_batches")


def _set_up() -> None:
    person = User.objects.create_superuser(browser.NAME, password=browser.PASSWORD)
    person.groups.set(Group.objects.filter(name="Admin"))
    for workflow in WorkflowInstance.objects.select_related("account"):
        endpoints.ensure_address(workflow.account, by=None)


def _addresses() -> dict[int, tuple[str, str]]:
    """By account: where results are posted, and the secret."""
    return {
        one.account_id: (endpoints.path_of(one), one.secret)
        for one in CallbackAddress.objects.filter(is_current=True)
    }


def _csv(kind: int, rows: int, name: str) -> bytes:
    lines = ["Phone,Name", *(f"9196{kind}{row:07d},{name}" for row in range(rows))]
    return "\r\n".join(lines).encode()


def _over_the_web() -> list[Batch]:
    return list(Batch.objects.filter(created_by__isnull=False, state__in=Batch.STARTED))


def _rows_to_send(batch: Batch) -> list[int]:
    """Of a cancelled one those that came into the queue: nobody knows how many before."""
    if batch.state == Batch.State.CANCELLED:
        fed = Invocation.objects.filter(batch=batch).exclude(status=Invocation.Status.CANCELLED)
        return [row for row in fed.values_list("batch_row", flat=True) if row is not None]
    return [int(line["Row"]) for line in result_lines(batch)]


def _lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
