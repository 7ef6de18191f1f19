"""A file becomes parts, and each row is held against the gate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.batches import check_run
from invocations.batches.change import refusal_of
from invocations.batches.checking import LeaseLost, check_now, claim, claim_check, run_check
from invocations.batches.column_json import columns_of
from invocations.batches.reading import OpenTable, Reading
from invocations.batches.stored_parts import rows_to_send
from invocations.models import Batch, BatchChunk, BatchPart, WorkflowInstance
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
    uploaded,
)

State = Batch.State
pytestmark = pytest.mark.django_db


def test_a_good_file_is_ready_to_start(workflow: WorkflowInstance) -> None:
    batch = checked(workflow, csv_of(f"{PHONE},Asha", "919876512341,Bo"))
    assert (batch.state, batch.rows, batch.bad_rows, batch.to_decide) == (State.CHECKED, 2, 0, 0)
    assert batch.version is not None and batch.checked_at is not None
    counts = counts_of(batch)
    assert counts.to_send == 2
    assert counts.countries == {"IN": 2}
    assert counts.sms_parts == {1: 2}
    reading = Reading.from_json(batch.reading)
    assert (reading.headings, reading.kind, reading.is_complete) == (("Phone", "01"), "csv", True)


def test_a_workbook_is_read_as_a_csv_is(workflow: WorkflowInstance) -> None:
    batch = checked(workflow, xlsx_of(["Phone", "01"], [919876512340, "Asha"]))
    assert counts_of(batch).to_send == 1
    assert rows_numbered(batch, [2])[2].cells == [PHONE, "Asha"]


def test_rows_at_fault_are_named_with_what_is_wrong(workflow: WorkflowInstance) -> None:
    batch = checked(
        workflow,
        csv_of(
            f"{PHONE},Asha",
            "9.19877E+11,Bo",
            "09876543210,Chi",
            "919876512342,",
            "919876512343,Rao, Dev",
            "00919876512344,Eva",
            "+91 98765-12345,Fay",
        ),
    )
    assert faults_of(batch) == {
        "scientific": [3],
        "no_country": [4],
        "required": [5],
        "more_cells_than_headings": [6],
    }
    assert (batch.bad_rows, batch.to_decide) == (4, 4)
    [part] = batch.parts.all()
    assert [row.number for row in rows_to_send(batch, part)] == [2, 7, 8]


def test_a_cell_at_fault_in_an_unused_column_is_no_fault(workflow: WorkflowInstance) -> None:
    content = csv_of(f"{PHONE},Asha,9.1E+11", headings="Phone,01,Other")
    assert checked(workflow, content).bad_rows == 0


def test_rows_with_the_number_of_an_earlier_row_are_told(workflow: WorkflowInstance) -> None:
    rows = [f"{PHONE},A", "9.1E+11,B", "919876512341,C", "+91 98765 12340,D", "91 9876512340,E"]
    batch = checked(workflow, csv_of(*rows))
    assert summary_of(batch).repeats == [(5, 2), (6, 2)]
    assert counts_of(batch).repeats == 2


def test_a_row_at_fault_makes_no_other_a_repeat(workflow: WorkflowInstance) -> None:
    assert summary_of(checked(workflow, csv_of(f"{PHONE},", f"{PHONE},Bo"))).repeats == []


def test_rows_sent_in_the_last_day_are_told(workflow: WorkflowInstance, recorded) -> None:
    recorded("202")
    batch = checked(workflow, csv_of("919876543202,Asha", "919876543203,Bo"))
    [(row, at)] = summary_of(batch).sent_lately
    assert row == 2
    assert abs(timezone.now().timestamp() - at) < 60


def test_a_file_without_a_column_that_is_needed_waits_for_it(workflow: WorkflowInstance) -> None:
    batch = checked(workflow, csv_of(PHONE, headings="Phone"))
    assert (batch.state, batch.checked_at, batch.rows) == (State.CHECKED, None, 1)
    assert [problem.code for problem in columns_of(batch).problems] == ["value_missing"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"Phone,Name\r\n", "no_rows"),
        (b"<html><table>", "html"),
        (b"Phone,01\r\n919876512340,\xff\xff\r\n", "not_utf8"),
        (b'Phone,01\r\n919876512340,"Asha\r\n', "torn_quotes"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_code(workflow, content: bytes, code) -> None:
    batch = checked(workflow, content)
    refusal = refusal_of(batch)
    assert batch.state == State.REFUSED
    assert refusal is not None and refusal.code == code
    assert not batch.parts.exists()


def test_a_file_refused_in_the_middle_leaves_no_rows(workflow, monkeypatch) -> None:
    monkeypatch.setattr(check_run, "PART_ROWS", 2)
    rows = [f"9198765{n:05},A" for n in range(300)]
    batch = checked(workflow, csv_of(*rows) + b"919876512340,\xff")
    assert batch.state == State.REFUSED
    assert not batch.parts.exists()


def test_parts_are_in_order_and_sums_are_of_all_of_them(workflow, monkeypatch) -> None:
    monkeypatch.setattr(check_run, "PART_ROWS", 3)
    rows = [f"9198765{n:05},A" for n in range(8)]
    batch = checked(workflow, csv_of(*rows, "1,B"))
    bounds = list(batch.parts.values_list("number", "first_row", "last_row", "rows"))
    assert bounds == [(0, 2, 4, 3), (1, 5, 7, 3), (2, 8, 10, 3)]
    assert (batch.rows, batch.bad_rows, batch.rows_read) == (9, 1, 9)


def test_nothing_of_a_file_is_stored_in_clear(workflow: WorkflowInstance) -> None:
    batch = checked(workflow, csv_of(f"{PHONE},Asha", "1,Bo"))
    for model in (Batch, BatchChunk, BatchPart):
        for row in model.objects.values():
            assert "Asha" not in str(row) and PHONE not in str(row)
            assert "customers" not in str(row)
    assert batch.file_name == "customers.csv"


def test_one_process_checks_a_file_at_a_time(workflow: WorkflowInstance) -> None:
    batch = uploaded(workflow, csv_of(f"{PHONE},Asha"))
    same = Batch.objects.get(pk=batch.pk)
    assert claim_check() == batch
    assert claim_check() is None
    assert not claim(same)


def test_a_check_that_died_begins_anew_elsewhere(workflow, monkeypatch) -> None:
    monkeypatch.setattr(check_run, "PART_ROWS", 1)
    uploaded(workflow, csv_of(f"{PHONE},Asha", "919876512341,Bo"))
    dead = claim_check()
    assert dead is not None

    class Died(BaseException):
        pass

    def die(rows: int) -> None:
        raise Died

    with pytest.raises(Died):
        run_check(dead, told=die)
    assert BatchPart.objects.count() == 1
    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    other = claim_check()
    assert other is not None
    with pytest.raises(LeaseLost):
        run_check(dead)
    check_again = Batch.objects.get(pk=other.pk)
    run_check(check_again)
    assert (check_again.state, check_again.rows) == (State.CHECKED, 2)


def test_a_lost_lease_writes_nothing_more(workflow, monkeypatch) -> None:
    monkeypatch.setattr(check_run, "PART_ROWS", 1)
    batch = uploaded(workflow, csv_of(*(f"9198765{n:05},A" for n in range(4))))
    assert claim(batch)

    def take_over(rows: int) -> None:
        Batch.objects.filter(pk=batch.pk).update(fence=batch.fence + 1)

    with pytest.raises(LeaseLost):
        run_check(batch, told=take_over)
    assert BatchPart.objects.count() == 1


def test_a_small_file_is_checked_at_once(workflow: WorkflowInstance) -> None:
    batch = uploaded(workflow, csv_of(f"{PHONE},Asha"))
    assert check_now(batch)
    assert batch.state == State.CHECKED


def test_a_file_with_many_rows_is_left_to_a_worker(workflow, monkeypatch) -> None:
    monkeypatch.setattr("invocations.batches.checking.SMALL_ROWS", 3)
    batch = uploaded(workflow, csv_of(*(f"9198765{n:05},A" for n in range(5))))
    assert not check_now(batch)
    assert batch.state == State.CHECKING
    again = claim_check()
    assert again is not None
    run_check(again)
    assert again.rows == 5


def test_the_check_asks_no_question_for_a_row(workflow, django_assert_max_num_queries) -> None:
    batch = uploaded(workflow, csv_of(*(f"9198765{n:05},A" for n in range(200))))
    claim(batch)
    with django_assert_max_num_queries(45):
        run_check(batch)


def test_a_number_that_a_program_took_for_an_amount_stays_the_same(workflow) -> None:
    batch = checked(workflow, csv_of("919876512340.0,Asha"))
    assert batch.bad_rows == 0
    assert [kind.code for kind in summary_of(batch).cautions] == ["whole_with_decimals"]


def test_a_number_without_its_country_code_is_asked_about(workflow, account) -> None:
    account.home_country = "IN"
    account.save()
    batch = checked(workflow, csv_of("9876512340,Asha", "+919876512341,Bo"))
    assert faults_of(batch) == {"no_country": [2]}


def test_checking_again_gives_the_same(workflow: WorkflowInstance) -> None:
    batch = checked(workflow, csv_of(f"{PHONE},Asha", f"{PHONE},Bo", "1,Chi"))
    before = batch.found
    Batch.objects.update(state=State.CHECKING)
    batch.refresh_from_db()
    check(batch)
    assert batch.found == before


def test_the_lease_is_renewed_while_a_workbook_is_unpacked(
    workflow: WorkflowInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases: list[timedelta] = []
    open_table = check_run.open_table

    def slow(*args: object, waiting: Callable[[], None], **options: object) -> OpenTable:
        batch.lease_until = timezone.now() + check_run.LEASE / 3  # so long it took
        waiting()
        leases.append(Batch.objects.get(pk=batch.pk).lease_until - timezone.now())
        return open_table(*args, waiting=waiting, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(check_run, "open_table", slow)
    batch = uploaded(workflow, xlsx_of(["Phone", "01"], [919876512340, "Asha"]))
    check(batch)
    assert leases[0] > check_run.LEASE / 2
