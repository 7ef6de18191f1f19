"""`update_each`: many conditional UPDATEs in one call."""

import pytest
from django.db import DataError, connection
from django.utils import timezone

from invocations.models import Invocation
from invocations.models.bulk_update import update_each

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recorded(workflow):
    return lambda: Invocation.objects.create(
        workflow_instance=workflow, account=workflow.account, payload="{}"
    )


def statuses():
    return list(Invocation.objects.order_by("id").values_list("status", "reason", "doubt_count"))


def test_each_row_gets_its_own_values_and_the_shared_ones(recorded):
    first, second, third = recorded(), recorded(), recorded()
    rows = [
        ({"id": first.pk}, {"status": "rejected", "reason": "a"}),
        ({"id": second.pk}, {"status": "rejected", "reason": "b"}),
    ]
    assert update_each(Invocation, rows) == 2
    assert statuses() == [("rejected", "a", 0), ("rejected", "b", 0), (third.status, "", 0)]


def test_a_column_can_be_both_condition_and_change(recorded):
    ours, not_ours = recorded(), recorded()
    Invocation.objects.filter(pk=not_ours.pk).update(status="held")
    changes = {"status": "sending", "lease_until": timezone.now()}
    assert (
        update_each(
            Invocation, [({"id": row.pk, "status": "queued"}, changes) for row in (ours, not_ours)]
        )
        == 1
    )
    assert [status for status, *_ in statuses()] == ["sending", "held"]


def test_a_value_can_be_none_in_some_rows(recorded):
    first, second = recorded(), recorded()
    now = timezone.now()
    update_each(
        Invocation,
        [
            ({"id": first.pk}, {"final_at": None, "reply": None}),
            ({"id": second.pk}, {"final_at": now, "reply": None}),
        ],
    )
    assert list(Invocation.objects.order_by("id").values_list("final_at", flat=True)) == [None, now]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no lengths")
def test_a_text_that_is_too_long_is_refused_not_truncated(recorded):
    first, second = recorded(), recorded()
    with pytest.raises(DataError):
        update_each(
            Invocation,
            [({"id": first.pk}, {"reason": "a"}), ({"id": second.pk}, {"reason": "b" * 41})],
        )


def test_without_rows_no_statement_runs(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        assert update_each(Invocation, []) == 0
