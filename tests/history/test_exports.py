"""The history as a file: what stands in it, and how a long one comes about."""

import csv
import io
import resource
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from invocations.history import export_columns, exports
from invocations.models import Callback, Export, Invocation, TrailRow
from invocations.models.permissions import SEE_RECIPIENT
from invocations.models.viewer import Viewer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORTS_DIR = tmp_path / "exports"
    return settings.EXPORTS_DIR


@pytest.fixture
def priya_herself(db):
    person = User.objects.create_user("priya-exports")
    person.groups.add(Group.objects.get(name="Support"))
    person.user_permissions.add(Permission.objects.get(codename="view_full_recipient"))
    return person


def read(pieces):
    return list(csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))


def table(zone="UTC", sees_numbers=False, **options):
    reader = Viewer(None, frozenset({SEE_RECIPIENT}), ZoneInfo(zone), reveals=sees_numbers)
    return read(exports.as_csv(exports.export_rows(Invocation.objects.all(), reader, **options)))


def files(folder):
    return sorted(path.name for path in folder.glob("*"))


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]
)
def test_what_a_spreadsheet_would_calculate_becomes_text(start):
    assert exports.without_formula(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert exports.without_formula(f"a{start}") == f"a{start}"


def test_a_line_has_what_the_page_shows_and_a_masked_number(recorded):
    row = recorded(reference="=HYPERLINK(1)")
    (line,) = table()
    assert line["Ticket"] == "'=HYPERLINK(1)" and line["Request ID"] == str(row.request_id)
    assert line["Phone number"].endswith("3202")
    assert "919876543202" not in str(line)
    assert "Asha" not in str(line)


def test_the_whole_number_is_for_who_may_see_it(recorded):
    recorded()
    assert table(sees_numbers=True)[0]["Phone number"] == "91 98765 43202", (
        "grouped, or a spreadsheet would round it"
    )


def test_moments_are_those_of_the_readers_zone_which_the_head_names(recorded):
    recorded()
    Invocation.objects.update(created_at=datetime(2026, 3, 1, 23, 30, 5, tzinfo=UTC))
    assert table("Asia/Kolkata")[0]["Saved (Asia/Kolkata)"] == "2026-03-02 05:00:05"


def test_what_was_reported_of_each_channel_stands_in_words_with_kaleyras_code(recorded):
    row = recorded()
    Invocation.objects.update(
        status="accepted", delivery="completed", deciding_channel=2, may_be_double=True
    )
    now = timezone.now()
    match = {"invocation": row, "matched_at": now, "received_at": now, "last_received_at": now}
    for number in range(2):  # the same twice
        callback = Callback.objects.create(
            account=row.account, digest=f"d{number}", body="{}", **match
        )
        callback.results.create(position=1, kind="whatsapp", code="TIMEOUT", message_id="wamid.1")
        callback.results.create(position=2, kind="sms", code="DELIVERED", message_id="77")
    (line,) = table()
    assert (line["Delivery"], line["Delivered on"], line["May have arrived twice"]) == (
        "Delivered by SMS",
        "SMS",
        "yes",
    )
    assert line["First channel"] == "WhatsApp: no delivery report in time (TIMEOUT)"
    assert line["Second channel"] == "SMS delivered (DELIVERED)"
    assert (
        line["Message ID, first channel"],
        line["Message ID, second channel"],
        line["Practice"],
    ) == (
        "wamid.1",
        "77",
        "yes",
    )


def test_a_message_without_a_result_says_by_when_it_is_due(recorded):
    recorded()
    Invocation.objects.update(
        status="accepted", delivery="awaiting", result_due_at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    (line,) = table()
    assert (line["Delivery"], line["Result due by (UTC)"], line["First channel"]) == (
        "Awaiting result",
        "2026-03-01 00:00:00",
        "",
    )


def test_rows_are_read_in_chunks_and_none_is_missed_or_doubled(recorded, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_PER_QUERY", 3)
    ids = [str(recorded().request_id) for _ in range(10)]
    assert [line["Request ID"] for line in table()] == ids[::-1]
    assert [line["Request ID"] for line in table(most=4)] == ids[:-5:-1]


def test_a_workbook_has_the_same_cells_all_of_them_text(recorded, tmp_path):
    recorded(reference="=1+1")
    exports.write_xlsx(
        exports.export_rows(Invocation.objects.all(), Viewer(None, frozenset(), UTC)),
        tmp_path / "a.xlsx",
    )
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "'=1+1" in sheet and "<f>" not in sheet and '<autoFilter ref="A1:Y2"' in sheet


def test_a_million_lines_take_no_more_memory_than_a_thousand():
    line = ["x" * 20] * len(export_columns.EXPORT_COLUMNS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(len(piece) for piece in exports.as_csv(line for _ in range(200_000))) > 10**7
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


# --- in the background ----------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_long_one_is_written_by_the_dispatcher_as_the_history_was_when_it_was_asked_for(
    recorded, priya_herself, folder, format
):
    first = recorded()
    export = exports.request_export(priya_herself, "status=queued", format)
    recorded()
    assert exports.write_next_export() and not exports.write_next_export()
    export.refresh_from_db()
    assert (export.state, export.rows) == ("ready", 1)
    assert files(folder) == [exports.export_path(export).name]
    assert exports.export_path(export).stat().st_mode & 0o077 == 0
    if format == "csv":
        [line] = read([exports.export_path(export).read_bytes()])
        assert line["Request ID"] == str(first.request_id)
        assert "98765" not in line["Phone number"]  # not asked for, though they may see it


def test_a_long_one_has_the_days_and_moments_of_the_zone_of_the_person_who_asked(
    recorded, priya_herself
):
    for day in (1, 2):
        recorded(reference=f"T-{day}")
        Invocation.objects.filter(reference=f"T-{day}").update(
            created_at=datetime(2026, 3, day, 23, 30, tzinfo=UTC)
        )
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        export = exports.request_export(priya_herself, "since=2026-03-03", "csv")
    assert exports.write_next_export()
    export.refresh_from_db()
    (line,) = read([exports.export_path(export).read_bytes()])
    assert (line["Ticket"], line["Saved (Asia/Kolkata)"]) == ("T-2", "2026-03-03 05:00:00")


def test_a_zone_that_this_machine_does_not_know_is_no_reason_to_fail(recorded, priya_herself):
    recorded()
    exports.request_export(priya_herself, "", "csv")
    Export.objects.update(zone="Mars/Olympus_Mons")
    assert exports.write_next_export() and Export.objects.get().state == "ready"


def test_there_is_nothing_to_ask_for_where_nothing_was_recorded(priya_herself):
    assert exports.request_export(priya_herself, "", "csv") is None


def test_one_that_was_cancelled_is_not_written_on(recorded, priya_herself, folder, monkeypatch):
    export = [recorded() for _ in range(6)] and exports.request_export(priya_herself, "", "csv")
    monkeypatch.setattr(exports, "ROWS_PER_QUERY", 2)
    real = exports._counted

    def cancelled_meanwhile(some, mine):
        for number, line in enumerate(real(some, mine)):
            if number == 3:
                assert exports.cancel(export)
            yield line

    monkeypatch.setattr(exports, "_counted", cancelled_meanwhile)
    exports.write_next_export()
    export.refresh_from_db()
    assert export.state == "cancelled" and files(folder) == [] and not exports.write_next_export()


def test_one_whose_writer_died_is_written_again_and_the_late_writer_changes_nothing(
    recorded, priya_herself
):
    recorded()
    export = exports.request_export(priya_herself, "", "csv")
    Export.objects.update(
        state="writing", attempt=1, lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert exports.write_next_export()
    export.refresh_from_db()
    assert (export.state, export.attempt) == ("ready", 2)
    late = Export.objects.filter(pk=export.pk, attempt=1, state="writing")
    with pytest.raises(exports._Stopped):
        list(exports._counted(iter([["a"]]), late))


def test_one_that_breaks_says_so(recorded, priya_herself, monkeypatch):
    recorded()
    export = exports.request_export(priya_herself, "", "csv")
    monkeypatch.setattr(exports, "as_csv", lambda some: 1 / 0)
    exports.write_next_export()
    export.refresh_from_db()
    assert export.state == "failed"


def test_after_a_day_it_is_gone_with_its_file(recorded, priya_herself, folder):
    recorded()
    exports.request_export(priya_herself, "", "csv")
    exports.write_next_export()
    assert exports.delete_old_exports(timezone.now()) == 0 and files(folder)
    assert exports.delete_old_exports(timezone.now() + timedelta(days=1, minutes=1)) == 1
    assert not files(folder)
    assert not Export.objects.exists()
    assert TrailRow.objects.filter(verb="exports_deleted", facts='{"exports":1}').exists()


def test_what_nobody_knows_any_more_is_cleared_away(recorded, folder):
    folder.mkdir()
    (folder / "5bd77b4f-a3a5-4e4b-9b54-4a1f8c2f9a11.1.csv").touch()
    exports.delete_old_exports(timezone.now())
    assert files(folder) == []


@pytest.mark.django_db(transaction=True)
def test_the_thread_beside_the_dispatcher_writes_and_ends(recorded, priya_herself):
    recorded()
    exports.request_export(priya_herself, "", "csv")
    stopping = threading.Event()
    at_work = threading.Thread(target=exports.run_worker, args=(stopping,))
    at_work.start()
    try:
        ends = timezone.now() + timedelta(seconds=20)
        while not Export.objects.filter(state="ready").exists() and timezone.now() < ends:
            at_work.join(0.05)
    finally:
        stopping.set()
        at_work.join(10)
    assert Export.objects.get().state == "ready" and not at_work.is_alive()
