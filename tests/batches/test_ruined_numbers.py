"""What a spreadsheet made of a phone number is a fault; what it put around one is taken off."""

from __future__ import annotations

import pytest

from invocations.batches.columns import ColumnMap
from invocations.batches.error_words import NUMBER_TEXT
from invocations.batches.recipient_file.cells import texts_of
from invocations.batches.recipient_file.rows import CellFault, Row, text_faults
from invocations.batches.row_check import RowChecker
from invocations.kaleyra import recipients
from invocations.models import WorkflowInstance

pytestmark = pytest.mark.django_db


@pytest.fixture
def checker(workflow: WorkflowInstance) -> RowChecker:
    return RowChecker(workflow, ColumnMap(("recipient", "01", "reference")))


@pytest.mark.parametrize(("cell", "code"), [(9.19876543211, "fraction"), (True, "boolean")])
def test_a_number_that_became_something_else_is_a_fault(
    checker: RowChecker, cell: object, code: str
) -> None:
    texts, doubts = texts_of([cell, "Asha"])
    found = checker.check(Row(2, texts, doubts))
    assert [(fault.code, fault.column) for fault in found.faults] == [(code, 0)]
    assert str(NUMBER_TEXT[code]) in found.faults[0].text


def test_digits_that_are_a_day_are_no_number(checker: RowChecker) -> None:
    row = Row(2, ["2012-10-0912", "Asha"], (CellFault(0, "date"),))
    assert [fault.code for fault in checker.check(row).faults] == ["date"]


def test_the_same_in_a_ticket_is_no_fault(checker: RowChecker) -> None:
    texts, doubts = texts_of(["919876512340", "Asha", 0.15])
    found = checker.check(Row(2, texts, doubts))
    assert (found.faults, list(found.cautions)) == ([], ["fraction"])


@pytest.mark.parametrize("written", ['="919876512340"', "=“+919876512340”", '="+91 98765-12340"'])
def test_a_number_written_as_a_formula_keeps_its_digits(checker: RowChecker, written: str) -> None:
    assert recipients.clean(written).digits == "919876512340"
    cells = [written, "Asha"]
    found = checker.check(Row(2, cells, text_faults(cells)))
    assert (found.faults, found.cautions) == ([], {})


@pytest.mark.parametrize("written", ["=919876512340", "=9198765+12340", '="9198" & "76512340"'])
def test_a_sum_is_no_number(written: str) -> None:
    with pytest.raises(recipients.RecipientError):
        recipients.clean(written)


def test_a_value_written_as_a_formula_is_asked_about(checker: RowChecker) -> None:
    cells = ["919876512340", '="Asha"']
    found = checker.check(Row(2, cells, text_faults(cells)))
    assert "formula_text" in found.cautions
