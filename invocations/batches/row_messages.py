"""Makes of the rows of a batch what `sending.record` would record, outside of any transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from invocations.batches.column_json import choice_of, columns_of
from invocations.batches.originals import originals_of, why_not_again
from invocations.batches.part_found import RowFault
from invocations.batches.recipient_file.rows import Row
from invocations.batches.request_ids import RequestIds
from invocations.batches.row_sends import SendsOfRows
from invocations.composing import check
from invocations.composing.findings import Finding, blockers
from invocations.composing.searchable import SearchableFields
from invocations.kaleyra.payload import Send
from invocations.models import Batch, Invocation, SearchableValue, WorkflowInstance
from invocations.sending import targets
from invocations.sending.message_columns import (
    payload_columns,
    recipient_columns,
    recipient_locks,
    searchable_rows,
)


@dataclass
class Messages:
    """Of some rows, ready to be inserted."""

    invocations: list[Invocation] = field(default_factory=list)
    locks: set[str] = field(default_factory=set)
    """Of the numbers (`message_columns.lock_recipients`)."""
    searchable: list[SearchableValue] = field(default_factory=list)
    refused: dict[int, RowFault] = field(default_factory=dict)
    """By row number: what the gate refuses now, although the check had found nothing."""


class RowMessages:
    """Of one started batch. It reads the set-up once, so it is made anew for each turn."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._workflow = _with_channels(batch)
        self._sends = SendsOfRows(
            list(self._workflow.channels.all()), columns_of(batch), choice_of(batch).home or ""
        )
        self._ids = RequestIds(batch)
        self._searchable = SearchableFields(self._workflow)
        self._target = targets.current_target(self._workflow)

    def of(self, rows: Sequence[Row]) -> Messages:
        """The messages of `rows`, not due yet; those that the gate refuses stand in `refused`."""
        messages = Messages()
        originals = originals_of(self._batch, rows)
        now = timezone.now()
        for row in rows:
            made = self._sends.of(row)
            original = originals.get(row.number)
            if refused := next(self._refusals(made.sends, original), None):
                messages.refused[row.number] = RowFault(refused.code, -1, "", refused.text)
                continue
            invocation = self._message(row, made.sends, original, now)
            invocation.reference = made.reference or self._batch.reference
            found = self._searchable.values_in(made.sends)
            messages.invocations.append(invocation)
            messages.locks |= recipient_locks(self._workflow, made.sends)
            messages.searchable += searchable_rows(invocation, found)
        return messages

    def _refusals(self, sends: Sequence[Send], original: Invocation | None) -> Iterator[Finding]:
        yield from blockers(check.of_message(self._workflow, sends))
        if original is not None:
            yield from why_not_again(original)

    def _message(
        self, row: Row, sends: Sequence[Send], original: Invocation | None, now: datetime
    ) -> Invocation:
        request_id = self._ids.of(row.number)
        columns: Mapping[str, Any] = payload_columns(request_id, sends)
        invocation = Invocation(
            request_id=request_id,
            batch=self._batch,
            batch_row=row.number,
            workflow_instance=self._workflow,
            account_id=self._batch.account_id,
            target=self._target,
            version_id=self._batch.version_id,
            created_by_id=self._batch.started_by_id,
            sent_again_from=original,
            not_after=self._batch.not_after or now + self._workflow.valid_for,
            **columns,
            **recipient_columns(sends),
        )
        # Encrypted here, before the transaction.
        payload: Any = Invocation._meta.get_field("payload")
        invocation.payload = payload.seal(invocation, columns["payload"])
        return invocation


def _with_channels(batch: Batch) -> WorkflowInstance:
    workflows = WorkflowInstance.objects.select_related("account__pod")
    return workflows.prefetch_related("channels__parameters").get(pk=batch.workflow_id)
