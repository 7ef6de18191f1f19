"""`verify_audit` names every row that was changed, removed or inserted."""

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from invocations.audit import checking, macs, sealing
from invocations.audit.record import record
from invocations.audit.sealing import current_head, log_head, seal_all, seal_batch
from invocations.models import TrailHead, TrailRow
from tests.audit.conftest import triggers_dropped

T = "invocations_trailrow"
UNGUARDED = {
    "sqlite": [
        ("DROP TRIGGER trail_not_deleted", "trail_not_deleted is missing"),
        # SQLite keeps the name of the table as it was typed.
        (
            f"CREATE TRIGGER swallows BEFORE INSERT ON {T.upper()} BEGIN SELECT RAISE(IGNORE); END",
            "not the console's, swallows",
        ),
    ],
    "postgresql": [
        (f"DROP TRIGGER trail_not_deleted ON {T}", "trail_not_deleted is missing"),
        (
            "CREATE FUNCTION swallows() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; "
            f"END'; CREATE TRIGGER swallows BEFORE INSERT ON {T}"
            " FOR EACH ROW EXECUTE FUNCTION swallows()",
            "not the console's, swallows",
        ),
        (
            "CREATE OR REPLACE FUNCTION trail_refuses() RETURNS trigger LANGUAGE plpgsql AS $$"
            "BEGIN IF false THEN RAISE EXCEPTION 'The trail is only added to.'; END IF; "
            "RETURN OLD; END $$",
            "trail_not_deleted is missing or altered",
        ),
        (
            f"DROP TRIGGER trail_not_deleted ON {T}; CREATE TRIGGER trail_not_deleted BEFORE"
            f" DELETE ON {T} FOR EACH ROW WHEN (false) EXECUTE FUNCTION trail_refuses()",
            "trail_not_deleted is missing or altered",
        ),
        (
            f"CREATE TABLE other (LIKE {T} INCLUDING ALL); CREATE RULE r AS ON INSERT TO {T}"
            " DO INSTEAD INSERT INTO other VALUES (NEW.*) RETURNING other.*",
            "has a rule",
        ),
        (f"ALTER TABLE {T} ENABLE ROW LEVEL SECURITY", "has row security"),
        (f"CREATE TABLE other () INHERITS ({T})", "another table inherits from it"),
    ],
}
"""Statements of somebody who owns the database, and what `verify_audit` says of each."""

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_trail")]
NOW = timezone.now()
OTHER = {"id": 2, "at": NOW + timedelta(microseconds=1)}


def verified(*options):
    """Exit code and output."""
    output = StringIO()
    try:
        call_command("verify_audit", *options, stdout=output, stderr=StringIO())
    except SystemExit as exit:
        return exit.code, output.getvalue()
    return 0, output.getvalue()


def test_a_whole_trail_exits_with_0_and_tells_its_head(rows):
    code, output = verified()
    assert (code, current_head() in output) == (0, True)


def test_an_empty_trail_is_whole(db):
    assert verified()[0] == 0


def test_a_changed_row_is_named(rows):
    with triggers_dropped():
        TrailRow.objects.filter(seq=2).update(who_name="meera")
    code, output = verified()
    assert code == 1
    assert "changed or inserted: row 2 " in output
    assert output.count("row 3") == 0


def test_a_changed_time_is_named(rows):
    with triggers_dropped():
        TrailRow.objects.filter(seq=2).update(at=rows[1].at + timedelta(microseconds=1))
    assert "changed or inserted: row 2 " in verified()[1]


def test_a_row_removed_in_the_middle_is_named(rows):
    with triggers_dropped():
        TrailRow.objects.filter(seq=2).delete()
    code, output = verified()
    assert (code, "removed: row 2 is missing" in output) == (1, True)


def test_rows_removed_at_the_end_are_named(rows):
    with triggers_dropped():
        TrailRow.objects.filter(seq__gte=2).delete()
    assert "removed: rows 2 to 3 are missing at the end" in verified()[1]


