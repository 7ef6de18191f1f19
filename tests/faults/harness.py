"""The kill harness: processes, SIGKILL, a receiver that misbehaves, and its log as the proof.

    python -m tests.faults.harness --seed 7          # short, on SQLite
    python -m tests.faults.harness --postgres --invocations 10000 --kills 500 \\
        --database-kills 20 --workers 6
    python -m tests.faults.harness --bug fresh_id    # must fail, to show that the harness finds it
    python -m tests.faults.harness --every-bug       # each bug; succeeds if each was caught

Exit code: 0 if nothing was lost, sent twice or wrongly shown; else 1, with the count that shows it.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import django

from tests.faults.misbehaviour import FAULTS
from tests.faults.receiver_process import ReceiverProcess
from tests.servers import PrivatePostgres


class Caught(NamedTuple):
    """The count that shows a bug, and the options with which it does."""

    by: str
    options: tuple[str, ...] = ()


IN_SHORT = ("--invocations=200", "--rate=0.3", "--kills=10", "--patience=10")
UNPROTECTED = ("--dedupe=off",)
BUGS = {
    "fresh_id": Caught("sent twice"),
    "every_400_rejected": Caught("shown as rejected, and delivered"),
    "no_lease": Caught("left sending", ("--patience=8",)),
    "follow_redirects": Caught("redirects followed"),
    "requeued_when_interrupted": Caught("sent twice", UNPROTECTED),
    "doubt_is_not_sent": Caught("sent twice", UNPROTECTED),
    "any_202_is_accepted": Caught("shown as accepted, and not delivered", ("--rate=0.8",)),
    "busy_is_rejected": Caught("lost, shown as rejected"),
    "rewritten_body": Caught("ids with more than one body"),
    "live_target": Caught("sent twice", ("--moves=12", "--invocations=120")),
    "no_after_restore": Caught("unknown left", ("--restores=1",)),
    "no_mark": Caught("dispatchers that began with an older database", ("--restores=1",)),
    "skipped_rows": Caught("lost", ("--batch-rows=60",)),
    "short_result": Caught(
        "result files over the web that end early", ("--batch-rows=40", "--web-kills=1")
    ),
    "lost_results": Caught(
        "results that were answered and are not shown", ("--batch-rows=40", "--web-kills=1")
    ),
    "other_ids": Caught("rows of a batch that its result file has not once", ("--batch-rows=60",)),
}


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--seed", type=int, default=None, help="of what goes wrong (default: a new one)"
    )
    parser.add_argument("--invocations", type=int, default=400)
    parser.add_argument("--kills", type=int, default=20, help="of workers, at least")
    parser.add_argument("--database-kills", type=int, default=0, help="of PostgreSQL")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=4, help="of each worker")
    parser.add_argument(
        "--postgres", action="store_true", help="a private PostgreSQL in place of SQLite"
    )
    _add_receiver_options(parser)
    parser.add_argument(
        "--policy",
        choices=["same_id", "never"],
        help="of the accounts (default: same_id; without dedupe never)",
    )
    parser.add_argument(
        "--moves", type=float, default=0.0, help="of accounts and workflows by an admin, a second"
    )
    parser.add_argument(
        "--restores", type=int, choices=[0, 1], default=0, help="of a copy of the database"
    )
    parser.add_argument(
        "--batch-rows", type=int, default=0, help="of each of two batches (default: no batch)"
    )
    parser.add_argument(
        "--web-kills", type=int, default=0, help="of the web server, while a person uses it"
    )
    parser.add_argument("--gently", action="store_true", help="SIGTERM in place of SIGKILL")
    parser.add_argument("--most-seconds", type=float, default=1800.0, help="of kills and faults")
    parser.add_argument(
        "--tail", type=float, default=5.0, help="seconds of faults after all is recorded"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=60.0,
        help="seconds after that for open messages to be settled",
    )
    parser.add_argument("--bug", choices=BUGS)
    parser.add_argument("--every-bug", action="store_true")
    return parser


def _add_receiver_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rate",
        type=float,
        default=0.1,
        help="share of the requests with which something goes wrong",
    )
    parser.add_argument(
        "--latency", type=float, default=10.0, help="of the receiver, in milliseconds"
    )
    parser.add_argument(
        "--dedupe",
        choices=["on", "off"],
        default="on",
        help="whether the receiver takes an id once",
    )
    parser.add_argument(
        "--refusals",
        choices=["free", "burn"],
        default="free",
        help="whether a refused id counts as used",
    )


def main() -> int:
    asked = _options().parse_args()
    if asked.every_bug:
        return every_bug()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # also ends the servers it started
    if asked.web_kills and (asked.restores or not asked.batch_rows):
        sys.exit("--web-kills needs --batch-rows, and goes without --restores.")
    asked.seed = random.randrange(10**6) if asked.seed is None else asked.seed
    asked.policy = asked.policy or ("same_id" if asked.dedupe == "on" else "never")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="console-crash-")))
        database = stack.enter_context(PrivatePostgres()) if asked.postgres else None
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        os.environ["TEST_DISPATCHER_STATE_DIR"] = str(folder)
        os.environ["TEST_DATABASE_URL"] = (
            database.url if database else f"sqlite:///{folder}/console.sqlite3"
        )
        options = {
            name: getattr(asked, name) for name in ["seed", "rate", "dedupe", "refusals", "latency"]
        }
        receiver = stack.enter_context(ReceiverProcess(folder / "received.jsonl", **options))
        return _run(asked, receiver, folder, database)


def _run(
    asked: argparse.Namespace,
    receiver: ReceiverProcess,
    folder: Path,
    database: PrivatePostgres | None,
) -> int:
    django.setup()  # not before: the settings name the database
    from tests.faults import crash_run, judge

    planned = {
        part.name: getattr(asked, part.name)
        for part in fields(crash_run.Plan)
        if part.name != "dedupes"
    }
    plan = crash_run.Plan(dedupes=asked.dedupe == "on", **planned)
    print(
        f"seed {plan.seed}: {plan.invocations} invocations,"
        f" {plan.workers} workers of {plan.threads} threads,"
        f" {'PostgreSQL' if database else 'SQLite'}, faults {asked.rate:.0%},"
        f" dedupe {asked.dedupe}, policy {plan.policy}" + (f", bug {plan.bug}" if plan.bug else ""),
        flush=True,
    )
    run = crash_run.CrashRun(plan, receiver, folder, database)
    run.run()
    received = receiver.received
    run.batches.ids += run.web.ids()
    ids = [*run.ids, *run.batches.ids]
    lost = set(ids) - run.done.in_copy if run.done.restored else set()
    verdict = judge.judge(ids, received, dedupes=plan.dedupes, lost_with_copy=lost)
    verdict.bad |= run.batches.wrong_results(received) | run.web.wrong()
    verdict.figures |= run.web.figures() if plan.web_kills else {}
    verdict.bad["dispatchers that began with an older database"] = run.done.not_refused
    verdict.bad["workers that ended by themselves, or wrongly"] = run.done.ended_wrongly
    _report(run.done, verdict, Counter(line.get("answer", "elsewhere") for line in received))
    if verdict.found and not plan.bug:
        print((folder / "workers.log").read_text()[-4000:], file=sys.stderr)
    return 1 if verdict.found else 0


def _report(done: object, verdict: object, answers: Counter[str]) -> None:
    from tests.faults.crash_run import Done
    from tests.faults.judge import Verdict

    assert isinstance(done, Done) and isinstance(verdict, Verdict)
    faults = {
        name: number
        for name, number in answers.most_common()
        if name in FAULTS or name == "resets at once"
    }
    _lines(
        {
            "seconds": f"{done.seconds:.0f}",
            "workers killed": f"{done.kills} (all at once: {done.of_all_at_once} times)",
            "recording processes killed": done.recorders,
            "workers stopped for longer than their lease": done.freezes,
            "database killed": done.database,
            "pods, SIDs and workflow IDs changed": done.moves,
            "copies of the database restored": done.restored,
            "faults": sum(faults.values()),
            **{f"  {name}": number for name, number in faults.items()},
            "other answers": ", ".join(
                f"{n} {name}" for name, n in answers.most_common() if name not in faults
            ),
            **verdict.figures,
            "unknown outcomes checked by hand in the end": done.checked_by_hand,
        }
    )
    print("must be 0:")
    _lines({f"  {name}": number for name, number in verdict.bad.items()})
    if verdict.stories:
        print("\n  ".join(["shown as what they are not:", *verdict.stories]))
    print("BAD: " + "; ".join(verdict.found) if verdict.found else "GOOD", flush=True)


def _lines(figures: dict[str, object]) -> None:
    for name, figure in figures.items():
        print(f"{name:<48} {figure}")


def every_bug() -> int:
    """Runs each known bug. Returns 0 if each was caught by the count that should show it."""
    missed = 0
    for bug, caught in BUGS.items():
        command = [
            sys.executable,
            "-m",
            "tests.faults.harness",
            "--seed=7",
            f"--bug={bug}",
            "--invocations=200",
            "--rate=0.3",
            "--kills=10",
        ]
        run = subprocess.run(
            [*command, "--patience=10", *caught.options], capture_output=True, text=True
        )
        last = run.stdout.strip().rpartition("\n")[2]
        good = run.returncode == 1 and caught.by in last.removeprefix("BAD: ").split("; ")
        missed += not good
        print(
            f"{'caught' if good else 'MISSED':<7} {bug:<26} {last or run.stderr[-500:]}", flush=True
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
