"""Rows of the trail are added and sealed once; the database refuses anything else."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from invocations.audit.record import record
from invocations.models import TrailRow

pytestmark = pytest.mark.django_db
COLUMNS = ("at", "who_id", "who_name", "verb", "about_kind", "about_id", "facts", "ip", "session")


def refused(write, *arguments):
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        write(*arguments)


@pytest.mark.parametrize("column", [*COLUMNS, "mac", "seq", "chain"])
def test_a_sealed_row_is_not_changed(rows, column):
    value = {"at": timezone.now(), "seq": 99}.get(column, "x")
    refused(lambda: TrailRow.objects.filter(pk=rows[0].pk).update(**{column: value}))


@pytest.mark.parametrize("column", COLUMNS)
def test_sealing_changes_nothing_else(db, column):
    row = record("exported", by=None)
    value = timezone.now() if column == "at" else "x"
    refused(lambda: TrailRow.objects.filter(pk=row.pk).update(seq=1, chain="c", **{column: value}))


def test_a_seal_is_not_taken_off(rows):
    refused(lambda: TrailRow.objects.filter(pk=rows[0].pk).update(seq=None, chain=""))


def test_no_row_is_deleted_sealed_or_not(rows, run_sql):
    unsealed = record("exported", by=None)
    for row in (rows[0], unsealed):
        refused(run_sql, f"DELETE FROM invocations_trailrow WHERE id = {row.pk}")


def test_a_copy_of_a_row_is_refused(rows):
    rows[0].pk, rows[0].seq, rows[0].chain = None, None, ""
    with pytest.raises(IntegrityError), transaction.atomic():
        rows[0].save(force_insert=True)


def test_a_row_is_not_replaced(rows, run_sql):
    columns = ", ".join(field.column for field in TrailRow._meta.fields)
    insert = f"INSERT OR REPLACE INTO invocations_trailrow ({columns})"
    same = f"SELECT {columns} FROM invocations_trailrow WHERE seq = 1"
    if connection.vendor == "postgresql":
        insert = insert.replace(" OR REPLACE", "")
        same += " ON CONFLICT (id) DO UPDATE SET facts = '{}'"
    refused(run_sql, f"{insert} {same}")


@pytest.mark.postgres
def test_the_table_is_not_truncated(rows, run_sql):
    refused(run_sql, "TRUNCATE invocations_trailrow")
    assert connection.vendor == "postgresql"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_test_that_commits_leaves_no_row(time):
    """The suite empties the trail between tests, although the product cannot."""
    assert not TrailRow.objects.filter(verb="exported").exists()
    record("exported", by=None)