def test_a_trail_cut_together_with_its_head_contradicts_the_head_in_the_log(rows):
    head = current_head()
    with triggers_dropped():
        TrailRow.objects.filter(seq=3).delete()
    TrailHead.objects.update(seq=2, chain=rows[1].chain)
    assert verified()[0] == 0
    code, output = verified("--head", head)
    assert (code, "removed: place 3" in output) == (1, True)


def test_a_chain_recomputed_with_the_key_contradicts_the_head_in_the_log(rows):
    head = current_head()
    with triggers_dropped():
        TrailRow.objects.filter(seq=2).delete()
        TrailRow.objects.update(seq=None, chain="")
        TrailHead.objects.all().delete()
        record("exported", by=None)
        seal_all(timezone.now())
    assert verified()[0] == 0
    code, output = verified("--head", head)
    assert (code, "recomputed: the chain up to row 3" in output) == (1, True)


def test_rows_that_changed_places_are_named(rows):
    two, three = rows[1:]
    with triggers_dropped():
        TrailRow.objects.filter(pk=three.pk).update(seq=9)
        TrailRow.objects.filter(pk=two.pk).update(seq=3, chain=three.chain)
        TrailRow.objects.filter(pk=three.pk).update(seq=2, chain=two.chain)
    assert "moved or inserted: row 2 " in verified()[1]


def test_a_head_that_is_not_the_last_seal_is_named(rows):
    TrailHead.objects.update(chain="0" * 64)
    code, output = verified()
    assert (code, "recomputed: the head does not have the seal of row 3" in output) == (1, True)


def test_the_heads_of_a_log_show_what_the_newest_one_hides(rows, tmp_path):
    """Made anew before the newest head was logged."""
    log = tmp_path / "log"
    log.write_text(
        f"INFO head of the trail: 2:{'a' * 64}\nINFO head of the trail: {current_head()}\n"
    )
    code, output = verified("--log", str(log))
    assert (code, output.count("recomputed: the chain up to row 2 ")) == (1, 1)


def test_a_log_without_a_head_is_no_proof(rows, tmp_path):
    (tmp_path / "log").write_text("WARNING something else\n")
    with pytest.raises(CommandError, match="LOG_LEVEL"):
        verified("--log", str(tmp_path / "log"))


