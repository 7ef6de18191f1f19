"""Checks one row with the gate that checks a form (`composing.check`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from invocations.batches import error_words
from invocations.batches.columns import RECIPIENT, RECIPIENT2, REFERENCE, ColumnMap
from invocations.batches.number_limits import NumberLimits
from invocations.batches.part_digests import DIGEST_BYTES
from invocations.batches.part_found import RowFault
from invocations.batches.plain_channel import NotPlain
from invocations.batches.plain_rows import MOST_REFERENCE, PlainRows
from invocations.batches.recipient_file.codes import CELL_CODES, Level
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_sends import RowSends, SendsOfRows, sms_parts
from invocations.composing import check, error_text, number_warnings, warnings
from invocations.composing.findings import Finding, Severity
from invocations.composing.template_fields import fields_of
from invocations.kaleyra import number_text, recipients
from invocations.kaleyra.payload import Send
from invocations.kaleyra.plain_numbers import PlainNumber, PlainNumbers
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.kaleyra.spellings import canonical
from invocations.kaleyra.template_params import ParamsError
from invocations.models import Channel, WorkflowInstance
from invocations.models.encryption import running_digest
from invocations.models.recipients import RECIPIENT_DIGEST

NO_COUNTRY = "no_country"
_NUMBERS = (RECIPIENT, RECIPIENT2)
_RUINED = re.compile(r"[.,]|[eE]\+")
"""In a value `9.1E+11` is a number that lost digits. `12E4` may be a text of its own."""


@dataclass(slots=True)
class RowFound:
    faults: list[RowFault] = field(default_factory=list)
    cautions: dict[str, str] = field(default_factory=dict)
    """Text of the first one, by code."""
    region: str = ""
    """Of the first number (ISO 3166); empty if it cannot be read."""
    sms_parts: int = 0
    digits: list[str] = field(default_factory=list)
    """Each different number in its form of today (`spellings.canonical`); the first channel's
    first."""
    digests: list[bytes] = field(default_factory=list)
    """The first `DIGEST_BYTES` of the digests that rows of the history store of `digits`."""


class RowChecker:
    """A workflow's channels, loaded once, and where each column goes."""

    def __init__(
        self, workflow: WorkflowInstance, columns: ColumnMap, home: str | None = None
    ) -> None:
        """`home`: as in `column_json.Choice`."""
        self.workflow = _with_channels(workflow)
        self.channels = list(self.workflow.channels.all())
        self.columns = columns
        self.home = home
        self._sends = SendsOfRows(self.channels, columns, home or "")
        self._likely_home = self.workflow.account.effective_home_country
        self._plain = _plain_rows(self.workflow, self.channels, columns)
        self._plain_numbers = PlainNumbers([home or "", self._likely_home])
        self._keyed = running_digest(RECIPIENT_DIGEST)
        self._positions = {place: column for column, place in enumerate(columns.places) if place}
        self.number_limits = NumberLimits(self.workflow.account_id, self._positions)
        self._first_keys = {
            key: each.key
            for channel in self.channels
            for each in fields_of(channel)
            for key in each.keys
        }
        """A value for several places side by side is given under the key of the first."""

    def check(self, row: Row) -> RowFound:
        """What is found in one row. For many, `check_all` asks about all numbers together."""
        return self.check_all([row])[0]

    def check_all(self, rows: Sequence[Row]) -> list[RowFound]:
        found = [self._check(row) for row in rows]
        self.number_limits.mark(found)
        return found

    def _check(self, row: Row) -> RowFound:
        """No query, unless the workflow is not live: the gate then asks who is of the team."""
        is_sound = not (row.cell_faults or row.faults)
        if is_sound and self._plain and (quick := self._quick(self._plain, row)):
            return quick
        found = RowFound()
        if not is_sound:
            self._take_doubts(row, found)
        if row.faults:
            return found  # its values may stand in the wrong columns
        are_as_sent = self._take_numbers(row, found)
        parts = self._plain.sms_parts(row.cells) if self._plain and are_as_sent else None
        if parts is None or any(fault.place not in _NUMBERS for fault in found.faults):
            self._ask_gate(row, found)
        else:
            found.sms_parts = parts
        return found

    def _quick(self, plain: PlainRows, row: Row) -> RowFound | None:
        """What is found, if that is nothing."""
        number = self._only_number(row)
        if number is None:
            return None
        parts = plain.sms_parts(row.cells)
        if parts is None:
            return None
        digits = canonical(number.digits)
        return RowFound([], {}, number.region, parts, [digits], [self._digest(digits)])

    def plain_sends(self, row: Row) -> RowSends | None:
        """As `sends`, of a row that `check` finds nothing about without asking the gate; else None.

        About ten times as fast as both together.
        """
        if self._plain is None or row.cell_faults or row.faults:
            return None
        number = self._only_number(row)
        if number is None or self._plain.sms_parts(row.cells) is None:
            return None
        reference = self._text(REFERENCE, row).strip()
        if len(reference) > MOST_REFERENCE:
            return None
        params = self._plain.params(row.cells)
        return RowSends([Send(number.digits, each) for each in params], reference, [])

    def sends(self, row: Row) -> RowSends:
        """Raises `ParamsError`, where `check` finds a fault."""
        return self._sends.of(row)

    def _only_number(self, row: Row) -> PlainNumber | None:
        """The number of all channels, if it is one that can be read without doubt."""
        if len(self.channels) > 1 and self._text(RECIPIENT2, row).strip():
            return None
        return self._plain_numbers.read(self._text(RECIPIENT, row))

    # --- what reading the file has found ---

    def _take_doubts(self, row: Row, found: RowFound) -> None:
        for fault in row.faults:
            column = fault.facts.get("column", -1)
            text = error_words.text_of(fault.code, fault.facts)
            column = column if isinstance(column, int) else -1
            found.faults.append(RowFault(fault.code, column, "", text))
        for doubt in row.cell_faults:
            if not self.columns.used(doubt.column):
                continue
            place = self.columns.places[doubt.column]
            text = error_words.text_of_cell(doubt.code, is_number=place in _NUMBERS)
            if self._is_fault(doubt.code, row.cells[doubt.column], place):
                found.faults.append(RowFault(doubt.code, doubt.column, place, text))
            elif place not in _NUMBERS or doubt.code != "formula_text":
                found.cautions.setdefault(doubt.code, text)

    def _is_fault(self, code: str, cell: str, place: str) -> bool:
        if code == "scientific" and place not in _NUMBERS:
            return _RUINED.search(cell) is not None
        is_ruined = place in _NUMBERS and code in error_words.NUMBER_TEXT
        return is_ruined or CELL_CODES[code].level is Level.FAULT

    # --- the numbers ---

    def _take_numbers(self, row: Row, found: RowFound) -> bool:
        """Whether the gate finds nothing about those that are not at fault: it reads their digits
        as they stand.
        """
        read = [self._number(*one, found) for one in self._written_numbers(row)]
        numbers = [number for number in read if number is not None]
        if numbers:
            found.region = numbers[0].region
            found.digits = list(dict.fromkeys(canonical(number.digits) for number in numbers))
            found.digests = [self._digest(digits) for digits in found.digits]
        home = self.workflow.account.effective_home_country
        for finding in (
            *warnings.of_numbers(numbers),
            *number_warnings.of_home_country(numbers, home),
            *number_warnings.of_kinds(numbers),
        ):
            found.cautions.setdefault(finding.code, finding.text)
        return all(map(_is_read_alike, numbers))

    def _digest(self, digits: str) -> bytes:
        """The start of `models.recipients.stored_digest`. The keyed state is made once."""
        digest = self._keyed.copy()
        digest.update(digits.encode())
        return digest.digest()[:DIGEST_BYTES]

    def _written_numbers(self, row: Row) -> Iterator[tuple[str, str]]:
        """The place and the text of each channel's number; of both channels, if it is the same."""
        yield RECIPIENT, self._text(RECIPIENT, row)
        second = self._text(RECIPIENT2, row) if len(self.channels) > 1 else ""
        if second.strip():
            yield RECIPIENT2, second

    def _text(self, place: str, row: Row) -> str:
        """As `ColumnMap.texts_of`, of one place."""
        column = self._positions.get(place)
        if column is None:
            return self.columns.fixed.get(place, self.columns.fallbacks.get(place, ""))
        text = row.cells[column] if column < len(row.cells) else ""
        return text if text.strip() else self.columns.fallbacks.get(place, text)

    def _number(self, place: str, written: str, found: RowFound) -> Recipient | None:
        column = self._positions.get(place, -1)
        if any(fault.column == column >= 0 for fault in found.faults):
            return None  # a cell is told one thing
        try:
            number = recipients.clean(written, self.home or "")
        except RecipientError as error:
            code, text = error.code, error_text.number_text(error)
            if code == NO_COUNTRY or self._is_of_likely_home(written):
                code, text = NO_COUNTRY, error_words.text_of(NO_COUNTRY, {})
            found.faults.append(RowFault(code, column, place, text))
            return None
        if self.home is None and self._is_of_likely_home(written):
            text = error_words.text_of(NO_COUNTRY, {})
            found.faults.append(RowFault(NO_COUNTRY, column, place, text))
            return None
        return number

    def _is_of_likely_home(self, written: str) -> bool:
        """Whether the digits are a number of the account's country without its country code."""
        if not self._likely_home:
            return False
        try:
            text = number_text.read(written)
        except RecipientError:
            return False
        if text.is_international:
            return False
        return recipients.home_reading(text.digits, self._likely_home) is not None

    # --- the gate ---

    def _ask_gate(self, row: Row, found: RowFound) -> None:
        try:
            sends = self._sends.of(row)
        except ParamsError as error:
            text = error_text.params_text(error)
            found.faults.append(RowFault(error.code, -1, "", text))
            return
        told = {fault.place for fault in found.faults}
        findings = [*sends.findings, *check.of_message(self.workflow, sends.sends)]
        for finding in findings:
            if finding.severity is Severity.CAUTION:
                found.cautions.setdefault(finding.code, finding.text)
                continue
            place = self._place_of(finding)
            if finding.code == "recipient" and told & set(_NUMBERS):
                continue
            if not place or place not in told or finding.code == "recipient":
                column = self._positions.get(place, -1)
                found.faults.append(RowFault(finding.code, column, place, finding.text))
                told.add(place)
        self._check_reference(sends.reference, found)
        found.sms_parts = sms_parts(self.channels, sends.sends)

    def _check_reference(self, reference: str, found: RowFound) -> None:
        if len(reference) > MOST_REFERENCE:
            text = error_words.text_of("ticket_too_long", {"most": MOST_REFERENCE})
            column = self._positions.get(REFERENCE, -1)
            found.faults.append(RowFault("ticket_too_long", column, REFERENCE, text))

    def _place_of(self, finding: Finding) -> str:
        """Where the person finds what it is about."""
        if finding.code == "recipient":
            return RECIPIENT
        key = self._first_keys.get(finding.key, finding.key)
        return self._sends.place_of(finding.channel, key)


def _plain_rows(
    workflow: WorkflowInstance, channels: Sequence[Channel], columns: ColumnMap
) -> PlainRows | None:
    try:
        return PlainRows(workflow, channels, columns)
    except NotPlain:
        return None


def _is_read_alike(number: Recipient) -> bool:
    try:
        return recipients.clean(number.digits).digits == number.digits
    except RecipientError:
        return False


def _with_channels(workflow: WorkflowInstance) -> WorkflowInstance:
    """With all that the gate asks of it, so that a row costs no query."""
    return (
        WorkflowInstance.objects.select_related("account__pod")
        .prefetch_related("channels__parameters")
        .get(pk=workflow.pk)
    )
