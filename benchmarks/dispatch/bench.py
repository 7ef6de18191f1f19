"""Runs of each contender against one stand-in for the API, one PostgreSQL and one Redis."""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.dispatch import cpu
from benchmarks.dispatch.newman import HEADINGS, installed_newman, newman_words
from tests.servers import PrivatePostgres, PrivateRedis, free_port

HERE = Path(__file__).parent
PATIENCE = 30.0
"""Seconds without any POST."""

Processes = list[subprocess.Popen[bytes]]


@dataclass(frozen=True)
class Run:
    """The result of one run. CPU in milliseconds for each send."""

    rate: float
    cpu_ms: float
    database_ms: float


class Bench:
    """One stand-in, one PostgreSQL, one Redis and one folder for all runs."""

    def __init__(
        self, folder: Path, postgres: PrivatePostgres, redis: PrivateRedis, width: int, seed: int
    ) -> None:
        self.folder, self.postgres, self.width, self.seed = folder, postgres, width, seed
        self.databases = {"PostgreSQL": postgres.url, "SQLite": f"sqlite:///{folder}/bench.sqlite3"}
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "TEST_BROKER_URL": redis.url,
            "PYTHONWARNINGS": "ignore",
        }
        self.bodies = str(folder / "bodies")
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.api}/v1/HXBENCH0IN/workflow/v1/instances/00112233-0/invoke"

    def python(
        self, *words: str, database: str = "PostgreSQL", **options: Any
    ) -> subprocess.Popen[bytes]:
        environment = self.environment | {"TEST_DATABASE_URL": self.databases[database]}
        if database == "SQLite":
            del environment["TEST_BROKER_URL"]  # settings refuse a broker with SQLite
        return subprocess.Popen([sys.executable, *words], env=environment, **options)

    def rows(self, *words: str, database: str) -> None:
        if self.python("-m", "benchmarks.dispatch.rows", *words, database=database).wait():
            raise SystemExit(f"rows {words[0]} failed")

    def fill(self, count: int, database: str) -> None:
        self.seed += 1
        self.rows("fill", str(count), str(self.seed), self.bodies, database=database)

    def seen(self) -> dict[str, Any]:
        counts: dict[str, Any] = requests.get(f"{self.api}/seen", timeout=10).json()
        return counts

    def timed(
        self,
        count: int,
        latency: float,
        start: Callable[[], Processes],
        *,
        stop: bool = False,
    ) -> Run:
        """Starts processes that post `count` messages, and waits until they have ended.

        With `stop` it ends them after the last POST.
        """
        requests.get(f"{self.api}/start?{latency}", timeout=10)
        processes = start()
        used_before, database_before = self._cpu_before_the_first_post(processes)
        used = self._stopped(processes, count) if stop else _ended(processes)
        ended, database = time.time(), cpu.tree(self.postgres.pid)
        seen = self.seen()
        if (seen["posts"], seen["ids"]) != (count, count):
            raise SystemExit(
                f"{count} were to be sent; the stand-in saw {seen['posts']} POSTs"
                f" with {seen['ids']} ids"
            )
        seconds = (seen["last"] if stop else ended) - seen["first"]
        return Run(
            count / seconds,
            (used - used_before) / count * 1000,
            (database - database_before) / count * 1000,
        )

    def _cpu_before_the_first_post(self, processes: Processes) -> tuple[float, float]:
        """Seconds of CPU in the processes and in PostgreSQL, measured last before a POST came."""
        gives_up = time.monotonic() + PATIENCE
        used = database = 0.0
        while not self.seen()["posts"]:
            used, database = _cpu_of(processes), cpu.tree(self.postgres.pid)
            has_ended = all(process.poll() is not None for process in processes)
            if has_ended or time.monotonic() > gives_up:
                for process in processes:
                    process.kill()
                raise SystemExit("nothing was posted")
            time.sleep(0.02)
        return used, database

    def _stopped(self, processes: Processes, count: int) -> float:
        """Ends the processes after the last POST, and returns their seconds of CPU until then."""
        while (seen := self.seen())["posts"] < count and time.time() - seen["last"] < PATIENCE:
            time.sleep(0.1)
        used = _cpu_of(processes)
        for process in processes:
            process.terminate()
        _ended(processes)
        return used

    # --- each of these sends the messages of the last `fill` ---

    def bare(self, count: int, latency: float, processes: int = 1) -> Run:
        words = ["-m", "benchmarks.dispatch.bare", self.bodies, self.url, str(self.width)]
        return self.timed(
            count,
            latency,
            lambda: [self.python(*words, str(n), str(processes)) for n in range(processes)],
        )

    def dispatcher(
        self, count: int, latency: float, processes: int = 1, database: str = "PostgreSQL"
    ) -> Run:
        words = ["manage.py", "dispatch", "--once", "--threads", str(self.width)]

        def start() -> list[subprocess.Popen[bytes]]:
            return [
                self.python(*words, database=database, stdout=subprocess.DEVNULL)
                for _ in range(processes)
            ]

        return self.timed(count, latency, start)

    def celery(self, count: int, latency: float) -> Run:
        if self.python("-m", "benchmarks.dispatch.naive").wait():
            raise SystemExit("no task could be put on the broker")
        words = ["-m", "celery", "--quiet", "--app", "benchmarks.dispatch.naive", "worker"]
        words += ["--pool", "threads", "--concurrency", str(self.width)]
        words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        words += ["--loglevel", "error", "--hostname"]
        return self.timed(
            count,
            latency,
            lambda: [self.python(*words, f"{n}@bench", stdout=subprocess.DEVNULL) for n in (1, 2)],
            stop=True,
        )

    def newman(self, count: int, latency: float) -> Run | None:
        """None if newman cannot be installed."""
        newman, rows = installed_newman(self.folder), self.folder / "rows.csv"
        if newman is None:
            return None
        self._write_csv(rows, count)
        words = newman_words(newman, rows, self.url)
        return self.timed(
            count,
            latency,
            lambda: [subprocess.Popen(words, cwd=self.folder, stdout=subprocess.DEVNULL)],
        )

    def _write_csv(self, rows: Path, count: int) -> None:
        with open(self.bodies, encoding="utf-8") as lines, open(rows, "w", newline="") as file:
            table = csv.writer(file)
            table.writerow(HEADINGS)
            for body in map(json.loads, itertools.islice(lines, count)):
                send = body["input"]["send1"]
                values = send["templateParams"].values()
                table.writerow([body["requestId"], send["recipient"], *values])


def _cpu_of(processes: Processes) -> float:
    return sum(cpu.tree(process.pid) for process in processes)


def _ended(processes: Processes) -> float:
    """Waits until the processes have ended, and returns their seconds of CPU."""
    used = 0.0
    for process in processes:
        _pid, _status, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        used += usage.ru_utime + usage.ru_stime
    return used
