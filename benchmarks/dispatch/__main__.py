"""`make bench-dispatch`: what a send costs, measured side by side on one machine in one run.

The same bodies go to the same quick stand-in of the API (`stub`), which counts what it saw: each request id once, or the run
fails. Compared are

  a  threads with a `requests.Session` each, which write nothing down (`bare`)
  b  `manage.py dispatch`, every row durable before and after its POST, on PostgreSQL and on SQLite
  c  one Celery task a row (`naive`), two processes, PostgreSQL, Redis
  d  newman, Postman's runner, with a CSV, where npm is there

A run is timed from the first POST until its processes have ended (c: until the last POST). Their CPU, user and system, is counted
over the same time; PostgreSQL's apart, the stand-in's not at all. Machines are shared: trust the ratios, and of more rounds the median.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import requests

from benchmarks.dispatch import cpu
from tests.servers import PrivatePostgres, PrivateRedis, free_port

HERE = Path(__file__).parent
Command = list[str]


@dataclass(frozen=True)
class Run:
    """What one run came to. CPU in milliseconds for each send."""

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
            del environment["TEST_BROKER_URL"]  # the two are refused together
        return subprocess.Popen([sys.executable, *words], env=environment, **options)

    def rows(self, *words: str, database: str) -> None:
        if self.python("-m", "benchmarks.dispatch.rows", *words, database=database).wait():
            raise SystemExit(f"rows {words[0]} failed")

    def fill(self, count: int, database: str) -> None:
        self.seed += 1
        self.rows("fill", str(count), str(self.seed), self.bodies, database=database)

    def seen(self) -> dict[str, Any]:
        told: dict[str, Any] = requests.get(f"{self.api}/seen", timeout=10).json()
        return told

    def timed(
        self,
        count: int,
        latency: float,
        start: Callable[[], list[subprocess.Popen[bytes]]],
        *,
        stop: bool = False,
    ) -> Run:
        """Starts processes that post `count` messages, and waits until they have ended; with `stop` it ends them after the last POST."""
        requests.get(f"{self.api}/start?{latency}", timeout=10)
        processes, postgres, gives_up = start(), self.postgres.pid, time.monotonic() + PATIENCE
        used_before = database_before = 0.0
        while not (seen := self.seen())["posts"]:
            used_before, database_before = (
                sum(cpu.tree(process.pid) for process in processes),
                cpu.tree(postgres),
            )
            if time.monotonic() > gives_up or all(
                process.poll() is not None for process in processes
            ):
                for process in processes:
                    process.kill()
                raise SystemExit("nothing was posted")
            time.sleep(0.02)
        used = 0.0
        if stop:
            while (seen := self.seen())["posts"] < count and time.time() - seen["last"] < PATIENCE:
                time.sleep(0.1)
            used = sum(cpu.tree(process.pid) for process in processes)
            for process in processes:
                process.terminate()
        for process in processes:
            _pid, _status, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            used += 0.0 if stop else usage.ru_utime + usage.ru_stime
        ended, database = time.time(), cpu.tree(postgres)
        seen = self.seen()
        if (seen["posts"], seen["ids"]) != (count, count):
            raise SystemExit(
                f"{count} were to be sent; the stand-in saw {seen['posts']} POSTs with {seen['ids']} ids"
            )
        seconds = (seen["last"] if stop else ended) - seen["first"]
        return Run(
            count / seconds,
            (used - used_before) / count * 1000,
            (database - database_before) / count * 1000,
        )

    # --- the four: each sends what `fill` wrote last ---

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
        words = [
            "-m",
            "celery",
            "--quiet",
            "--app",
            "benchmarks.dispatch.naive",
            "worker",
            "--pool",
            "threads",
            "--concurrency",
            str(self.width),
        ]
        words += [
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel",
            "error",
            "--hostname",
        ]
        return self.timed(
            count,
            latency,
            lambda: [self.python(*words, f"{n}@bench", stdout=subprocess.DEVNULL) for n in (1, 2)],
            stop=True,
        )

    def newman(self, count: int, latency: float) -> Run | None:
        """None where newman cannot be had."""
        newman = self.folder / "node_modules/.bin/newman"
        if not newman.exists():
            npm = shutil.which("npm")
            install = [
                str(npm),
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(self.folder),
                "newman",
            ]
            if npm is None or subprocess.call(install, stdout=subprocess.DEVNULL):
                return None
        with (
            open(self.bodies, encoding="utf-8") as lines,
            open(self.folder / "rows.csv", "w", newline="") as file,
        ):
            table = csv.writer(file)
            table.writerow(["request_id", "recipient", "p1", "p2", "p3"])
            for body in map(json.loads, itertools.islice(lines, count)):
                send = body["input"]["send1"]
                table.writerow(
                    [body["requestId"], send["recipient"], *send["templateParams"].values()]
                )
        words = [
            str(newman),
            "run",
            str(HERE / "newman.json"),
            "--iteration-data",
            str(self.folder / "rows.csv"),
            "--env-var",
            f"url={self.url}",
        ]
        return self.timed(
            count,
            latency,
            lambda: [
                subprocess.Popen(
                    [*words, "--reporters", "json"], cwd=self.folder, stdout=subprocess.DEVNULL
                )
            ],
        )


# --- all of them ------------------------------------------------------------------------------------------------------

BARE, OURS, ON_SQLITE = (
    "a  requests.Session, nothing written",
    "b  this dispatcher, PostgreSQL",
    "b  this dispatcher, SQLite",
)
BARE_TWO, OURS_TWO = "a  requests.Session, two processes", "b  PostgreSQL, two processes"
CELERY, NEWMAN = "c  a Celery task a row, two processes", "d  newman with a CSV"
NAMES = [BARE, OURS, ON_SQLITE, BARE_TWO, OURS_TWO, CELERY, NEWMAN]
AGAINST_TWO = (BARE_TWO, CELERY, NEWMAN)
WITH_POSTGRES = (OURS, OURS_TWO, CELERY)
FEW = 300
"""newman takes long."""
MAY_GROW_MB = 5.0
PATIENCE = 30.0
"""Seconds without any POST."""

Key = tuple[str, int]
"""A contender, with its number of processes, and the latency in ms."""


def one_round(bench: Bench, count: int, runs: dict[Key, list[Run]]) -> None:
    """Everything once, those that are compared one after the other."""
    for latency_ms in (0, 50):
        latency = latency_ms / 1000

        def note(name: str, run: Run | None, latency_ms: int = latency_ms) -> None:
            if run:
                runs[name, latency_ms].append(run)
                print(f"  {name}, {latency_ms} ms: {run.rate:.0f}/s", file=sys.stderr)

        bench.fill(count, "PostgreSQL")
        note(BARE, bench.bare(count, latency))
        note(OURS, bench.dispatcher(count, latency))
        bench.fill(count, "SQLite")
        note(ON_SQLITE, bench.dispatcher(count, latency, database="SQLite"))
        bench.fill(2 * count, "PostgreSQL")
        note(BARE_TWO, bench.bare(2 * count, latency, 2))
        note(OURS_TWO, bench.dispatcher(2 * count, latency, 2))
        bench.fill(count, "PostgreSQL")
        note(CELERY, bench.celery(count, latency))
        few = min(count, FEW)
        note(NEWMAN, bench.newman(few, latency))


def median(runs: list[Run]) -> Run:
    return Run(
        *(statistics.median(values) for values in zip(*(astuple(run) for run in runs), strict=True))
    )


def table(runs: dict[Key, list[Run]]) -> None:
    """Prints each contender's medians, and this dispatcher's rate as a multiple of theirs with as many processes."""
    print(
        f"{'':36}{'latency':>8}{'sends/s':>9}{'CPU/send':>10}{'database':>10}   this dispatcher is"
    )
    for (name, latency_ms), several in sorted(
        runs.items(), key=lambda item: (item[0][1], NAMES.index(item[0][0]))
    ):
        run = median(several)
        ours = runs.get((OURS_TWO if name in AGAINST_TWO else OURS, latency_ms))
        ratio = (
            f"{median(ours).rate / run.rate:.2f} × that"
            if ours and name not in (OURS, OURS_TWO, ON_SQLITE)
            else ""
        )
        database = f"{run.database_ms:.2f} ms" if name in WITH_POSTGRES else ""
        print(
            f"{name:36}{latency_ms:>5} ms{run.rate:>9.0f}{run.cpu_ms:>7.2f} ms{database:>10}   {ratio}"
        )


def explained(runs: dict[Key, list[Run]]) -> None:
    """Prints what the figures say about the price of a send."""
    bare, ours = median(runs[BARE, 50]), median(runs[OURS, 50])
    print(f"""
