"""Rows at fault are mended or left out knowingly; nothing else of the batch changes."""

from __future__ import annotations

import pytest

from invocations.batches import check_run, summary
from invocations.batches.choosing import check_again, choose_columns, choose_reading, is_up_to_date
from invocations.batches.column_json import Choice, choice_of, columns_of, remembered_choice
from invocations.batches.columns import IGNORED
from invocations.batches.mending import leave_out, mend_cells, take_back
from invocations.batches.part_found import PartFound
from invocations.batches.row_marks import RowMark
from invocations.batches.stored_parts import rows_to_send
from invocations.models import Batch, WorkflowInstance
from tests.batches.files import xlsx_of
from tests.batches.uploads import (
    PHONE,
    check,
    checked,
    counts_of,
    csv_of,
    faults_of,
    rows_numbered,
    summary_of,
)

State = Batch.State
pytestmark = pytest.mark.django_db
ROWS = (f"{PHONE},Asha", "9.1E+11,Bo", f"{PHONE},Chi", "919876512342,")


@pytest.fixture
def batch(workflow: WorkflowInstance, monkeypatch) -> Batch:
    """Rows 3 and 5 are at fault, and row 4 repeats row 2. Two rows are in a part."""
    monkeypatch.setattr(check_run, "PART_ROWS", 2)
    return checked(workflow, csv_of(*ROWS))


def sent_rows(batch: Batch) -> list[int]:
    batch.refresh_from_db()
    return [row.number for part in batch.parts.all() for row in rows_to_send(batch, part)]


def assert_as_if_checked_anew(batch: Batch) -> None:
    """What was worked out for some rows is what a check of all rows finds."""
    batch.refresh_from_db()
    found, digests = batch.found, [bytes(part.digests) for part in batch.parts.all()]
    Batch.objects.filter(pk=batch.pk).update(state=State.CHECKING)
    batch.refresh_from_db()
    check(batch)
    assert batch.found == found
    assert [bytes(part.digests) for part in batch.parts.all()] == digests


def test_a_mended_cell_is_checked_and_sent(batch: Batch) -> None:
    assert mend_cells(batch, {(3, 0): "919876512349", (5, 1): "Dev"})
    assert (batch.bad_rows, batch.to_decide) == (0, 0)
    assert rows_numbered(batch, [3])[3].cells == ["919876512349", "Bo"]
    assert sent_rows(batch) == [2, 3, 4, 5]
    assert_as_if_checked_anew(batch)


def test_a_cell_that_is_mended_wrongly_stays_at_fault(batch: Batch) -> None:
    assert mend_cells(batch, {(3, 0): "123"})
    assert faults_of(batch) == {"too_short": [3], "required": [5]}
    assert batch.to_decide == 2
    assert_as_if_checked_anew(batch)


def test_a_good_row_can_be_made_faulty(batch: Batch) -> None:
    assert mend_cells(batch, {(4, 1): ""})
    assert batch.bad_rows == 3
    assert counts_of(batch).repeats == 0
    assert_as_if_checked_anew(batch)


def test_a_number_that_another_row_has_is_a_repeat_once_it_is_mended(batch: Batch) -> None:
    assert mend_cells(batch, {(3, 0): PHONE})
    assert summary_of(batch).repeats == [(3, 2), (4, 2)]
    assert_as_if_checked_anew(batch)


def test_all_is_checked_again_if_the_number_of_a_first_row_changes(batch: Batch) -> None:
    assert mend_cells(batch, {(2, 0): "919876512355"})
    assert batch.state == State.CHECKING
    check(batch)
    assert summary_of(batch).repeats == []


def test_cells_of_several_parts_are_mended_together(batch: Batch) -> None:
    assert mend_cells(batch, {(2, 1): "Ash", (4, 1): "Chi-Chi"})
    rows = rows_numbered(batch, [2, 4])
    assert [rows[2].cells[1], rows[4].cells[1]] == ["Ash", "Chi-Chi"]


