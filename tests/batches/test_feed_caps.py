"""A batch waits while a cap of its account or person is full; a number's cap refuses the row."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.batches import approvals, feed, part_found
from invocations.batches.feed_caps import waits_for
from invocations.batches.start import start
from invocations.models import Account, Batch, BatchPart, Invocation, LimitCount
from tests.batches.built import checked_batch, running_batch
from tests.limited import limit, list_number, live_workflow, refusal, send
from tests.sending.test_once import at_once

NOW = datetime(2026, 11, 29, 12, 30, 30, tzinfo=UTC)


@pytest.fixture
def clock_stands(monkeypatch):
    moment = {"now": NOW}
    monkeypatch.setattr(timezone, "now", lambda: moment["now"])
    return moment


def _fed_all(batch):
    feed.feed_due()
    batch.refresh_from_db()
    return batch.fed


def _faults(batch):
    found = part_found.unpack(BatchPart.objects.get(batch=batch).found)
    return {row: [fault.code for fault in faults] for row, faults in found.faults.items()}


def _of_live(count=5, **options):
    workflow = live_workflow()
    Account.objects.update(sends_per_second=100)
    workflow.account.refresh_from_db()
    return running_batch(workflow, count, **options)


@pytest.mark.parametrize("cap", ["account_day", "person_day", "person_minute"])
@pytest.mark.django_db
def test_a_batch_waits_until_the_cap_is_free_and_its_page_says_so(ada, cap, clock_stands):
    batch = checked_batch(live_workflow(), 5, created_by=ada.person)
    assert start(batch, ada.person)
    limit(**{cap: 2})
    assert _fed_all(batch) == 2
    assert feed.feed_due() == 0
    assert "at most 2 messages" in waits_for(batch)
    clock_stands["now"] = NOW + timedelta(days=1)
    Invocation.objects.update(status=Invocation.Status.ACCEPTED)
    assert not waits_for(batch)
    assert _fed_all(batch) == 4
    assert batch.state == Batch.State.RUNNING


@pytest.mark.django_db
def test_a_row_whose_number_has_had_enough_is_refused_with_the_words(clock_stands):
    workflow = live_workflow()
    limit(number_day=2)
    send(workflow, "919876543202")
    cells = [["919876543202", "Asha"], ["919876543203", "Ben"], ["919876543202", "Asha"]]
    batch = running_batch(workflow, cells)
    assert _fed_all(batch) == 2
    assert (batch.bad_rows, batch.left_out) == (1, 1)
    assert _faults(batch) == {4: ["cap_number_day"]}
    assert LimitCount.objects.get(count=2).count == 2


@pytest.mark.django_db(transaction=True)
def test_batches_and_people_together_keep_the_cap_exactly(db, clock_stands):
    workflow = live_workflow()
    Account.objects.update(sends_per_second=100)
    limit(account_day=20)
    batches = [running_batch(workflow, 15) for _each in range(2)]
    numbers = iter(range(43200, 43300))

    def work():
        number = next(numbers)
        if number % 5 == 0:
            feed.feed_due()
        else:
            refusal(workflow, f"9198765{number}")

    at_once(50, work)
    for _each in range(10):
        feed.feed_due()
    assert Invocation.objects.count() == LimitCount.objects.get().count == 20
    assert sum(Batch.objects.get(pk=each.pk).fed for each in batches) <= 20


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda account: list_number("919800001202"), "do_not_contact"),
        (lambda account: limit(countries="SG"), "country_not_allowed"),
        (lambda account: Account.objects.update(only_listed=True), "not_listed"),
    ],
)
@pytest.mark.django_db
def test_rows_are_refused_when_fed_also_if_the_check_found_nothing(prepare, code, clock_stands):
    batch = _of_live(3)
    prepare(batch.account)
    feed.feed_due()
    faults = _faults(batch)
    assert faults.get(3) == [code] and all(codes == [code] for codes in faults.values())
    fed = set(Invocation.objects.values_list("batch_row", flat=True))
    assert fed == {2, 3, 4} - set(faults)


@pytest.mark.django_db
def test_without_limits_a_feed_costs_one_statement_more():
    batch = _of_live(3)
    with CaptureQueriesContext(connection) as asked:
        feed.feed_due()
    of_limits = [each["sql"] for each in asked if "limit" in each["sql"].lower().split("from")[-1]]
    assert sum("limitset" in each["sql"] for each in asked) == 1, of_limits
    assert not any("limitcount" in each["sql"] for each in asked)
    assert approvals.refresh(timezone.now()) == 0 and batch.pk
