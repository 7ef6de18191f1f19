"""The sweep retries unmatched results, marks missing ones and drops stale ones."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import Callback, Invocation
from invocations.monitoring.sweep import run_once, sweep
from invocations.results import matching, upkeep
from invocations.sending import store_outcome
from invocations.sending.deliver import deliver
from tests.results.conftest import FOREIGN_REQUEST_ID, MINUTE, body, stored_delivery
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_result_before_the_answer_is_matched_by_the_next_sweep(
    recorded, report, receiver, kaleyra_says
):
    callback = report("early", "DELIVERED")
    invocation = recorded()
    kaleyra_says(
        202, {"success": True, "executionStatus": "ACCEPTED", "workflowInvocationId": "early"}
    )
    deliver(invocation.pk)
    assert stored_delivery(invocation) == "" and sweep() == 1
    callback.refresh_from_db()
    assert stored_delivery(invocation) == "completed" and callback.invocation == invocation


def test_results_that_cannot_be_matched_do_not_hold_up_one_that_can(
    recorded, report, in_status, account, monkeypatch
):
    monkeypatch.setattr(upkeep, "ROWS_PER_ROUND", 5)
    monkeypatch.setattr(upkeep, "MAX_ROUNDS", 1)
    early = report("early", "READ")
    for n in range(12):
        in_status("accepted", workflow_invocation_id=f"K{n}")
        report(f"K{n}", "READ", requestId=FOREIGN_REQUEST_ID)
    Callback.objects.update(received_at=timezone.now() - MINUTE, ask_at=timezone.now() - MINUTE)
    Callback.objects.filter(pk=early.pk).update(ask_at=timezone.now())
    Invocation.objects.filter(pk=in_status("accepted").pk).update(workflow_invocation_id="early")
    assert [upkeep.retry_unmatched(timezone.now()) for _ in range(3)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("age", "wait"), [(0, 0), (0.4, 0), (1, 0.25), (6, 1), (29, 1), (31, 5), (10_000, 5)]
)
def test_the_retry_interval_grows_with_the_age_of_a_result(report, age, wait):
    now = timezone.now()
    callback = report("nobody’s", "READ")
    Callback.objects.update(received_at=now - age * MINUTE, ask_at=now - MINUTE)
    upkeep.retry_unmatched(now)
    callback.refresh_from_db()
    assert callback.ask_at == now + wait * MINUTE


def test_a_sweep_takes_as_many_queries_for_fifty_results_as_for_one(report, in_status):
    counts = []
    for n in (1, 50):
        for each in range(n):
            in_status("accepted", workflow_invocation_id=f"K{n}-{each}")
            report(f"K{n}-{each}", "READ", requestId=FOREIGN_REQUEST_ID)
        with CaptureQueriesContext(connection) as queries:
            assert upkeep.retry_unmatched(timezone.now()) == 0
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 5


def test_a_result_stored_by_an_earlier_version_is_retried_at_once(report, in_status):
    callback = report("A", "READ")
    with connection.cursor() as cursor:
        columns = ", ".join(
            field.column
            for field in Callback._meta.concrete_fields
            if field.column not in ("id", "ask_at", "digest")
        )
        cursor.execute(
            f"INSERT INTO invocations_callback (digest, {columns})"
            f" SELECT 'other', {columns} FROM invocations_callback"
        )
    in_status("accepted", workflow_invocation_id="A")
    callback.delete()
    assert upkeep.retry_unmatched(timezone.now() + timedelta(seconds=1)) == 1


def test_results_that_race_with_our_own_commit_are_all_matched(
    recorded, account, receiver, kaleyra_says, monkeypatch
):
    real, threads = store_outcome.store_outcomes, []

    def post_result(raw):
        store_result(account, raw)
        connection.close()

    def store_outcomes(outcomes):
        """The result is posted while the answer is being stored."""
        for claim, result in outcomes:
            raw = body(result.reply.workflow_invocation_id, "DELIVERED", n=claim.invocation.pk)
            threads.append(threading.Thread(target=post_result, args=[raw]))
            threads[-1].start()
        real(outcomes)

    monkeypatch.setattr(store_outcome, "store_outcomes", store_outcomes)
    type(account).objects.update(sends_per_second=1000)
    for _ in range(40):
        recorded()
    Invocation.objects.update(due_at=timezone.now())
    run_once(width=8)
    for thread in threads:
        thread.join()
    sweep()
    assert len(threads) == 40 and not matching.unmatched_results().exists()
    assert set(Invocation.objects.values_list("status", "delivery")) == {("accepted", "completed")}


def test_an_overdue_result_is_marked_missing_and_still_counts_when_it_comes(in_status, report):
    due, later = (
        in_status(
            "accepted",
            workflow_invocation_id=name,
            delivery="awaiting",
            result_due_at=timezone.now() + wait,
        )
        for name, wait in [("A", -MINUTE), ("B", MINUTE)]
    )
    assert sweep() == 1
    assert (stored_delivery(due), stored_delivery(later)) == ("no_result", "awaiting")
    assert sweep() == 0
    report("A", "DELIVERED")
    assert stored_delivery(due) == "completed"


def test_a_result_unmatched_for_a_month_is_dropped(report, accepted):
    invocation = accepted()
    matched, old, new = (
        report(invocation.workflow_invocation_id, "READ"),
        report("old", "READ"),
        report("new", "READ"),
    )
    Callback.objects.filter(pk__in=[matched.pk, old.pk]).update(
        received_at=timezone.now() - upkeep.UNMATCHED_KEPT_FOR - MINUTE
    )
    assert sweep() == 1
    assert set(Callback.objects.values_list("pk", flat=True)) == {matched.pk, new.pk}


def test_beyond_the_limit_the_oldest_unmatched_results_are_dropped(report, monkeypatch, caplog):
    monkeypatch.setattr(upkeep, "MAX_UNMATCHED", 3)
    kept = [report(f"id{n}", "READ").pk for n in range(5)][2:]
    assert sweep() == 2 and sorted(Callback.objects.values_list("pk", flat=True)) == kept
    assert "2 results were dropped" in caplog.text
