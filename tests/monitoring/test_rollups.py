"""Sums of stored quarters of an hour by hour and day, kept until a quarter changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from invocations.models import Invocation, Quarter
from invocations.monitoring import statistics
from invocations.monitoring.rollups import QUARTER, sums_between
from tests.many import messages, real_account, workflow_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
NEXT_QUARTER = NOON.replace(minute=15)
SINCE = NOON.replace(hour=0, minute=0) - timedelta(days=30)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def stored(db):
    """Every quarter of 31 days until now is counted, with one message in each fifth."""
    first = NEXT_QUARTER - timedelta(days=31)
    Quarter.objects.bulk_create(
        Quarter(
            begins_at=first + n * QUARTER,
            counts={} if n % 5 else {"7": {"recorded": 1}},
            recount_at=NOON,
            revision=1,
        )
        for n in range(31 * 96)
    )


def total(sums):
    return sum(counts["recorded"] for each in sums.values() for counts in each.counts.values())


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York"])
def test_days_and_hours_are_those_of_the_zone_and_leave_nothing_out(stored, zone):
    with timezone.override(ZoneInfo(zone)):
        since = statistics.period_start(30)
        sums = sums_between(since, NEXT_QUARTER)
        starts = [timezone.localtime(span.begins_at) for span in sums]
    assert [start.hour for start in starts[:28]] == [0] * 28
    assert len({start.date() for start in starts}) == 30
    assert [start.hour for start in starts[28:52]] == list(range(24))
    assert all(start.minute == 0 for start in starts)
    quarters = Quarter.objects.filter(begins_at__gte=since)
    assert sum(each.quarters for each in sums.values()) == quarters.count()
    assert total(sums) == quarters.exclude(counts={}).count()


def test_the_day_on_which_clocks_go_back_is_one_day(stored):
    with timezone.override(ZoneInfo("America/New_York")):
        sums = sums_between(statistics.period_start(30), NOON)
    lengths = [span.ends_at - span.begins_at for span in list(sums)[:28]]
    assert lengths.count(timedelta(hours=25)) == 1  # 1 November
    assert lengths.count(timedelta(hours=24)) == 27


def test_sums_are_kept_and_read_in_one_query(stored, django_assert_num_queries):
    before = sums_between(SINCE, NOON)
    with django_assert_num_queries(1):
        assert sums_between(SINCE, NOON) == before


def test_a_sum_is_made_anew_when_one_of_its_quarters_changes(stored):
    before = total(sums_between(SINCE, NOON))
    changed = Quarter.objects.filter(begins_at=SINCE + timedelta(days=2))
    changed.update(counts={"7": {"recorded": 100}}, revision=2)
    assert total(sums_between(SINCE, NOON)) in (before + 99, before + 100)


def test_quarters_that_are_gone_are_missing_from_the_sums(stored):
    assert total(sums_between(SINCE, NOON))
    Quarter.objects.all().delete()
    assert not total(sums_between(SINCE, NOON))
    assert sums_between(NOON, NOON) == {}


def test_a_quarter_gets_a_new_revision_only_when_its_counts_change(monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 0)
    monkeypatch.setattr(statistics, "LONGEST_PERIOD", timedelta(hours=1))
    flow = workflow_of(real_account(), "Refund confirmed")
    [row] = messages(flow, [{"created_at": NOON, "status": "accepted"}])
    quarter = Quarter.objects.filter(begins_at=NOON.replace(minute=0))
    revisions = []
    for minutes, status in enumerate(("accepted", "accepted", "rejected"), start=2):
        Invocation.objects.filter(pk=row.pk).update(status=status)
        statistics.count_due_quarters(NOON + timedelta(minutes=minutes))
        revisions.append(quarter.values_list("revision", flat=True)[0])
        quarter.update(recount_at=NOON)
    assert 0 < revisions[0] == revisions[1] < revisions[2]
