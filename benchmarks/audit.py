"""Times recording a message with and without its row of the trail, in turns in one run.

`make bench-audit` prints wall time and CPU of one `record`, with and without, and the rates of
sealing and verifying. On a shared machine trust the differences and ratios. TEST_DATABASE_URL
names another database than a new SQLite file, for example an empty one of PostgreSQL.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import uuid
from unittest import mock

folder = tempfile.TemporaryDirectory()
os.environ.setdefault("TEST_DATABASE_URL", f"sqlite:///{folder.name}/bench.sqlite3")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from invocations.audit.checking import Check
from invocations.audit.record import record as record_deed
from invocations.audit.sealing import seal_batch
from invocations.kaleyra.payload import Send
from invocations.models import Account, ApiKey, Channel, Pod, TrailRow, WorkflowInstance
from invocations.sandbox import PRACTICE_SID
from invocations.sending import record as recording

ROUNDS = 400
SEALED = 10_000


def send(workflow: WorkflowInstance, number: int) -> tuple[float, float]:
    """Records one message. Wall time and CPU in milliseconds."""
    digits = f"9180{number:08}"
    sends = [Send(digits, {"01": "Asha"})] * 2
    wall, cpu = time.perf_counter(), time.process_time()
    recording.record(workflow, sends, request_id=uuid.uuid4(), created_by=None)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def made_workflow() -> WorkflowInstance:
    pod = Pod.objects.create(code="PRACTICE", title="Practice", api_domain="localhost:8999")
    account = Account.objects.create(title="Acme", pod=pod, sid=PRACTICE_SID)
    ApiKey.objects.create(account=account, title="console", key="practice-key", is_primary=True)
    workflow = WorkflowInstance.objects.create(
        account=account, title="Order delayed", workflow_instance_id="w-1"
    )
    for position, kind in enumerate(["whatsapp", "sms"], start=1):
        Channel.objects.create(workflow_instance=workflow, position=position, kind=kind)
    return workflow


def measure_sends() -> None:
    workflow = made_workflow()
    taken: dict[str, list[tuple[float, float]]] = {"with": [], "without": []}
    for number in range(ROUNDS):
        # Which comes first changes from pair to pair.
        for way in sorted(taken, reverse=bool(number % 2)):
            if way == "with":
                taken[way].append(send(workflow, 2 * number))
            else:
                with mock.patch.object(recording.trail, "record"):
                    taken[way].append(send(workflow, 2 * number + 1))
    for place, what in enumerate(["wall", "CPU"]):
        with_row, without = (
            statistics.median(times[place] for times in taken[way]) for way in ("with", "without")
        )
        print(
            f"one send, {what}: {without:.3f} ms without its row, {with_row:.3f} ms with it: "
            f"+{with_row - without:.3f} ms (× {with_row / without:.2f}, medians of {ROUNDS})"
        )


def measure_chain() -> None:
    with transaction.atomic():
        for _ in range(SEALED):
            record_deed("sent", by=None, facts={"number": "+91 •• •••• 0000", "workflow": "Order"})
    started = time.perf_counter()
    sealed = 0
    while found := seal_batch(timezone.now()):
        sealed += found
    print(f"sealed {sealed / (time.perf_counter() - started):,.0f} rows a second")
    started = time.perf_counter()
    faults = list(Check().faults())
    rows = TrailRow.objects.count()
    rate = rows / (time.perf_counter() - started)
    print(f"verified {rate:,.0f} rows a second ({len(faults)} faults in {rows:,} rows)")


def main() -> None:
    # The tables come from the models: faster than all migrations, and the same.
    settings.MIGRATION_MODULES = dict.fromkeys(app.label for app in apps.get_app_configs())
    call_command("migrate", run_syncdb=True, verbosity=0)
    print(f"on {connection.vendor}:")
    measure_sends()
    measure_chain()


if __name__ == "__main__":
    main()
