"""`insert_each`: many rows in one INSERT."""

import uuid

import pytest
from django.utils import timezone

from invocations.models import Attempt, Invocation
from invocations.models.bulk_insert import insert_each

pytestmark = pytest.mark.django_db

NOTHING = ("duration_ms", "http_status", "retry_after", "reply", "answered_request_id", "asked_by")


def insert(rows):
    shared = {"started_at": timezone.now(), "outcome": "under_way", "reason": "it's \\ %s"}
    shared |= dict.fromkeys(NOTHING) | {"answered_invocation_id": "", "target": None}
    return insert_each(Attempt, shared, rows, by="invocation")


def row(invocation, number, **changes):
    own = {"binding": uuid.uuid4(), "api_key_id": None, "api_key_last_four": ""}
    return {"invocation": invocation.pk, "number": number, **own, **changes}


@pytest.fixture
def invocations(workflow):
    return [
        Invocation.objects.create(
            workflow_instance=workflow, account=workflow.account, payload="{}"
        )
        for _ in range(3)
    ]


def test_each_row_has_its_own_values_and_the_shared_ones(invocations):
    key = uuid.uuid4()
    rows = [
        row(one, number, api_key_id=None if number == 2 else key, api_key_last_four="é'\"%"[:4])
        for number, one in enumerate(invocations, start=1)
    ]
    keys = insert(rows)
    for given in rows:
        stored = Attempt.objects.get(pk=keys[given["invocation"]])
        assert {name: getattr(stored, name) for name in given if name != "invocation"} == {
            name: value for name, value in given.items() if name != "invocation"
        }
        assert stored.invocation_id == given["invocation"]
        assert (stored.outcome, stored.reason) == ("under_way", "it's \\ %s")
        assert {name: getattr(stored, name) for name in NOTHING} == dict.fromkeys(NOTHING)


def test_no_rows_need_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert insert([]) == {}


def test_ten_thousand_rows_fit_in_one_statement(invocations, django_assert_num_queries):
    [one, *_others] = invocations
    with django_assert_num_queries(1):
        insert([row(one, number) for number in range(1, 10_001)])
    assert Attempt.objects.count() == 10_000