def test_a_row_with_too_many_cells_is_mended_by_emptying_the_last(workflow) -> None:
    batch = checked(workflow, csv_of(f"{PHONE},Rao, Asha"))
    assert batch.bad_rows == 1
    assert mend_cells(batch, {(2, 1): "Rao, Asha", (2, 2): ""})
    assert batch.bad_rows == 0
    assert rows_numbered(batch, [2])[2].cells == [PHONE, "Rao, Asha"]


def test_a_value_like_a_shortened_number_is_sent_if_a_person_types_it(workflow) -> None:
    batch = checked(workflow, csv_of(f"{PHONE},9.1E+11"))
    assert faults_of(batch) == {"scientific": [2]}
    assert mend_cells(batch, {(2, 1): "9.1E+11"})
    assert batch.bad_rows == 0


def test_rows_are_left_out_and_taken_back(batch: Batch) -> None:
    assert leave_out(batch, [2, 3])
    assert (batch.left_out, batch.to_decide) == (2, 1)
    assert sent_rows(batch) == [4]
    assert counts_of(batch).countries == {"IN": 1}
    assert take_back(batch, [2])
    assert (batch.left_out, batch.to_decide) == (1, 1)
    assert sent_rows(batch) == [2, 4]


def test_a_row_left_out_twice_is_counted_once(batch: Batch) -> None:
    assert leave_out(batch, [2])
    assert leave_out(batch, [2])
    assert batch.left_out == 1


def test_all_rows_of_a_kind_are_left_out_at_once(batch: Batch) -> None:
    assert leave_out(batch, RowMark.FAULT)
    assert (batch.left_out, batch.to_decide, batch.bad_rows) == (2, 0, 2)
    assert leave_out(batch, RowMark.REPEAT)
    assert batch.left_out == 3
    assert sent_rows(batch) == [2]
    assert take_back(batch, RowMark.REPEAT)
    assert sent_rows(batch) == [2, 4]


