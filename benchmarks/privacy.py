"""Times the purge and the erasure of one person among many messages, on SQLite in a file.

`make bench-privacy` prints messages purged a second, their ratio to plain UPDATEs of the same rows,
the time to erase one person among them, and the longest transaction of each.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import uuid
from datetime import timedelta

folder = tempfile.TemporaryDirectory()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "TEST_DATABASE_URL": os.environ.get(
        "TEST_DATABASE_URL", f"sqlite:///{folder.name}/bench.sqlite3"
    ),
}

import django

django.setup()

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Invocation, WorkflowInstance
from invocations.privacy import erasure
from invocations.privacy.purge import Purge, end_run
from invocations.sending.message_columns import payload_columns, recipient_columns, recipients_of

ERASED = "919876500001"
AT_ONCE = 1_000


def fill(workflow: WorkflowInstance, rows: int) -> None:
    """`rows` messages to as many people, final a hundred days ago; 5 of them to `ERASED`."""
    ended = timezone.now() - timedelta(days=100)
    for first in range(0, rows, AT_ONCE):
        made = []
        for n in range(first, min(first + AT_ONCE, rows)):
            digits = ERASED if n % (rows // 5) == 0 else f"9198{n:08}"
            sends = [Send(digits, {"01": f"Asha {n}", "02": "KF-20418"})] * 2
            request_id = uuid.uuid4()
            made.append(
                Invocation(
                    request_id=request_id,
                    workflow_instance=workflow,
                    account_id=workflow.account_id,
                    status="accepted",
                    final_at=ended,
                    note=f"note {n}",
                    **payload_columns(request_id, sends),
                    **recipient_columns(recipients_of(sends)),
                )
            )
        Invocation.objects.bulk_create(made)


def erase() -> tuple[float, float]:
    """Seconds in all, and of the longest step."""
    begun = erasure.start(ERASED, None)
    started, slowest, more = time.monotonic(), 0.0, True
    while more:
        before = time.monotonic()
        more = erasure.go_on(begun.pk)
        slowest = max(slowest, time.monotonic() - before)
    return time.monotonic() - started, slowest


def purge() -> tuple[float, float]:
    work, started = Purge(), time.monotonic()
    for _step in work.steps():
        pass
    end_run()
    return time.monotonic() - started, work.slowest


def plain_updates(rows: int) -> float:
    """The same columns of as many rows, one UPDATE for each thousand, and nothing else."""
    started = time.monotonic()
    ids = list(Invocation.objects.order_by("pk").values_list("pk", flat=True))
    for first in range(0, rows, AT_ONCE):
        with transaction.atomic():
            some = Invocation.objects.filter(pk__in=ids[first : first + AT_ONCE])
            some.update(payload=None, reply=None, note=None, values_removed_at=timezone.now())
    return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    rows: int = parser.parse_args().rows
    call_command("migrate", verbosity=0)
    call_command("demo", verbosity=0)
    workflow = WorkflowInstance.objects.get(pk=1)
    workflow.channels.update(is_otp=False)
    fill(workflow, rows)
    seconds, slowest = erase()
    print(f"one erased among {rows:,}: {seconds:.1f} s, longest step {slowest * 1000:.0f} ms")
    seconds, slowest = purge()
    print(f"purged: {rows / seconds:,.0f} messages/s, longest step {slowest * 1000:.0f} ms")
    plain = plain_updates(rows)
    print(f"ratio to plain updates of the same rows: {seconds / plain:.1f}")


main()
