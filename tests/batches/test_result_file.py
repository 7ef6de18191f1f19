"""The result file: each row of the file once, in its order, with what became of it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from invocations.batches import feed
from invocations.batches.columns import ColumnMap
from invocations.batches.control import cancel
from invocations.batches.request_ids import RequestIds
from invocations.batches.result_file import ResultGone, write_csv, write_xlsx
from invocations.models import Batch, Invocation, Parameter
from invocations.models.viewer import Viewer
from invocations.monitoring.sweep import run_once
from tests.batches.built import running_batch
from tests.batches.files import read

pytestmark = pytest.mark.django_db(transaction=True)

OPERATOR = Viewer.operator()
CELLS = [
    ["919876543202", "Asha", "vip"],
    ["919876544400", "=HYPERLINK(1)", "x"],
    ["919876545202", "Ravi", "@y"],
    ["12", "bad", ""],
    ["919876546202", "left", ""],
]
COLUMNS = ColumnMap(("recipient", "01", ""))
HEADINGS = ("Phone", "Name", "Other")


@pytest.fixture
def batch(workflow):
    return running_batch(workflow, CELLS, columns=COLUMNS, bad=[5], left_out=[6], headings=HEADINGS)


def _rows(batch: Batch, viewer: Viewer = OPERATOR) -> list[dict[str, str]]:
    content = b"".join(write_csv(batch, viewer)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_it_has_the_own_columns_and_what_became_of_each_row(batch, receiver):
    run_once(width=2)
    rows = _rows(batch)
    assert [row["Row"] for row in rows] == ["2", "3", "4", "5", "6"]
    assert [row["Phone"] for row in rows] == [cells[0] for cells in CELLS]
    assert [row["Status"] for row in rows] == [
        *("Accepted", "Rejected", "Accepted", "Not sent: at fault", "Left out")
    ]
    ids = RequestIds(batch)
    assert [row["Request ID"] for row in rows[:3]] == [str(ids.of(row)) for row in (2, 3, 4)]
    assert rows[0]["Kaleyra’s ID"]
    assert rows[1]["Why"]
    assert rows[3]["Why"] == "Too few digits."
    assert {row["As of (UTC)"][:10] for row in rows} == {f"{timezone.now():%Y-%m-%d}"}


def test_it_is_complete_at_any_moment(workflow):
    batch = running_batch(workflow, 100, part_rows=7)
    feed.feed_due()
    rows = _rows(batch)
    statuses = [row["Status"] for row in rows]
    assert statuses == ["Queued"] * 30 + ["Not yet in the queue"] * 70
    cancel(batch, None)
    assert {row["Status"] for row in _rows(batch)} == {"Cancelled"}


def test_a_row_costs_no_query_of_its_own(workflow, receiver, django_assert_max_num_queries):
    batch = running_batch(workflow, 30)
    run_once(width=2)
    assert batch.invocations.filter(status="accepted").count() == 30
    with django_assert_max_num_queries(20):
        assert len(_rows(batch)) == 30


def test_it_holds_no_formula(batch, receiver):
    rows = _rows(batch)
    assert rows[1]["Name"] == "'=HYPERLINK(1)"
    assert rows[2]["Other"] == "'@y"
    content = b"".join(write_xlsx(batch, OPERATOR))
    sheet = [row.cells for row in read(content)]
    assert sheet[2][1] == "'=HYPERLINK(1)"
    assert len(sheet) == 6


def test_hidden_values_are_left_out_for_everybody(batch, workflow):
    channel = workflow.channels.get(position=1)
    Parameter.objects.create(channel=channel, key="01", is_sensitive=True)
    assert {row["Name"] for row in _rows(batch)} == {""}


def test_who_brought_the_file_sees_their_own_columns(workflow, priya):
    batch = running_batch(
        workflow, CELLS, columns=COLUMNS, created_by=priya.person, headings=HEADINGS
    )
    [first, *_] = _rows(batch, Viewer.of(priya.person))
    assert (first["Phone"], first["Name"], first["Other"]) == ("919876543202", "Asha", "vip")


def test_others_see_what_they_may_see_of_messages(batch, priya, rosa, ada, nina):
    def first(who: Any) -> tuple[str, ...]:
        [row, *_] = _rows(batch, Viewer.of(who.person))
        return row["Phone"], row["Name"], row["Other"]

    assert first(rosa) == ("91 ••••• •3202", "Asha", "")
    assert first(ada) == ("91 ••••• •3202", "Asha", "")
    assert first(nina) == ("91 ••••• •3202", "", "")


def test_the_operator_sees_no_numbers_of_a_file_that_a_person_brought(workflow, priya):
    batch = running_batch(
        workflow, CELLS, columns=COLUMNS, created_by=priya.person, headings=HEADINGS
    )
    assert _rows(batch)[0]["Phone"] == "91 ••••• •3202"


def test_a_number_that_cannot_be_read_is_not_shown_to_others(batch, rosa):
    assert _rows(batch, Viewer.of(rosa.person))[3]["Phone"] == ""


def test_once_its_rows_are_deleted_it_is_gone(batch):
    batch.parts.all().delete()
    with pytest.raises(ResultGone):
        next(write_csv(batch, OPERATOR))


def test_a_file_whose_rows_are_deleted_while_it_is_written_does_not_end_early(workflow):
    batch = running_batch(workflow, CELLS, columns=COLUMNS, part_rows=2, headings=HEADINGS)
    written = write_csv(batch, OPERATOR)
    next(written)
    batch.parts.filter(number=1).delete()
    with pytest.raises(ResultGone):
        list(written)


# --- manage.py batch_result -----------------------------------------------------------------------


def test_the_command_writes_it(batch, capsys):
    out = io.StringIO()
    call_command("batch_result", str(batch.uid), stdout=out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue().removeprefix("\ufeff"))))
    assert [row["Phone"] for row in rows] == [cells[0] for cells in CELLS]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_command_writes_a_file_that_only_its_owner_reads(batch, tmp_path, form):
    path = tmp_path / f"result.{form}"
    call_command("batch_result", str(batch.uid), format=form, output=str(path))
    assert len(read(path.read_bytes())) == 6
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["7", "00000000-0000-0000-0000-000000000000"])
def test_the_command_says_that_there_is_no_such_batch(db, name):
    with pytest.raises(CommandError):
        call_command("batch_result", name)


def test_a_row_is_read_at_its_time(workflow):
    batch = running_batch(workflow, 4, part_rows=2)
    pieces = write_csv(batch, OPERATOR)
    next(pieces)
    feed.feed_due()
    rest = b"".join(pieces).decode()
    assert rest.count("Queued") == 4
    assert Invocation.objects.count() == 4