def test_rows_of_a_kind_are_left_out_without_writing_parts(
    batch: Batch, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(1):
        assert leave_out(batch, RowMark.FAULT | RowMark.REPEAT)


def test_nothing_changes_once_a_batch_is_started(batch: Batch) -> None:
    stale = Batch.objects.get(pk=batch.pk)
    assert leave_out(batch, RowMark.FAULT)
    Batch.objects.update(state=State.RUNNING, started_at=batch.checked_at)
    for changed in (
        mend_cells(stale, {(2, 1): "Other"}),
        leave_out(stale, [2]),
        take_back(stale, RowMark.FAULT),
        choose_reading(stale, separator=";"),
        choose_columns(stale, Choice()),
        check_again(stale),
    ):
        assert not changed
    assert rows_numbered(batch, [2])[2].cells[1] == "Asha"


def test_two_people_who_mend_at_once_both_count(batch: Batch) -> None:
    other = Batch.objects.get(pk=batch.pk)
    assert mend_cells(batch, {(3, 0): "919876512349"})
    assert mend_cells(other, {(5, 1): "Dev"})
    other.refresh_from_db()
    assert other.bad_rows == 0
    assert_as_if_checked_anew(other)


def test_mending_after_the_workflow_changed_checks_all_again(batch: Batch) -> None:
    channel = batch.workflow.channels.get(position=2)
    channel.template_text = "Dear {#var#}"
    channel.save()
    assert not is_up_to_date(batch)
    assert mend_cells(batch, {(5, 1): "Dev"})
    assert batch.state == State.CHECKING
    check(batch)
    assert is_up_to_date(batch)
    assert batch.bad_rows == 1


def test_rows_stay_left_out_when_all_is_checked_again(batch: Batch) -> None:
    assert leave_out(batch, [2])
    assert leave_out(batch, RowMark.FAULT)
    assert check_again(batch)
    check(batch)
    assert (batch.left_out, batch.to_decide) == (3, 0)
    assert sent_rows(batch) == [4]


def test_rows_are_taken_back_when_columns_are_chosen(batch: Batch) -> None:
    assert leave_out(batch, [2])
    assert leave_out(batch, RowMark.FAULT)
    assert choose_columns(batch, Choice())
    check(batch)
    assert (batch.left_out, batch.to_decide) == (0, 2)


def test_columns_are_chosen_and_remembered_for_the_next_file(workflow) -> None:
    content = csv_of(f"{PHONE},Asha,Bo", headings="Phone,A,B")
    batch = checked(workflow, content)
    assert batch.checked_at is None
    columns = choose_columns(batch, Choice(explicit={"B": "01", "A": IGNORED}))
    assert columns is not None and columns.is_complete
    assert batch.state == State.CHECKING
    check(batch)
    assert batch.bad_rows == 0
    assert remembered_choice(workflow).explicit == {"B": "01", "A": IGNORED}
    again = checked(workflow, content)
    assert columns_of(again).places == ("recipient", "", "01")
    assert again.checked_at is not None


def test_a_fixed_text_is_remembered_unless_the_next_file_has_a_column(workflow) -> None:
    batch = checked(workflow, csv_of(PHONE, headings="Phone"))
    assert choose_columns(batch, Choice(fixed={"01": "KF"}))
    assert checked(workflow, csv_of(PHONE, headings="Phone")).checked_at is not None
    other = checked(workflow, csv_of(f"{PHONE},Asha"))
    assert columns_of(other).fixed == {}


def test_the_country_of_numbers_is_asked_for_each_file(workflow) -> None:
    content = csv_of("09876512340,Asha")
    batch = checked(workflow, content)
    assert choose_columns(batch, Choice(home="IN"))
    check(batch)
    assert (batch.bad_rows, choice_of(batch).home) == (0, "IN")
    assert checked(workflow, content).bad_rows == 1


def test_a_choice_that_lacks_a_column_takes_the_check_back(batch: Batch) -> None:
    columns = choose_columns(batch, Choice(explicit={"01": IGNORED}))
    assert columns is not None and not columns.is_complete
    assert (batch.state, batch.checked_at, batch.bad_rows) == (State.CHECKED, None, 0)
    assert not leave_out(batch, [2])


def test_another_sheet_is_read_from_the_same_upload(workflow) -> None:
    import io

    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        for name, phone in [("One", PHONE), ("Two", "919876512399")]:
            book.add_worksheet(name).write_row(0, 0, ["Phone", "01"])
            book.get_worksheet_by_name(name).write_row(1, 0, [phone, "Asha"])
    batch = checked(workflow, stream.getvalue())
    assert choose_reading(batch, sheet="Two")
    check(batch)
    assert rows_numbered(batch, [2])[2].cells[0] == "919876512399"
    assert choose_reading(batch, sheet="Three")
    check(batch)
    assert batch.state == State.REFUSED
    assert choose_reading(batch, sheet="One")
    check(batch)
    assert (batch.state, batch.refused) == (State.CHECKED, None)


def test_headings_can_be_in_another_row(workflow) -> None:
    batch = checked(workflow, xlsx_of(["Phone", "x"], ["Mobile", "01"], [919876512340, "Asha"]))
    assert choose_reading(batch, heading_row=2)
    check(batch)
    assert (batch.rows, batch.bad_rows) == (1, 0)


def test_a_summary_names_further_rows_once_the_first_are_mended(workflow, monkeypatch) -> None:
    monkeypatch.setattr(check_run, "PART_ROWS", 5)
    monkeypatch.setattr(summary, "MOST_ROWS", 5)
    monkeypatch.setattr(summary, "_FEW", 3)
    batch = checked(workflow, csv_of(*(f"9198765{n:05}," for n in range(20))))
    assert faults_of(batch)["required"] == [2, 3, 4, 5, 6]
    assert mend_cells(batch, {(row, 1): "Asha" for row in (2, 3, 4, 5)})
    assert summary_of(batch).faults[0].count == 16
    assert faults_of(batch)["required"] == [6, 7, 8, 9, 10]


def test_a_part_found_comes_back_as_it_was_stored(batch: Batch) -> None:
    from invocations.batches.part_found import pack, unpack

    for part in batch.parts.all():
        found = unpack(part.found)
        assert isinstance(found, PartFound)
        assert unpack(pack(found)) == found