What a send costs: {ours.cpu_ms:.2f} ms of CPU in the dispatcher and {ours.database_ms:.2f} ms in PostgreSQL; to post the same body with a
session costs {bare.cpu_ms:.2f} ms. Most of it is HTTP in Python, and only one thread of a process runs Python at a time: so one
process posts no more than about {1000 / ours.cpu_ms:.0f} a second, however many threads wait. Being durable costs what is left: two
transactions for a whole batch (claim, outcome) instead of two for a row, two rows written for each send, and two texts
decrypted or encrypted. One task a row pays a message of the broker, a transaction and several queries for each.""")


def remembers_too_much(bench: Bench, count: int) -> None:
    """Prints a dispatcher's memory while it sends `count` messages. Exits if it grew after the first fifth."""
    bench.fill(count, "PostgreSQL")
    requests.get(f"{bench.api}/start?0", timeout=10)
    words = ["manage.py", "dispatch", "--once", "--threads", str(bench.width)]
    dispatcher = bench.python(*words, stdout=subprocess.DEVNULL)
    sizes: list[float] = []
    while dispatcher.poll() is None:
        size, posts = cpu.resident_mb(dispatcher.pid), bench.seen()["posts"]
        if posts >= (len(sizes) + 1) * count // 10:
            sizes.append(size)
            print(f"{posts:>9} sent, {size:6.1f} MB")
        time.sleep(0.1)
    grown = max(sizes[2:]) - sizes[1]
    print(f"After the first fifth it grew by {max(0.0, grown):.1f} MB.")
    if grown > MAY_GROW_MB:
        raise SystemExit(1)


