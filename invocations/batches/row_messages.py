"""Makes of the rows of a batch what `sending.record` would record, outside of any transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils import timezone

from invocations.batches.column_json import choice_of, columns_of
from invocations.batches.originals import originals_of, why_not_again
from invocations.batches.part_found import RowFault
from invocations.batches.recipient_file.rows import Row
from invocations.batches.request_ids import RequestIds
from invocations.batches.row_check import RowChecker
from invocations.batches.row_sends import RowSends
from invocations.composing.findings import Finding
from invocations.composing.limits import Limits
from invocations.composing.searchable import SearchableFields
from invocations.kaleyra.payload import Send
from invocations.kaleyra.plain_numbers import PlainNumbers, formatted
from invocations.kaleyra.recipients import Recipient
from invocations.models import Batch, Invocation
from invocations.sending import targets
from invocations.sending.message_columns import (
    payload_columns,
    recipient_columns,
    recipient_locks,
    recipients_of,
    searchable_values,
)
from invocations.sending.restored import in_doubt_since_restore

Columns = dict[str, Any]

OWN_COLUMNS = frozenset(
    [
        *("request_id", "batch_row", "due_at", "reference", "sent_again_from"),
        *("payload", "payload_digest", "recipient_digest", "recipient2_digest"),
        *("recipient_hint", "recipient2_hint", "recipient_last_four", "recipient2_last_four"),
    ]
)
"""What differs from row to row."""


@dataclass
class Messages:
    """Of some rows, ready to be inserted: columns by field name."""

    shared: Columns
    """Those that are the same in each row."""
    rows: list[Columns] = field(default_factory=list)
    """With a time when they are due (`due_at`), once that is known."""
    locks: set[str] = field(default_factory=set)
    """Of the numbers (`message_columns.lock_recipients`)."""
    searchable: list[tuple[int, str, str]] = field(default_factory=list)
    """Row number, label and digest."""
    originals: list[Invocation] = field(default_factory=list)
    """The messages that these repeat."""
    digits: dict[int, list[str]] = field(default_factory=dict)
    """By row number: the different numbers it goes to."""
    refused: dict[int, RowFault] = field(default_factory=dict)
    """By row number: what the gate refuses now, although the check had found nothing."""

    def without(self, refused: Mapping[int, RowFault]) -> None:
        """Moves these rows to `refused`."""
        if not refused:
            return
        self.refused |= refused
        self.rows = [one for one in self.rows if one["batch_row"] not in refused]
        self.searchable = [one for one in self.searchable if one[0] not in refused]


class RowMessages:
    """Of one started batch. It reads the set-up once, so it is made anew for each turn."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._checker = RowChecker(batch.workflow, columns_of(batch), choice_of(batch).home)
        self._workflow = self._checker.workflow
        self._ids = RequestIds(batch)
        self._plain_numbers = PlainNumbers()
        self._searchable = SearchableFields(self._workflow)
        self._target = targets.current_target(self._workflow)
        self._payload: Any = Invocation._meta.get_field("payload")
        self._locks_are_used = connection.vendor == "postgresql"

    def of(self, rows: Sequence[Row]) -> Messages:
        """The messages of `rows`; those that the gate refuses stand in `refused`."""
        messages = Messages(self._shared())
        originals = originals_of(self._batch, rows)
        made_of = {row.number: self._sends_of(row) for row in rows}
        numbers = {
            row: self._numbers_of(made.sends) for row, (made, _why) in made_of.items() if made
        }
        limited = self._checker.number_limits.faults_of(numbers)
        for row in rows:
            made, refused = made_of[row.number]
            original = originals.get(row.number)
            if original is not None:
                refused = refused or next(map(_fault, why_not_again(original)), None)
            if refused := refused or limited.get(row.number):
                messages.refused[row.number] = refused
            elif made:
                self._add(messages, row, made, original, numbers[row.number])
        return messages

    @property
    def limits(self) -> Limits:
        """Of the account, as they were when this was made."""
        return self._checker.number_limits.limits

    def _sends_of(self, row: Row) -> tuple[RowSends | None, RowFault | None]:
        """What is sent, unless the gate refuses it, and then why. A plain row needs no question:
        the gate finds nothing about it (`plain_rows`).
        """
        if plain := self._checker.plain_sends(row):
            return plain, None
        if faults := self._checker.check(row).faults:
            return None, faults[0]
        return self._checker.sends(row), None

    def _add(
        self,
        messages: Messages,
        row: Row,
        made: RowSends,
        original: Invocation | None,
        numbers: list[Recipient],
    ) -> None:
        messages.digits[row.number] = [number.digits for number in numbers]
        request_id = self._ids.of(row.number)
        columns: Columns = payload_columns(request_id, made.sends)
        # Encrypted here, before the transaction.
        columns["payload"] = self._payload.seal_for(request_id, columns["payload"])
        messages.rows.append(
            {
                **columns,
                **recipient_columns(numbers),
                "request_id": request_id,
                "batch_row": row.number,
                "reference": made.reference or self._batch.reference,
                "sent_again_from": original.pk if original else None,
            }
        )
        if original:
            messages.originals.append(original)
        if self._locks_are_used:
            messages.locks |= recipient_locks(self._workflow, numbers)
        found = self._searchable.values_in(made.sends)
        messages.searchable += [(row.number, *each) for each in searchable_values(found)]

    def _numbers_of(self, sends: Sequence[Send]) -> list[Recipient]:
        """As `recipients_of`, quicker for a plain number."""
        plain = self._plain_numbers.read(sends[0].recipient)
        if plain is None or any(send.recipient != plain.digits for send in sends):
            return recipients_of(sends)
        return [Recipient(plain.digits, formatted(plain), plain.region, is_assigned=True)]

    def _shared(self) -> Columns:
        now = timezone.now()
        account = self._workflow.account
        state = in_doubt_since_restore(account, now) if self._batch.restored_at else {}
        message = Invocation(
            batch=self._batch,
            workflow_instance=self._workflow,
            account_id=self._batch.account_id,
            target=self._target,
            version_id=self._batch.version_id,
            created_by_id=self._batch.started_by_id,
            created_at=now,
            not_after=self._batch.not_after or now + self._workflow.valid_for,
            **state,
        )
        return {
            each.name: each.value_from_object(message)
            for each in Invocation._meta.concrete_fields
            if not each.primary_key and each.name not in OWN_COLUMNS
        }


def _fault(finding: Finding) -> RowFault:
    return RowFault(finding.code, -1, "", finding.text)
