"""Batches in a run of the kill harness: started, paused, resumed, and held beside the receiver."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from contextlib import suppress
from typing import Any

from invocations.batches import control, feed
from invocations.batches.columns import ColumnMap
from invocations.batches.request_ids import RequestIds
from invocations.batches.result_file import result_rows
from invocations.models import Batch, WorkflowInstance
from invocations.models.viewer import Viewer
from invocations.sending.outcomes import Status
from invocations.sending.record import NotSendable
from tests.batches.built import running_batch

BATCHES = 2
SECONDS = 8
"""How long a batch takes at its own pace, so that kills find it being fed."""
PAUSED_FOR = 0.5
_SAID_ACCEPTED = "Accepted"


def skipped_rows() -> None:
    """The cursor of a batch moves although the last row was not inserted."""
    insert = feed._insert

    def but_the_last(messages: Any) -> None:
        messages.rows.pop()
        insert(messages)

    feed._insert = but_the_last


def other_ids() -> None:
    """A row gets another request ID each time it is asked for."""
    RequestIds.of = lambda self, row: uuid.uuid4()  # type: ignore[method-assign]


class RunningBatches:
    """One for each of the first workflows, with `rows` each."""

    def __init__(self, rows: int, seed: int) -> None:
        self.rows = rows
        self.ids: list[str] = []
        self._random = random.Random(seed)
        self._workflows: dict[int, str] = {}
        self._paused_at = 0.0

    def start(self) -> None:
        if not self.rows:
            return
        workflows = list(WorkflowInstance.objects.order_by("pk"))
        self._workflows = {one.pk: one.workflow_instance_id for one in workflows}
        for n, workflow in enumerate(workflows[:BATCHES]):
            # Other numbers than those of the messages that are recorded one by one.
            cells = [[f"9197{n}{row:07d}"] for row in range(self.rows)]
            pace = max(1, self.rows // SECONDS)
            columns = ColumnMap(("recipient",))
            batch = running_batch(
                workflow, cells, columns=columns, part_rows=self.rows // 3 + 1, per_second=pace
            )
            ids = RequestIds(batch)
            self.ids += [str(ids.of(row)) for row in range(2, self.rows + 2)]

    def look_after(self) -> None:
        """Pauses one now and then, as a person does, and resumes those that are paused."""
        for batch in Batch.objects.filter(state=Batch.State.PAUSED):
            if time.monotonic() < self._paused_at + PAUSED_FOR:
                return
            if batch.paused_because == "version":  # an admin has moved its workflow
                workflow = WorkflowInstance.objects.filter(pk=batch.workflow_id)
                workflow.update(workflow_instance_id=self._workflows[batch.workflow_id])
            with suppress(NotSendable):
                control.resume(batch, None)
        running = Batch.objects.filter(state=Batch.State.RUNNING).order_by("pk")
        if self._random.random() < 0.02 and (batches := list(running)):
            control.pause(self._random.choice(batches), None)
            self._paused_at = time.monotonic()

    def count_going(self) -> int:
        return Batch.objects.filter(state__in=Batch.GOING).count()

    def are_over(self) -> bool:
        return self.count_going() == 0

    def wrong_results(self, received: list[dict[str, Any]]) -> dict[str, int]:
        """How the result files differ from the batches and from what the receiver took."""
        taken: Counter[str] = Counter()
        for line in received:
            if line.get("whole") and "id" in line:
                taken[line["id"]] += line["effect"]
        started = Batch.objects.filter(state__in=Batch.STARTED)
        lines = [line for batch in started for line in result_lines(batch)]
        # A row that was cancelled before it came into the queue has no ID.
        lines = [line for line in lines if line["Status"] != Status.CANCELLED.label]
        seen = Counter(line["Request ID"] for line in lines)
        return {
            "rows of a batch that its result file has not once": sum(
                seen[request_id] != 1 for request_id in self.ids
            )
            + abs(len(lines) - len(self.ids)),
            "rows of a result file that the receiver contradicts": sum(
                (line["Status"] == _SAID_ACCEPTED) is not (taken[line["Request ID"]] == 1)
                for line in lines
                if line["Status"] != Status.UNKNOWN.label
            ),
        }


def result_lines(batch: Batch) -> list[dict[str, Any]]:
    head, *lines = result_rows(batch, Viewer.operator())
    return [dict(zip(head, line, strict=True)) for line in lines]