def test_a_row_before_the_chain_is_named(rows, run_sql):
    """Its own MAC is right, as of a row that was taken out of the chain."""
    if connection.vendor == "sqlite":
        run_sql("PRAGMA ignore_check_constraints = ON")
    else:
        run_sql("ALTER TABLE invocations_trailrow DROP CONSTRAINT trail_row_is_sealed_or_not")
    row = TrailRow(verb="sent", seq=0, chain="x")
    row.mac = macs.row_mac(row)
    row.save()
    code, output = verified()
    assert (code, f"(id {row.pk:,}, " in output and "no place of its own" in output) == (1, True)
    if connection.vendor == "sqlite":
        run_sql("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize(("statement", "said"), UNGUARDED[connection.vendor])
def test_what_could_swallow_hide_or_add_rows_is_named(rows, run_sql, statement, said):
    run_sql(statement)
    code, output = verified()
    assert (code, said in output) == (1, True)


def test_a_row_that_a_view_swallows_is_no_row(rows, run_sql):
    run_sql(f"ALTER TABLE {T} RENAME TO other")
    run_sql(f"CREATE VIEW {T} AS SELECT DISTINCT * FROM other")
    with pytest.raises(DatabaseError):
        record("sent", by=None)


def test_a_row_that_cannot_be_read_is_a_fault_and_no_failure(rows, monkeypatch):
    monkeypatch.setattr(checking, "has_own_mac", lambda row: int("no number"))
    assert "cannot be read" in verified()[1]


def test_a_row_inserted_with_a_forged_mac_is_named(rows):
    TrailRow.objects.create(verb="sent", mac="0" * 80)
    seal_all(timezone.now())
    assert "changed or inserted: row 4 " in verified()[1]


def test_a_row_inserted_with_a_place_of_its_own_is_named(rows):
    row = TrailRow(verb="sent", seq=4, chain=hashlib.sha256(b"x").hexdigest())
    row.mac = macs.row_mac(row)
    row.save()
    code, output = verified()
    assert code == 1
    assert "row 4 is behind the head" in output


def test_an_altered_unsealed_row_is_named(db):
    row = record("sent", by=None)
    with triggers_dropped():
        TrailRow.objects.filter(pk=row.pk).update(who_name="meera")
    assert "changed or inserted: an unsealed row" in verified()[1]


def test_rows_unsealed_for_more_than_a_minute_are_reported(db):
    row = TrailRow(verb="sent", at=timezone.now() - timedelta(seconds=61))
    row.mac = macs.row_mac(row)
    row.save()
    code, output = verified()
    assert (code, "not sealed: 1 rows" in output) == (1, True)


def test_each_column_is_part_of_the_mac_and_of_the_seal():
    """Every column of the model, so that one that is added later is not left out."""
    seen = []
    for name in [None, *(field.name for field in TrailRow._meta.fields)]:
        row = TrailRow(pk=1, at=NOW)
        if name:
            setattr(row, name, OTHER.get(name, "x"))
        seen.append((name, macs.row_mac(row, "0" * 16), macs.chain_mac("", 1, row)))
    [(_none, mac, seal), *changed] = seen
    assert {name for name, other, _seal in changed if other == mac} == {"id", "mac", "seq", "chain"}
    # Their place and the seal before are given apart.
    assert {name for name, _mac, other in changed if other == seal} == {"seq", "chain"}
    assert len({macs.chain_mac(*place, row) for place in (("", 1), ("", 2), ("a", 1))}) == 3


def test_text_moved_between_two_columns_has_another_mac():
    one = TrailRow(who_id="1", who_name="2meera")
    other = TrailRow(who_id="12", who_name="meera", at=one.at)
    assert macs.row_mac(one, "0" * 16) != macs.row_mac(other, "0" * 16)


def test_what_is_no_head_is_refused(db):
    with pytest.raises(CommandError, match="--head"):
        call_command("verify_audit", "--head", "3:none")


def test_rows_are_sealed_in_the_order_of_their_ids_in_batches(db, monkeypatch):
    monkeypatch.setattr(sealing, "AT_ONCE", 2)
    rows = [record("sent", by=None) for _ in range(5)]
    assert seal_all(timezone.now()) == 5
    assert list(TrailRow.objects.order_by("seq").values_list("pk", flat=True)) == [
        row.pk for row in rows
    ]
    assert verified()[0] == 0


def test_a_late_row_is_sealed_later(rows):
    late = TrailRow(pk=rows[0].pk + 1_000_000, verb="sent")
    early = TrailRow(pk=rows[2].pk + 1_000, verb="sent")
    for row in (late, early):
        row.mac = macs.row_mac(row)
        row.save(force_insert=True)
        seal_all(timezone.now())
    assert TrailRow.objects.get(pk=early.pk).seq == 5
    assert verified()[0] == 0


def test_a_sealer_whose_head_was_moved_meanwhile_seals_nothing(rows, monkeypatch):
    record("sent", by=None)
    seal = sealing.chain_mac

    def moved_meanwhile(*arguments):
        TrailHead.objects.update(seq=99)
        return seal(*arguments)

    monkeypatch.setattr(sealing, "chain_mac", moved_meanwhile)
    assert seal_batch(timezone.now()) == 0
    assert TrailRow.objects.filter(seq__isnull=True).count() == 1


def test_the_head_is_logged_once_a_minute_if_it_has_moved(rows, caplog):
    caplog.set_level("INFO", "invocations")
    now = timezone.now()
    later = now + timedelta(seconds=61)
    assert [log_head(now), log_head(now), log_head(later)] == [True, False, False]
    record("sent", by=None)
    seal_all(later)
    assert log_head(later)
    assert current_head() in caplog.text
    TrailHead.objects.update(logged_at=later + timedelta(days=900))
    assert log_head(later), "whoever moves the row ahead silences nothing"
