"""The history as a file: what stands in it, and how a long one comes about."""

import csv
import io
import resource
import threading
import zipfile
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from invocations import exporting
from invocations.models import Export, Invocation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORTS_DIR = tmp_path / "exports"
    return settings.EXPORTS_DIR


@pytest.fixture
def priya_herself(db):
    return User.objects.create_user("priya-exports")


def read(pieces):
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))


def table(**options):
    options = {"whole_numbers": False} | options
    return read(exporting.as_csv(exporting.lines(Invocation.objects.all(), **options)))


def files(folder):
    return sorted(path.name for path in folder.glob("*"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_calculate_becomes_text(start):
    assert exporting.neutral(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert exporting.neutral(f"a{start}") == f"a{start}"


def test_a_line_has_what_the_page_shows_and_a_masked_number(recorded):
    row = recorded(reference="=HYPERLINK(1)")
    (line,) = table()
    assert line["Ticket"] == "'=HYPERLINK(1)" and line["Request ID"] == str(row.request_id)
    assert line["Recipient"].endswith("3202") and "919876543202" not in str(line) and "Asha" not in str(line)


def test_the_whole_number_is_for_who_may_see_it(recorded):
    recorded()
    assert table(whole_numbers=True)[0]["Recipient"] == "919876543202"


def test_rows_are_read_in_chunks_and_none_is_missed_or_doubled(recorded, monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK", 3)
    ids = [str(recorded().request_id) for _ in range(10)]
    assert [line["Request ID"] for line in table()] == ids[::-1]
    assert [line["Request ID"] for line in table(most=4)] == ids[:-5:-1]


def test_a_workbook_has_the_same_cells_all_of_them_text(recorded, tmp_path):
    recorded(reference="=1+1")
    exporting.to_xlsx(exporting.lines(Invocation.objects.all(), whole_numbers=False), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "'=1+1" in sheet and "<f>" not in sheet


def test_a_million_lines_take_no_more_memory_than_a_thousand():
    line = ["x" * 20] * len(exporting.COLUMNS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(len(piece) for piece in exporting.as_csv(line for _ in range(200_000))) > 10**7
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


# --- in the background ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_long_one_is_written_by_the_dispatcher_as_the_history_was_when_it_was_asked_for(recorded, priya_herself, folder, format):
    first = recorded()
    export = exporting.ask(priya_herself, "status=queued", format)
    recorded()
    assert exporting.write_next() and not exporting.write_next()
    export.refresh_from_db()
    assert (export.state, export.rows) == ("ready", 1) and files(folder) == [exporting.path_of(export).name]
    assert exporting.path_of(export).stat().st_mode & 0o077 == 0
    if format == "csv":
        assert [line["Request ID"] for line in read([exporting.path_of(export).read_bytes()])] == [str(first.request_id)]


def test_there_is_nothing_to_ask_for_where_nothing_was_recorded(priya_herself):
    assert exporting.ask(priya_herself, "", "csv") is None


def test_one_that_was_cancelled_is_not_written_on(recorded, priya_herself, folder, monkeypatch):
    export = [recorded() for _ in range(6)] and exporting.ask(priya_herself, "", "csv")
    monkeypatch.setattr(exporting, "CHUNK", 2)
    real = exporting._counted

    def cancelled_meanwhile(some, mine):
        for number, line in enumerate(real(some, mine)):
            if number == 3:
                assert exporting.cancel(export)
            yield line

    monkeypatch.setattr(exporting, "_counted", cancelled_meanwhile)
    exporting.write_next()
    export.refresh_from_db()
    assert export.state == "cancelled" and files(folder) == [] and not exporting.write_next()


def test_one_whose_writer_died_is_written_again_and_the_late_writer_changes_nothing(recorded, priya_herself):
    recorded()
    export = exporting.ask(priya_herself, "", "csv")
    Export.objects.update(state="writing", attempt=1, lease_until=timezone.now() - timedelta(seconds=1))
    assert exporting.write_next()
    export.refresh_from_db()
    assert (export.state, export.attempt) == ("ready", 2)
    late = Export.objects.filter(pk=export.pk, attempt=1, state="writing")
    with pytest.raises(exporting._Stopped):
        list(exporting._counted(iter([["a"]]), late))


def test_one_that_breaks_says_so(recorded, priya_herself, monkeypatch):
    recorded()
    export = exporting.ask(priya_herself, "", "csv")
    monkeypatch.setattr(exporting, "as_csv", lambda some: 1 / 0)
    exporting.write_next()
    export.refresh_from_db()
    assert export.state == "failed"


def test_after_a_day_it_is_gone_with_its_file(recorded, priya_herself, folder):
    recorded()
    exporting.ask(priya_herself, "", "csv")
    exporting.write_next()
    assert exporting.clear_old(timezone.now()) == 0 and files(folder)
    assert exporting.clear_old(timezone.now() + timedelta(days=1, minutes=1)) == 1 and not files(folder) and not Export.objects.exists()


def test_what_nobody_knows_any_more_is_cleared_away(recorded, folder):
    folder.mkdir()
    (folder / "5bd77b4f-a3a5-4e4b-9b54-4a1f8c2f9a11.1.csv").touch()
    exporting.clear_old(timezone.now())
    assert files(folder) == []


@pytest.mark.django_db(transaction=True)
def test_the_thread_beside_the_dispatcher_writes_and_ends(recorded, priya_herself):
    recorded()
    exporting.ask(priya_herself, "", "csv")
    stopping = threading.Event()
    at_work = threading.Thread(target=exporting.work, args=(stopping,))
    at_work.start()
    try:
        ends = timezone.now() + timedelta(seconds=20)
        while not Export.objects.filter(state="ready").exists() and timezone.now() < ends:
            at_work.join(0.05)
    finally:
        stopping.set()
        at_work.join(10)
    assert Export.objects.get().state == "ready" and not at_work.is_alive()
