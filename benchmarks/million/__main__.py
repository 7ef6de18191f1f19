"""Turns keys, purges, erases and verifies among a million messages, while sends and pages go on.

`make bench-million ROWS=1000000` fills a private PostgreSQL (`--sqlite`: a file) with messages
under an old key, starts a web server, a dispatcher and a practice pod, and lets somebody send and
open pages. Beside that each command runs, is killed half-way and started again. It prints figures
and latencies, and fails if anything is left, lost or sent twice.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks.million.watched import Run
from benchmarks.served import server
from tests.servers import PrivatePostgres, free_port

OLD = "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdC0="
NEW = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0="
KEPT_DAYS = 90


def fill(rows: int, parts: int) -> None:
    began = time.monotonic()
    words = [sys.executable, "-m", "benchmarks.million.fill"]
    subprocess.run([*words, "set-up", "127.0.0.1:8198"], check=True, stdout=subprocess.DEVNULL)
    edges = [rows * n // parts for n in range(parts + 1)]
    jobs = [["messages", str(rows), str(first + 1), str(last)] for first, last in pairwise(edges)]
    filling = [
        subprocess.Popen([*words, *job], start_new_session=True)
        for job in [*jobs, ["trail", str(rows)]]
    ]
    codes = [each.wait() for each in filling]
    if any(codes):
        raise SystemExit("the messages could not be filled in")
    subprocess.run([*words, "indexes"], check=True)
    print(f"{rows:,} messages filled in within {time.monotonic() - began:.0f} s", flush=True)


@contextmanager
def running(*words: str) -> Iterator[None]:
    # A session of its own: Linux shares processors out by session, and services have one each.
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait()


class Trial:
    """The console is running."""

    def __init__(self, base: str, seconds: float) -> None:
        from benchmarks.million.traffic import WORKFLOW, Traffic
        from invocations.models import Invocation, WorkflowInstance

        self._seconds, self.is_right = seconds, True
        workflow = WorkflowInstance.objects.get(title=WORKFLOW)
        sent = Invocation.objects.filter(workflow_instance=workflow).count()
        self.traffic = Traffic(base, workflow.pk, sent)

    def go(self) -> None:
        """Everything in order."""
        self.traffic.start()
        time.sleep(self._seconds)
        for phase in (self._rotate, self._purge, self._erase, self._verify):
            run, rows, what = phase()
            run.show(rows, what)
            self.is_right &= run.code == 0
        self.traffic.phase = "nothing beside, after"
        time.sleep(self._seconds)
        self.traffic.end()
        time.sleep(10)  # the dispatcher ends what it has begun

    def _run(self, command: str) -> Run:
        self.traffic.phase = command
        return Run(command)

    def _rotate(self) -> tuple[Run, int, str]:
        from invocations.models import KeyRun
        from invocations.models.key_rotation import encrypted_columns

        total = sum(column.rows().count() for column in encrypted_columns())

        def done(share: float) -> bool:
            runs = KeyRun.objects.filter(name__startswith="rotate ")
            return sum(runs.values_list("rows", flat=True)) > share * total

        run = self._run("rotate_keys")
        run.go("rotate_keys", until=lambda: done(0.2))
        run.go("rotate_keys", until=lambda: done(0.6))
        run.go("rotate_keys")
        return run, total, "tokens"

    def _purge(self) -> tuple[Run, int, str]:
        """The admin lowers the days, which makes most messages due."""
        from invocations.models import Account, Invocation, PurgeRun

        Account.objects.filter(title="Old messages").update(values_kept_days=KEPT_DAYS)
        total = Invocation.objects.count() * (365 - KEPT_DAYS) // 365

        def done() -> int:
            counts = PurgeRun.objects.values_list("counts", flat=True)
            return sum(each.get("messages", 0) for each in counts)

        run = self._run("purge")
        run.go("purge", until=lambda: done() > total / 2)
        run.go("purge")
        purged = Invocation.objects.filter(values_removed_at__isnull=False)
        return run, purged.count(), "messages"

    def _erase(self) -> tuple[Run, int, str]:
        from benchmarks.million.fill import ERASED
        from invocations.models import Erasure, Invocation

        def is_half_way() -> bool:
            cursors = Erasure.objects.filter(state="under_way").values_list("cursor", flat=True)
            return any(cursor[:1] == ["invocations.Attempt"] for cursor in cursors)

        run = self._run("erase")
        run.go("erase", f"+{ERASED}", "--yes", until=is_half_way)
        run.go("erase", f"+{ERASED}", "--yes")
        run.said += [str(each.counts) for each in Erasure.objects.all()]
        return run, Invocation.objects.count(), "messages looked through"

    def _verify(self) -> tuple[Run, int, str]:
        from invocations.models import TrailRow

        run, began = self._run("verify_audit"), time.monotonic()
        run.go("verify_audit", until=lambda: time.monotonic() - began > 2)
        run.go("verify_audit")
        return run, TrailRow.objects.count(), "rows"


# --- afterwards -----------------------------------------------------------------------------------


def sent_once(sent: list[str], log: Path) -> bool:
    """Whether the pod accepted each of the messages once, and no other."""
    lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    accepted = Counter(line["request_id"] for line in lines if line["accepted"])
    lost = [each for each in sent if not accepted[each]]
    twice = [each for each, times in accepted.items() if times > 1]
    print(f"at the pod: {len(accepted):,} accepted, {len(lost)} lost, {len(twice)} twice")
    return not lost and not twice


def is_clean(folder: Path, is_sqlite: bool) -> bool:
    dump = "-" if is_sqlite else str(folder / "dump.sql")
    if not is_sqlite:
        url = os.environ["TEST_DATABASE_URL"].replace("postgres:", "postgresql:", 1)
        subprocess.run(["pg_dump", "--file", dump, url], check=True)
    command = [sys.executable, "-m", "benchmarks.million.found", dump]
    with_new_alone = os.environ | {"TEST_FIELD_ENCRYPTION_KEYS": NEW}
    return subprocess.run(command, env=with_new_alone, check=False).returncode == 0


def trial(folder: Path, asked: argparse.Namespace) -> bool:
    if not asked.database:
        os.environ["TEST_FIELD_ENCRYPTION_KEYS"] = OLD
        fill(asked.rows, asked.parts)
    os.environ["TEST_FIELD_ENCRYPTION_KEYS"] = f"{NEW},{OLD}"
    import django

    django.setup()
    from django.core.management import call_command

    port, log = free_port(), folder / "pod.jsonl"
    call_command("demo", api_domain=f"127.0.0.1:{port}", verbosity=0)
    with ExitStack() as stack:
        web, _process = stack.enter_context(server(workers=2, threads=4))
        base = f"http://127.0.0.1:{web}"
        pod = ("sandbox", "--port", str(port), "--console", base, "--log", str(log))
        stack.enter_context(running(*pod))
        stack.enter_context(running("dispatch"))
        done = Trial(base, asked.seconds)
        done.go()
    done.traffic.show()
    found = [sent_once(done.traffic.sent, log), is_clean(folder, asked.sqlite)]
    return done.is_right and all(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-million", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parts", type=int, default=2, help="processes that fill in messages")
    parser.add_argument("--seconds", type=float, default=60, help="of traffic without commands")
    parser.add_argument("--sqlite", action="store_true", help="in a file")
    parser.add_argument("--database", help="the URL of one that `fill` has filled")
    return parser.parse_args()


def main() -> None:
    asked = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # also ends what it has started
    now = datetime.now(UTC)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "MILLION_ENDS": now.isoformat()}
    print(f"{now:%Y-%m-%d %H:%M}, load {os.getloadavg()[0]:.0f} on {os.cpu_count()} processors")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["TEST_DISPATCHER_STATE_DIR"] = str(folder)
        url = asked.database or f"sqlite:///{folder}/console.sqlite3"
        if not asked.database and not asked.sqlite:
            url = stack.enter_context(PrivatePostgres()).url
        os.environ["TEST_DATABASE_URL"] = url
        is_right = trial(folder, asked)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
