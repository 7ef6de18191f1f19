"""Singles beside a long queue on the same account: how soon they are answered.

`python -m benchmarks.dispatch.singles COUNT MODE` sends COUNT messages as the send page does, one
after another, in the database that TEST_DATABASE_URL names, and prints a JSON list: for each the
seconds from the click to the stored answer, or null if there was none within `PATIENCE`. MODE is
`now`, or `before`: without a place before the queue and without a borrowed slot.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import requests

from benchmarks.dispatch.bench import Bench

PATIENCE = 15.0
EVERY = 0.7
"""Seconds between two clicks."""
LATENCY = 0.05
RATE = 10
"""Messages a second, the default of an account."""


# --- in a process of its own ----------------------------------------------------------------------


def send(count: int, mode: str) -> list[float | None]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()

    from invocations.kaleyra.payload import Send
    from invocations.models import Invocation, WorkflowInstance
    from invocations.sending import rate_limit
    from invocations.sending.deliver import deliver
    from invocations.sending.record import record

    if mode == "before":
        rate_limit.MOST_BORROWED = timedelta(days=-1)
    workflow = WorkflowInstance.objects.order_by("id")[0]
    clicks: dict[int, float] = {}
    seconds: dict[int, float | None] = {}

    def note_answers() -> None:
        for row in Invocation.objects.filter(pk__in=set(clicks) - set(seconds), status="accepted"):
            assert row.final_at
            seconds[row.pk] = row.final_at.timestamp() - clicks[row.pk]

    for n in range(count):
        clicked = time.time()
        sends = [Send(f"9198{n:08}", {"01": "Asha", "02": "KF-1", "03": "Thu"})] * 2
        row, _is_new = record(
            workflow,
            sends,
            request_id=uuid.uuid4(),
            created_by=None,
            comes_first=mode == "now",
        )
        clicks[row.pk] = clicked
        deliver(row.pk, comes_first=mode == "now")
        note_answers()
        time.sleep(max(0.0, clicked + EVERY - time.time()))
    ends = time.time() + PATIENCE
    while len(seconds) < count and time.time() < ends:
        note_answers()
        time.sleep(0.1)
    return [taken if (taken := seconds.get(pk)) and taken <= PATIENCE else None for pk in clicks]


# --- the comparison -------------------------------------------------------------------------------


def compare(bench: Bench, queued: int, count: int) -> None:
    """Prints the times of singles without a queue, and beside one, before and now."""
    print(
        f"{count} singles, one every {EVERY} s, on an account of {RATE} a second;"
        f" {LATENCY * 1000:.0f} ms latency, one dispatcher\n"
    )
    print(f"{'':44}{f'within {PATIENCE:.0f} s':>12}{'median':>9}{'p95':>9}{'queue/s':>9}")
    for database in bench.databases:
        bench.rows("slow", str(RATE), database=database)
        _show(bench, database, "no queue", count, "now")
        bench.rows("queue", str(queued), str(bench.seed), database=database)
        _show(bench, database, f"{queued:,} queued, without both cures", count, "before")
        _show(bench, database, f"{queued:,} queued", count, "now")


def _show(bench: Bench, database: str, name: str, count: int, mode: str) -> None:
    requests.get(f"{bench.api}/start?{LATENCY}", timeout=10)
    with _dispatcher(bench, database, has_queue=name != "no queue"):
        started, posts = time.time(), bench.seen()["posts"]
        words = ["-m", "benchmarks.dispatch.singles", str(count), mode]
        process = bench.python(*words, database=database, stdout=subprocess.PIPE)
        output, _ = process.communicate()
        if process.returncode:
            raise SystemExit("singles failed")
        took, seen = time.time() - started, bench.seen()
    if seen["posts"] != seen["ids"]:
        raise SystemExit("a message was posted twice")
    times: list[float | None] = json.loads(output)
    answered = sorted(taken for taken in times if taken is not None)
    of_queue = max(0.0, (seen["posts"] - posts - len(answered)) / took)
    median = statistics.median(answered) if answered else float("nan")
    p95 = answered[int(0.95 * (len(answered) - 1))] if answered else float("nan")
    print(
        f"{database + ', ' + name:44}{f'{len(answered)} of {count}':>12}"
        f"{median:>7.2f} s{p95:>7.2f} s{of_queue:>9.1f}",
        flush=True,
    )


@contextmanager
def _dispatcher(bench: Bench, database: str, *, has_queue: bool) -> Iterator[None]:
    """A dispatcher that is at work."""
    process = bench.python("manage.py", "dispatch", database=database, stdout=subprocess.DEVNULL)
    try:
        gives_up = time.monotonic() + 60
        while has_queue and bench.seen()["posts"] < 2 * RATE and time.monotonic() < gives_up:
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    print(json.dumps(send(int(sys.argv[1]), sys.argv[2])))