@contextmanager
def stand_in(port: int) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.dispatch.stub", str(port)])
    try:
        for _ in range(200):
            try:
                requests.get(f"http://127.0.0.1:{port}/seen", timeout=10)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make bench-dispatch", description="What a send costs, beside what others take for it."
    )
    parser.add_argument(
        "-n", type=int, default=6000, help="messages for each process (default: 6000)"
    )
    parser.add_argument(
        "--width",
        type=int,
        default=32,
        help="threads of each process (default: 32, the dispatcher's own)",
    )
    parser.add_argument(
        "--rounds", type=int, default=1, help="how often; the medians are shown (default: 1)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="1,500 messages")
    parser.add_argument(
        "--memory", action="store_true", help="instead: a dispatcher's memory over 100,000 messages"
    )
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers go with it
    count = 1500 if asked.quick else asked.n
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivatePostgres() as postgres,
        PrivateRedis() as redis,
    ):
        bench = Bench(Path(folder), postgres, redis, asked.width, asked.seed)
        with stand_in(bench.port):
            for database in bench.databases:
                bench.rows("prepare", f"127.0.0.1:{bench.port}", database=database)
            if asked.memory:
                return remembers_too_much(bench, 100_000)
            runs: dict[Key, list[Run]] = defaultdict(list)
            for n in range(asked.rounds):
                print(f"round {n + 1} of {asked.rounds}", file=sys.stderr)
                one_round(bench, count, runs)
    print(
        f"{count} messages a process (newman: {min(count, FEW)}), {asked.width} threads, seed {asked.seed}, {asked.rounds} round(s)\n"
    )
    table(runs)
    if (NEWMAN, 50) not in runs:
        print("newman is not compared: there is no npm, or it could not install newman")
    explained(runs)


if __name__ == "__main__":
    main()
