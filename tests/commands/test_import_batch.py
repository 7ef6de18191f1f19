"""`manage.py import_batch` checks a file as the page does, and says it for people or programs."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from invocations.batches import checking
from invocations.batches.column_json import columns_of
from invocations.batches.start import start
from invocations.models import Batch, BatchChunk, ColumnChoice, WorkflowVersion
from tests.batches.files import xlsx_of
from tests.batches.uploads import PHONE, csv_of

pytestmark = pytest.mark.django_db
GOOD = csv_of(f"{PHONE},Asha", "919876512341,Bo")
MIXED = csv_of(f"{PHONE},Asha", "9.1E+11,Bo", "919876512342,", "919876512343,Rao, Dev")


@pytest.fixture
def run(workflow, tmp_path: Path, capsys):
    """run(content, "--check"): exit code and output."""

    def run(content: bytes, *words: str, name: str = "people.csv") -> tuple[int, str]:
        path = tmp_path / name
        path.write_bytes(content)
        named = ("--workflow", workflow.title)
        code = 0
        try:
            call_command("import_batch", str(path), *named, *words)
        except SystemExit as ended:
            code = int(ended.code or 0)
        except CommandError as refusal:
            code = refusal.returncode
            print(refusal)
        return code, capsys.readouterr().out

    return run


@pytest.fixture
def as_json(run):
    def as_json(content: bytes, *words: str) -> tuple[int, dict[str, Any]]:
        code, output = run(content, "--json", *words)
        return code, json.loads(output)

    return as_json


def test_a_good_file_is_said_to_be_good(as_json) -> None:
    expected = {"rows": 2, "ok": 2, "bad": [], "refused": None}
    assert as_json(GOOD, "--check") == (0, expected)


def test_rows_at_fault_are_listed_in_order(as_json) -> None:
    code, found = as_json(MIXED, "--check")
    assert (code, found["rows"], found["ok"], found["refused"]) == (1, 4, 1, None)
    assert found["bad"] == [
        {"row": 3, "column": "Phone", "code": "scientific"},
        {"row": 4, "column": "01", "code": "required"},
        {"row": 5, "column": None, "code": "more_cells_than_headings"},
    ]


def test_at_most_a_thousand_faults_are_listed_and_all_are_counted(as_json) -> None:
    code, found = as_json(csv_of(*["1,A"] * 1_201), "--check")
    assert (code, found["rows"], found["ok"], len(found["bad"])) == (1, 1_201, 0, 1_000)
    assert found["bad"][-1]["row"] == 1_001


def test_a_refused_file_has_a_code(as_json) -> None:
    expected = {"rows": 0, "ok": 0, "bad": [], "refused": "html"}
    assert as_json(b"<html><table>", "--check") == (2, expected)


def test_a_file_without_a_column_that_is_needed_is_refused(as_json) -> None:
    code, found = as_json(csv_of(PHONE, headings="Phone"), "--check")
    assert (code, found["refused"]) == (2, "value_missing")


def test_a_check_leaves_nothing_in_the_database(as_json) -> None:
    as_json(MIXED, "--check", "--map", "Phone=recipient")
    for model in (Batch, BatchChunk, ColumnChoice, WorkflowVersion):
        assert not model.objects.exists()


def test_a_check_ends_with_the_words_for_people(run) -> None:
    code, output = run(MIXED, "--check")
    assert code == 1
    assert "4 rows: 1 can be sent, 3 cannot." in output
    assert "1 × scientific, column Phone, row 3: A spreadsheet has shortened" in output
    assert "Nothing was saved." in output
    assert "Asha" not in output and PHONE not in output


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        ("A1,B1", ("--map", "A1=recipient", "--map", "B1=01")),
        ("A1,B1", ("--map", "a=recipient", "--map", "B=01")),
        ("A1,B1", ("--map", "A1=recipient", "--map", "B1=1:01", "--fixed", "2:01=you")),
        ("A1,B1", ("--map", "A1=recipient", "--fixed", "01=you")),
        ("A=1,B1", ("--map", "A=1=recipient", "--map", "B1=01")),
    ],
)
def test_columns_are_mapped_by_heading_or_letter(as_json, headings: str, words) -> None:
    content = csv_of(f"{PHONE},Asha", headings=headings)
    assert as_json(content, "--check", *words)[1]["refused"] is None


def test_an_empty_cell_takes_its_fallback(as_json) -> None:
    content = csv_of(f"{PHONE},")
    assert as_json(content, "--check")[0] == 1
    assert as_json(content, "--check", "--fallback", "01=customer")[0] == 0


def test_a_workbook_and_one_of_its_sheets_are_read(as_json) -> None:
    content = xlsx_of(["Phone", "01"], [919876512340, "Asha"])
    assert as_json(content, "--check", "--sheet", "List")[0] == 0
    assert as_json(content, "--check", "--sheet", "Other")[1]["refused"] == "no_such_sheet"


def test_numbers_without_a_country_code_have_the_country_that_is_given(as_json) -> None:
    content = csv_of("09876512340,Asha")
    assert as_json(content, "--check")[1]["bad"][0]["code"] == "no_country"
    assert as_json(content, "--check", "--home", "IN")[0] == 0


def test_a_file_is_read_from_standard_input(workflow, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(GOOD)))
    with pytest.raises(SystemExit) as ended:
        call_command("import_batch", "-", "--workflow", workflow.title, "--check", "--json")
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 2


def test_a_file_is_kept_to_be_started_on_its_page(run) -> None:
    code, output = run(MIXED, "--map", "Phone=recipient")
    batch = Batch.objects.get()
    assert (code, batch.state, batch.rows, batch.bad_rows) == (1, "checked", 4, 3)
    assert batch.file_name == "people.csv"
    assert f"Kept as batch {batch.pk} for 24 hours, and not started." in output


def test_the_choice_of_an_earlier_file_changes_nothing(workflow, run) -> None:
    fields = {"explicit": {"Phone": "01", "01": "recipient"}}
    ColumnChoice.objects.create(workflow=workflow, choice=json.dumps(fields))
    run(GOOD)
    assert columns_of(Batch.objects.get()).places == ("recipient", "01")


def test_a_refused_file_that_was_kept_says_why(as_json) -> None:
    code, found = as_json(b"\r\n")
    assert (code, found["refused"]) == (2, "empty")
    assert Batch.objects.get().state == "refused"


@pytest.fixture
def started(monkeypatch) -> list[Any]:
    """Batches that were started, with the options."""
    batches: list[Any] = []

    def start_and_note(batch: Batch, by: None, **options: Any) -> bool:
        batches.append((batch, options))
        return start(batch, by, **options)

    monkeypatch.setattr("invocations.management.commands.import_batch.start", start_and_note)
    return batches


def test_a_good_file_is_started(as_json, started) -> None:
    code, found = as_json(GOOD, "--start", "--reference", "KF-1", "--per-second", "5")
    [(batch, options)] = started
    assert (code, found["started"], found["batch"]) == (0, True, str(batch.uid))
    assert (options["reference"], options["per_second"]) == ("KF-1", 5)


def test_a_file_with_rows_at_fault_is_started_only_without_them(as_json, started) -> None:
    code, found = as_json(MIXED, "--start")
    assert (code, found["started"], started) == (1, False, [])
    code, found = as_json(MIXED, "--start", "--leave-out", "faults")
    assert (code, found["started"]) == (1, True)
    assert started[0][0].left_out == 3


def test_a_file_that_was_started_before_is_not_started_again_by_mistake(as_json, started) -> None:
    as_json(GOOD)
    first = Batch.objects.get()
    Batch.objects.update(state=Batch.State.RUNNING, started_at=first.checked_at)
    code, found = as_json(GOOD, "--start")
    assert (code, found["started"]) == (2, False)
    assert as_json(GOOD, "--start", "--again")[1]["started"]


def test_a_file_whose_columns_are_unclear_is_not_started(as_json, started) -> None:
    code, found = as_json(csv_of(PHONE, headings="Phone"), "--start")
    assert (code, found["started"], found["refused"]) == (2, False, "value_missing")
    assert not started


@pytest.mark.parametrize(
    "words",
    [
        ("--check", "--start"),
        ("--map", "Phone"),
        ("--map", "=recipient"),
        ("--home", "Atlantis"),
        ("--separator", "ab"),
        ("--map", "Phone=recipient", "--map", "Phone=01"),
    ],
)
def test_wrong_usage_is_said_and_saves_nothing(run, words: tuple[str, ...]) -> None:
    code, _ = run(GOOD, *words)
    assert code == 2
    assert not Batch.objects.exists()


def test_a_missing_file_or_workflow_is_wrong_usage(workflow) -> None:
    for path, name in [("/no/such/file", workflow.title), (__file__, "No such workflow")]:
        with pytest.raises(CommandError) as refusal:
            call_command("import_batch", path, "--workflow", name)
        assert refusal.value.returncode == 2


def test_a_terminal_is_told_how_far_it_is() -> None:
    from invocations.management.progress_bar import ProgressBar

    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    bar = ProgressBar(terminal, size=8)
    stream = bar.reading(io.BytesIO(b"1234"))
    stream.read()
    bar.show("Checked", 1_200)
    bar.clear()
    assert " 50%" in terminal.getvalue()
    assert "Checked 1,200 rows" in terminal.getvalue()


def test_a_database_that_stops_answering_is_not_said_as_rows_at_fault(run, monkeypatch):
    def cut(*_: object, **__: object) -> None:
        raise OperationalError("row was 919876512341")

    monkeypatch.setattr(checking, "run_check", cut)
    assert run(GOOD, "--start")[0] == 3
