"""Messages counted ahead by the sweep add up to what the dashboard would count live."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db.models import Count

from invocations.models import Invocation, Quarter
from invocations.monitoring import statistics
from invocations.monitoring.sweep import sweep
from tests.many import messages, workflow_of
from tests.views.monitoring.dashboard_page import (
    EVERY_STATUS,
    NOON,
    YESTERDAY,
    completed,
    minutes_ago,
    tiles_of,
)

DAY = timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def test_counts_kept_by_the_sweep_equal_the_live_counts(rosa, flow, monkeypatch):
    messages(flow, EVERY_STATUS + YESTERDAY)
    live = [tiles_of(rosa.get(address)) for address in ("/?days=1", "/?days=7")]
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 5)
    assert not rosa.get("/?days=1").context["figures"].is_whole
    assert "figures are too low" in rosa.get("/?days=1").content.decode()
    while statistics.count_due_quarters(NOON):
        pass
    answers = [rosa.get(address) for address in ("/?days=1", "/?days=7")]
    assert [tiles_of(answer) for answer in answers] == live
    assert all(
        answer.context["figures"].is_whole and not answer.context["figures"].is_live
        for answer in answers
    )


def test_recent_messages_are_counted_live_beside_kept_counts(rosa, flow, monkeypatch):
    messages(flow, YESTERDAY + EVERY_STATUS)
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 14)
    while statistics.count_due_quarters(NOON):
        pass
    before = int(tiles_of(rosa.get("/?days=7"))["Accepted"])
    Invocation.objects.filter(status="accepted", created_at__gt=NOON - timedelta(minutes=6)).update(
        status="held"
    )
    assert int(tiles_of(rosa.get("/?days=7"))["Accepted"]) == before - 1


def test_a_quarter_of_an_hour_is_recounted_after_a_tenth_of_its_age(flow, monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 0)
    [row] = messages(flow, [minutes_ago(100, status="unknown")])
    while statistics.count_due_quarters(NOON):
        pass
    Invocation.objects.filter(pk=row.pk).update(status="accepted")
    quarter = Quarter.objects.get(begins_at=NOON - timedelta(minutes=100))
    assert quarter.counts == {str(flow.pk): {"recorded": 1, "unknown": 1}}
    assert quarter.recount_at == NOON + timedelta(minutes=10)
    while statistics.count_due_quarters(NOON + timedelta(minutes=11)):
        pass
    quarter.refresh_from_db()
    assert quarter.counts == {str(flow.pk): {"recorded": 1, "accepted": 1, "unreported": 1}}


def test_counts_older_than_every_period_are_deleted(flow, monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 0)
    messages(flow, [minutes_ago(5)])
    Quarter.objects.create(begins_at=NOON - timedelta(days=40), recount_at=NOON)
    statistics.count_due_quarters(NOON)
    assert not Quarter.objects.filter(begins_at__lt=NOON - timedelta(days=32))


def test_few_messages_are_not_counted_ahead(flow):
    messages(flow, EVERY_STATUS)
    sweep()
    assert not Quarter.objects.exists()


@pytest.mark.parametrize(
    ("since", "until"), [(NOON - DAY, None), (NOON - 7 * DAY, NOON - DAY / 4), (NOON - DAY, NOON)]
)
def test_the_statement_counts_what_django_counts(flow, since, until):
    messages(workflow_of(flow.account, "Newsletter"), YESTERDAY)
    messages(flow, YESTERDAY + EVERY_STATUS)
    found = statistics._count(since, until)
    asked = Invocation.objects.filter(created_at__gte=since)
    asked = asked.filter(created_at__lt=until) if until else asked
    for name, condition in statistics.CONDITIONS.items():
        per_workflow = asked.filter(condition).values("workflow_instance").annotate(n=Count("pk"))
        expected = dict(per_workflow.order_by().values_list("workflow_instance", "n"))
        counted = Counter()
        for row in found:
            counted[row.workflow_id] += row.counts.get(name, 0)
        assert +counted == expected, name
    assert sum(row.counts["recorded"] for row in found) == asked.count() > 0
    assert len({(row.begins_at, row.workflow_id) for row in found}) == len(found)
    assert {row.begins_at.minute % 15 for row in found} == {0}


def test_the_median_time_leaves_out_results_that_proved_that_a_message_was_accepted(flow):
    other = workflow_of(flow.account, "Newsletter")
    proved = completed(3, 1, reason="confirmed_by_result", result_at=NOON)
    found = messages(flow, [completed(5, 1), completed(6, 1), completed(7, 1), proved])
    messages(other, [minutes_ago(4, status="accepted")])
    times = statistics.times_to_result([flow.pk, other.pk], found[0].pk)
    assert {pk: round(each.total_seconds(), 3) for pk, each in times.items()} == {flow.pk: 30}


def test_the_median_times_of_all_workflows_are_one_query(flow, django_assert_num_queries):
    workflows = [flow, *(workflow_of(flow.account, f"Newsletter {n}") for n in range(4))]
    found = [messages(each, [completed(5, 1)])[0] for each in workflows]
    with django_assert_num_queries(1):
        times = statistics.times_to_result([each.pk for each in workflows], found[0].pk)
    assert len(times) == 5
