"""`make bench-dispatch`: the cost of a send, measured side by side on one machine in one run.

The same bodies go to the same quick stand-in of the API (`stub`), which counts requests: each
request ID exactly once, or the run fails. Compared are

  a  threads with a `requests.Session` each, which write nothing to a disk (`bare`)
  b  `manage.py dispatch`, every row durable before and after its POST, on PostgreSQL and on SQLite
  c  one Celery task for each row (`naive`), two processes, PostgreSQL, Redis
  d  newman, Postman's runner, with a CSV, if npm is there

A run is timed from the first POST until its processes have ended (c: until the last POST). Their
CPU, user and system, is counted over the same time; PostgreSQL's separately, the stand-in's not at
all. On a shared machine trust the ratios, and the median of several rounds.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import requests

from benchmarks.dispatch import cpu, singles
from benchmarks.dispatch.bench import Bench, Run
from tests.servers import PrivatePostgres, PrivateRedis

BARE, OURS, ON_SQLITE = (
    "a  requests.Session, nothing written",
    "b  this dispatcher, PostgreSQL",
    "b  this dispatcher, SQLite",
)
BARE_TWO, OURS_TWO = "a  requests.Session, two processes", "b  PostgreSQL, two processes"
CELERY, NEWMAN = "c  a Celery task a row, two processes", "d  newman with a CSV"
NAMES = [BARE, OURS, ON_SQLITE, BARE_TWO, OURS_TWO, CELERY, NEWMAN]
WITH_TWO = (BARE_TWO, OURS_TWO, CELERY)
WITH_POSTGRES = (OURS, OURS_TWO, CELERY)
NEWMAN_MESSAGES = 300
"""Messages for newman, which is slow."""
MAY_GROW_MB = 5.0

Key = tuple[str, int]
"""A contender, with its number of processes, and the latency in ms."""


def one_round(bench: Bench, count: int, runs: dict[Key, list[Run]]) -> None:
    """Runs each contender once; those that are compared follow each other."""
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
        few = min(count, NEWMAN_MESSAGES)
        note(NEWMAN, bench.newman(few, latency))


def median(runs: list[Run]) -> Run:
    columns = zip(*(astuple(run) for run in runs), strict=True)
    return Run(*(statistics.median(values) for values in columns))


def table(runs: dict[Key, list[Run]]) -> None:
    """Prints the medians: rates, and CPU a send, as multiples of bare sessions and of others."""
    print(
        f"{'':36}{'latency':>8}{'sends/s':>9}{'CPU/send':>11}{'database':>10}{'both':>10}"
        "   rate, CPU"
    )
    for (name, latency_ms), several in sorted(
        runs.items(), key=lambda item: (item[0][1], NAMES.index(item[0][0]))
    ):
        run = median(several)
        database = f"{run.database_ms:.2f} ms" if name in WITH_POSTGRES else ""
        figures = (
            f"{run.rate:>9.0f}{run.cpu_ms:>8.2f} ms{database:>10}{all_cpu(name, run):>7.2f} ms"
        )
        print(f"{name:36}{latency_ms:>5} ms{figures}   {against_bare(runs, name, latency_ms)}")


def all_cpu(name: str, run: Run) -> float:
    """Milliseconds of CPU a send: in the processes, and in PostgreSQL if they use it."""
    return run.cpu_ms + (run.database_ms if name in WITH_POSTGRES else 0.0)


def against_bare(runs: dict[Key, list[Run]], name: str, latency_ms: int) -> str:
    """Rate and CPU as multiples of those of as many bare sessions; nothing for these."""
    bare_name = BARE_TWO if name in WITH_TWO else BARE
    if name == bare_name or (bare_name, latency_ms) not in runs:
        return ""
    run, bare = median(runs[name, latency_ms]), median(runs[bare_name, latency_ms])
    cpu_ratio = all_cpu(name, run) / bare.cpu_ms
    return f"{run.rate / bare.rate:.2f} ×, {cpu_ratio:.2f} × bare sessions"


def explained(runs: dict[Key, list[Run]]) -> None:
    """Prints what the figures say about the price of a send."""
    for bare_name, name in ((BARE, OURS), (BARE, ON_SQLITE), (BARE_TWO, OURS_TWO)):
        bare, ours = median(runs[bare_name, 50]), median(runs[name, 50])
        total = all_cpu(name, ours)
        database = f" + {ours.database_ms:.2f} ms in PostgreSQL" if name in WITH_POSTGRES else ""
        print(
            f"\nWhat a send costs ({name.strip('b ')}, 50 ms): {ours.cpu_ms:.2f} ms of CPU in"
            f" the dispatcher{database} = {total:.2f} ms;\nthe same post with a bare session:"
            f" {bare.cpu_ms:.2f} ms; {total / bare.cpu_ms:.2f} × that, at"
            f" {ours.rate / bare.rate:.2f} × its rate."
        )
    ours = median(runs[OURS, 50])
    print(
        "\nOnly one thread of a process runs Python at a time: so one process posts no more than"
        f" about {1000 / ours.cpu_ms:.0f} a second,\nhowever many threads wait. A send is durable"
        " before and after its POST: two transactions for a whole batch (claim,\noutcome), two"
        " rows written twice for each send, one text decrypted and one encrypted. One task a row"
        " pays a message of\nthe broker, a transaction and several queries for each."
    )


def check_memory(bench: Bench, count: int) -> None:
    """Prints a dispatcher's memory during `count` messages; fails if it grows after a fifth."""
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


def _options() -> argparse.Namespace:
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
    parser.add_argument(
        "--starve",
        action="store_true",
        help="instead: singles beside 100,000 queued messages (with --quick: 10,000)",
    )
    return parser.parse_args()


def main() -> None:
    asked = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # also ends the servers it started
    count = 1500 if asked.quick else asked.n
    runs: dict[Key, list[Run]] = defaultdict(list)
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
                return check_memory(bench, 100_000)
            if asked.starve:
                queued, count = (10_000, 15) if asked.quick else (100_000, 30)
                return singles.compare(bench, queued, count)
            for n in range(asked.rounds):
                print(f"round {n + 1} of {asked.rounds}", file=sys.stderr)
                one_round(bench, count, runs)
    few = min(count, NEWMAN_MESSAGES)
    print(
        f"{count} messages a process (newman: {few}), {asked.width} threads,"
        f" seed {asked.seed}, {asked.rounds} round(s)\n"
    )
    table(runs)
    if (NEWMAN, 50) not in runs:
        print("newman is not compared: there is no npm, or it could not install newman")
    explained(runs)


if __name__ == "__main__":
    main()
