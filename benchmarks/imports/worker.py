"""One measurement in a process of its own: `python -m benchmarks.imports.worker WAY FILE`.

It prints one line of JSON: `rows`, `seconds`, `cpu`, `grown_mb` (the most memory over that of a
started Django) and `child_mb` (of the process that reads a workbook).
"""

from __future__ import annotations

import csv
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.core.management import call_command

from invocations.batches import checking, column_json, upload
from invocations.batches.column_json import Choice
from invocations.batches.columns import ColumnMap
from invocations.batches.dry_check import dry_check
from invocations.batches.reading import Asked, open_table
from invocations.composing.check import of_message
from invocations.kaleyra import recipients
from invocations.kaleyra.payload import Send
from invocations.models import Account, Channel, Pod, WorkflowInstance
from invocations.sandbox import PRACTICE_SID

PREPARE = "prepare"
"""The way that migrates the database and makes the workflow, before any other."""
MOST_SLOW_ROWS = 5_000
"""Of the ways that check each row with `recipients.clean`."""
CHOICE = Choice({"Phone": "recipient", "Name": "01", "Order": "02", "Day": "03"})


def make_workflow() -> None:
    call_command("migrate", verbosity=0)
    pod = Pod.objects.create(code="PRACTICE", title="Practice", api_domain="127.0.0.1:1")
    account = Account.objects.create(title="Acme", pod=pod, sid=PRACTICE_SID)
    made = WorkflowInstance.objects.create(account=account, title="W", workflow_instance_id="w")
    texts = [
        ("whatsapp", "Hello {{1}}, your order {{2}} arrives on {{3}}."),
        ("sms", "Hello {#var#}, your order {#var#} arrives on {#var#}."),
    ]
    for position, (kind, text) in enumerate(texts, start=1):
        Channel.objects.create(
            workflow_instance=made, position=position, kind=kind, template_text=text
        )


def bare(path: Path) -> int:
    """A loop over the csv module with the same check of the number, and nothing else."""
    rows = 0
    with path.open(newline="", encoding="utf-8") as file:
        for cells in csv.reader(file):
            try:
                recipients.clean(cells[0])
            except recipients.RecipientError:
                pass
            rows += 1
            if rows == MOST_SLOW_ROWS:
                break
    return rows


def gate(path: Path) -> int:
    """As `bare`, and the gate for each row: what the send page does for one message."""
    made = WorkflowInstance.objects.prefetch_related("channels__parameters").get()
    rows = 0
    with path.open(newline="", encoding="utf-8") as file:
        for cells in csv.reader(file):
            try:
                digits = recipients.clean(cells[0]).digits
            except recipients.RecipientError:
                digits = cells[0]
            params = dict(zip(("01", "02", "03"), cells[1:4], strict=True))
            of_message(made, [Send(digits, params), Send(digits, params)])
            rows += 1
            if rows == MOST_SLOW_ROWS:
                break
    return rows


def parse(path: Path) -> int:
    with path.open("rb") as stream:
        opened = open_table(stream, Asked())
        rows = sum(1 for _ in opened.table.rows)
        opened.close()
    return rows


def check(path: Path) -> int:
    """Read and checked; nothing is stored."""
    with path.open("rb") as stream:
        found = dry_check(
            WorkflowInstance.objects.get(), stream, asked=Asked(), choice=CHOICE, most_bad=1_000
        )
    return found.counts.rows


def record(path: Path) -> int:
    """Taken in as encrypted chunks, read, checked, and durable as encrypted parts."""
    made = WorkflowInstance.objects.get()
    with path.open("rb") as stream:
        batch = upload.begin(made, None, path.name)
        batch.columns = column_json.to_json(ColumnMap(()), CHOICE)
        batch.save(update_fields=["columns"])
        upload.fill(batch, stream)
    assert checking.claim(batch)
    checking.run_check(batch)
    assert batch.checked_at
    return batch.rows


WAYS: dict[str, Callable[[Path], int]] = {
    way.__name__: way for way in (bare, gate, parse, check, record)
}


def main(name: str, path: Path) -> None:
    if name == PREPARE:
        return make_workflow()
    before_mb, before_cpu = _peak_mb(), time.process_time()
    started = time.perf_counter()
    rows = WAYS[name](path)
    seconds = time.perf_counter() - started
    measured = {
        "rows": rows,
        "seconds": seconds,
        "cpu": time.process_time() - before_cpu,
        "grown_mb": _peak_mb() - before_mb,
        "child_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3,
    }
    print(json.dumps(measured))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
