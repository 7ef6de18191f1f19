"""What a result costs, from its post until it is told to its message, and whether one is lost.

`make bench-callbacks` posts results over HTTP to gunicorn, beside a `manage.py dispatch` that tells
them, on a private PostgreSQL (`--sqlite`: on SQLite):

  1  so many a second, each at its scheduled time; /healthz, the cheapest page, is asked as often
  2  as many as are answered, for the rates and the CPU of one result
  3  the same, and both processes are killed with SIGKILL at its end, and started again

and, in the same run, lets two dispatchers send (as `make bench-dispatch`, at 50 ms) to compare the
rates. It fails if a result is lost, or answered by anything but 200.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.callbacks import client
from benchmarks.dispatch import cpu
from benchmarks.dispatch.__main__ import stand_in
from benchmarks.dispatch.bench import Bench, Run
from benchmarks.served import server
from tests.servers import PrivatePostgres, PrivateRedis

if TYPE_CHECKING:
    from benchmarks.callbacks.rows import Reports

CONNECTIONS = 64
HEALTHZ_TIMES, TOLD_WITHIN, SENDS_TIMES = 10, 2.0, 1.5
"""Goals: 95 of 100 answered within so many times what /healthz takes, told within so many seconds,
and so many results a second for each send a second of two dispatchers."""


class Cost(NamedTuple):
    """What `count` results cost: their rates, and the milliseconds of CPU of each."""

    kept_rate: float
    told_rate: float
    web_ms: float
    reader_ms: float
    database_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.web_ms + self.reader_ms + self.database_ms


class Console:
    """gunicorn, a dispatcher and, for its CPU, the process of PostgreSQL (0: SQLite)."""

    def __init__(self, asked: argparse.Namespace, database_pid: int) -> None:
        self.asked, self.database_pid = asked, database_pid

    @contextmanager
    def running(self) -> Iterator[None]:
        words = [sys.executable, "manage.py", "dispatch"]
        with server(workers=self.asked.workers, threads=self.asked.threads) as (port, web):
            self.port, self.web = port, web
            self.dispatcher = subprocess.Popen(words, stdout=subprocess.DEVNULL)
            try:
                client.post(port, [HEALTHZ] * 200, connections=CONNECTIONS)  # warms up
                yield
            finally:
                self.dispatcher.terminate()
                self.dispatcher.wait()

    def kill(self) -> None:
        """All of them, as the machine's out-of-memory killer does."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        for pid in [self.web.pid, self.dispatcher.pid, *map(int, children)]:
            os.kill(pid, signal.SIGKILL)

    def cpu(self) -> tuple[float, float, float]:
        database = cpu.tree(self.database_pid) if self.database_pid else 0.0
        return cpu.tree(self.web.pid), cpu.tree(self.dispatcher.pid), database


HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def shown(name: str, answers: client.Answers) -> float:
    """Prints the latencies. Returns within how many ms 95 of 100 were answered."""
    cuts = statistics.quantiles(answers.taken, n=100)
    print(
        f"{name:9} {len(answers.taken):6,} asked: median {cuts[49]:6.1f} ms, 95 of 100 within"
        f" {cuts[94]:6.1f} ms, 99 within {cuts[98]:6.1f} ms, all within {max(answers.taken):6.1f}"
        f" ms; {answers.not_ok} not answered 200"
    )
    return cuts[94]


def at_a_rate(console: Console, reports: Reports) -> int:
    """The first part. Returns how many results were lost or refused."""
    from benchmarks.callbacks import rows

    asked = console.asked
    pks, requests = reports.take(asked.rate * asked.seconds)
    with console.running():
        pages = [HEALTHZ] * (asked.rate * 5)
        cheapest = client.post(console.port, pages, rate=asked.rate, connections=CONNECTIONS)
        posted = client.post(console.port, requests, rate=asked.rate, connections=CONNECTIONS)
        rows.all_told(pks)
    print(f"{asked.rate} a second, {asked.workers} web processes of {asked.threads} threads")
    limit = HEALTHZ_TIMES * shown("/healthz", cheapest)
    within = shown("results", posted)
    outcome = rows.outcome_of(pks)
    waits = statistics.quantiles(outcome.waits, n=100)
    lost = len(pks) - outcome.told
    print(
        f"{outcome.kept:,} kept, {outcome.told:,} told, {lost} lost; 95 of 100 told within"
        f" {waits[94]:.2f} s, all within {max(outcome.waits):.2f} s (goal: {TOLD_WITHIN:.0f} s);"
        f" {HEALTHZ_TIMES * within / limit:.1f} × /healthz (goal: {HEALTHZ_TIMES} ×)\n"
    )
    return lost + posted.not_ok


def as_many_as_go(console: Console, reports: Reports) -> tuple[Cost, int]:
    """The second part: what a result costs, and how many were lost or refused."""
    from benchmarks.callbacks import rows

    pks, requests = reports.take(console.asked.burst)
    count = len(pks)
    with console.running():
        before = console.cpu()
        posted = client.post(console.port, requests, connections=CONNECTIONS)
        told_at = rows.all_told(pks)
        used = [after - then for after, then in zip(console.cpu(), before, strict=True)]
    cost = Cost(
        count / (posted.last - posted.first),
        count / (told_at - posted.first),
        *(1000 * seconds / count for seconds in used),
    )
    outcome = rows.outcome_of(pks)
    print(
        f"as many as are answered: {cost.kept_rate:.0f} kept and {cost.told_rate:.0f} told"
        f" a second, {count - outcome.told} of {count:,} lost; CPU of a result {cost.cpu_ms:.2f} ms"
        f" ({cost.web_ms:.2f} web, {cost.reader_ms:.2f} reading, {cost.database_ms:.2f} PostgreSQL)"
    )
    return cost, count - outcome.told + posted.not_ok


def killed(console: Console, reports: Reports) -> int:
    """The third part. Returns how many results were answered and then lost."""
    from benchmarks.callbacks import rows

    pks, requests = reports.take(1000)
    with console.running():
        posted = client.post(console.port, requests, connections=CONNECTIONS)
        console.kill()
    told_before = rows.outcome_of(pks).told
    with console.running():
        rows.all_told(pks)
    lost = len(pks) - posted.not_ok - rows.outcome_of(pks).told
    print(
        f"killed after 1,000 answers: {told_before:,} were told by then,"
        f" {1000 - told_before - lost:,} after the restart, {lost} lost\n"
    )
    return max(0, lost)


def sends(count: int) -> Run:
    """Two dispatchers at 50 ms, on a PostgreSQL of their own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PrivatePostgres() as postgres,
        PrivateRedis() as redis,
    ):
        bench = Bench(Path(folder), postgres, redis, 32, 1)
        with stand_in(bench.port):
            bench.rows("prepare", f"127.0.0.1:{bench.port}", database="PostgreSQL")
            bench.fill(2 * count, "PostgreSQL")
            return bench.dispatcher(2 * count, 0.05, 2)


def measured(asked: argparse.Namespace, database_pid: int, folder: str) -> int:
    """All parts. Returns how many results were lost or refused."""
    import django

    django.setup()
    from benchmarks.callbacks import rows

    count = asked.rate * asked.seconds + asked.burst + 1000
    reports = rows.Reports(rows.await_results(count, folder))
    console = Console(asked, database_pid)
    failed = at_a_rate(console, reports)
    cost, failed_fast = as_many_as_go(console, reports)
    failed += failed_fast + killed(console, reports)
    if asked.sends:
        run = sends(asked.sends)
        print(
            f"two dispatchers at 50 ms: {run.rate:.0f} sends a second, {run.cpu_ms:.2f} ms of CPU"
            f" each and {run.database_ms:.2f} ms in PostgreSQL; results are told at"
            f" {cost.told_rate / run.rate:.2f} × that (goal: {SENDS_TIMES} ×), for"
            f" {cost.cpu_ms / (run.cpu_ms + run.database_ms):.2f} × its CPU"
        )
    return failed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench-callbacks", description="What a result costs, and whether one is lost."
    )
    parser.add_argument("--rate", type=int, default=200, help="results a second (default: 200)")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2, help="gunicorn's processes (default: 2)")
    parser.add_argument("--threads", type=int, default=24, help="of each process (default: 24)")
    parser.add_argument(
        "--burst", type=int, default=6000, help="results of the second part (default: 6000)"
    )
    parser.add_argument(
        "--sends",
        type=int,
        default=3000,
        help="messages of each of the two dispatchers; 0: none (default: 3000)",
    )
    parser.add_argument("--sqlite", action="store_true", help="the results on SQLite")
    return parser.parse_args()


def main() -> None:
    asked = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # also ends the servers it started
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TEST_DISPATCHER_STATE_DIR"] = folder
        if asked.sqlite:
            os.environ["TEST_DATABASE_URL"] = f"sqlite:///{folder}/console.sqlite3"
            failed = measured(asked, 0, folder)
        else:
            with PrivatePostgres() as postgres:
                os.environ["TEST_DATABASE_URL"] = postgres.url
                failed = measured(asked, postgres.pid, folder)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
