"""Incidents open when trouble lasts, once, and close by themselves."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import Account, Heartbeat, Incident, Invocation, Pace
from invocations.monitoring import incidents
from invocations.monitoring.incidents import record_heartbeat, update_incidents
from invocations.monitoring.sweep import sweep
from invocations.sending import pause, rate_limit
from invocations.sending.deliver import deliver
from tests.many import messages, workflow_of

pytestmark = pytest.mark.django_db
KIND = "Workflow Instance … is not published."
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def refused(workflow, now):
    """refused(3, minutes_ago=2): so many refusals of one kind, a second apart."""

    def refused(count, minutes_ago=1.0, kind=KIND, of=None):
        at = now - minutes_ago * MINUTE
        columns = [
            {"status": "rejected", "error_kind": kind, "final_at": at + timedelta(seconds=n)}
            for n in range(count)
        ]
        return messages(of or workflow, columns)

    return refused


@pytest.fixture
def accepted(workflow, now):
    def accepted(minutes_ago=0.0, of=None):
        return messages(
            of or workflow, [{"status": "accepted", "final_at": now - minutes_ago * MINUTE}]
        )

    return accepted


def still_open():
    return list(
        Incident.objects.filter(closed_at__isnull=True).values_list("kind", "reason", "count")
    )


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_three_refusals_of_a_kind_within_ten_minutes_open_one(refused, now, workflow):
    refused(2)
    assert update_incidents(now) == 0 and still_open() == []
    refused(1)
    assert update_incidents(now) == 1 and still_open() == [("refusals", KIND, 3)]
    assert update_incidents(now) == 0 and Incident.objects.get().workflow_instance == workflow


@pytest.mark.parametrize("minutes_ago", [11, 600])
def test_refusals_of_long_ago_open_none(refused, now, minutes_ago):
    refused(5, minutes_ago)
    assert update_incidents(now) == 0


def test_refusals_of_different_kinds_or_workflows_are_not_added_up(refused, now, account):
    refused(2)
    refused(2, kind="Recipient … is not valid")
    refused(2, of=workflow_of(account, "Another"))
    assert update_incidents(now) == 0


def test_more_refusals_are_counted_in_the_same_one(refused, now):
    refused(3, minutes_ago=3)
    update_incidents(now)
    refused(4, minutes_ago=1)
    assert update_incidents(now) == 0 and still_open() == [("refusals", KIND, 7)]
    assert update_incidents(now) == 0 and still_open() == [("refusals", KIND, 7)]


def test_an_acceptance_closes_it(refused, accepted, now):
    refused(3)
    update_incidents(now)
    accepted()
    assert update_incidents(now) == 1 and still_open() == []
    assert update_incidents(now + MINUTE) == 0 and Incident.objects.count() == 1


def test_an_acceptance_of_before_or_of_another_workflow_does_not(refused, accepted, now, account):
    accepted(minutes_ago=5)
    refused(3)
    accepted(of=workflow_of(account, "Another"))
    update_incidents(now)
    assert update_incidents(now) == 0 and len(still_open()) == 1


def test_an_hour_of_quiet_closes_it(refused, now):
    refused(3)
    update_incidents(now)
    assert update_incidents(now + 50 * MINUTE) == 0
    assert update_incidents(now + 62 * MINUTE) == 1 and still_open() == []


def test_one_that_comes_back_soon_is_the_same_one(refused, accepted, now):
    refused(3, minutes_ago=3)
    update_incidents(now)
    accepted(minutes_ago=2)
    update_incidents(now)
    refused(3, minutes_ago=1)
    assert update_incidents(now) == 1 and Incident.objects.count() == 1 and still_open()[0][2] >= 6


def test_one_that_comes_back_later_is_another_one(refused, accepted, now):
    refused(3, minutes_ago=3)
    update_incidents(now)
    accepted(minutes_ago=2)
    update_incidents(now)
    Incident.objects.update(closed_at=now - 11 * MINUTE)
    refused(3, minutes_ago=1)
    assert update_incidents(now) == 1 and Incident.objects.count() == 2


def test_what_a_person_settled_is_neither_a_refusal_nor_an_acceptance(refused, now, workflow):
    at = now - MINUTE
    messages(
        workflow, [{"status": "rejected", "reason": "settled_not_delivered", "final_at": at}] * 3
    )
    assert update_incidents(now) == 0
    refused(3, minutes_ago=2)
    assert update_incidents(now) == 1
    messages(workflow, [{"status": "accepted", "reason": "settled_delivered", "final_at": now}])
    messages(workflow, [{"status": "accepted", "reason": "confirmed_by_result", "final_at": now}])
    assert update_incidents(now) == 0 and still_open() == [("refusals", KIND, 3)], (
        "it was accepted before, whenever that was found out"
    )


def test_what_the_receiver_refuses_is_noticed_by_a_sweep(recorded, kaleyra_says, transactional_db):
    kaleyra_says(400, {"success": False, "message": "Workflow Instance 123 is not published."})
    for _ in range(3):
        assert deliver(recorded().pk)
    sweep()
    assert still_open() == [("refusals", KIND, 3)]
    kaleyra_says.stop()
    deliver(recorded().pk)
    Heartbeat.objects.update(at=timezone.now() - MINUTE)
    sweep()
    assert still_open() == []


# --- the other kinds --------------------------------------------------------------------------------------------------


def test_an_account_that_the_console_paused_until_it_goes_on(account, now):
    Account.objects.update(is_paused=True, paused_because="credentials")
    update_incidents(now)
    assert still_open() == [("paused", "credentials", 1)]
    pause.resume(account)
    assert update_incidents(now) == 1 and still_open() == []


def test_an_account_that_a_person_paused_is_no_incident(account, now):
    Account.objects.update(is_paused=True, paused_reason="Stock-taking")
    assert update_incidents(now) == 0


def test_a_workflow_that_kaleyra_does_not_know(workflow, now):
    pause.pause_workflow(workflow.pk, "no_such_workflow")
    update_incidents(now)
    assert still_open() == [("paused", "no_such_workflow", 1)]


def test_a_workflow_that_a_person_paused_is_no_incident(workflow, now):
    workflow.is_paused = True
    workflow.save()
    assert update_incidents(now) == 0


def test_an_account_that_nothing_was_sent_through_for_an_hour_is_not_said_to_be_out_of_reach(
    account, now
):
    rate_limit.update_from_attempts(account, [("connect_timeout", None)] * rate_limit.FAILURES)
    update_incidents(now)
    assert update_incidents(now + 59 * MINUTE) == 0
    assert update_incidents(now + 61 * MINUTE) == 1 and still_open() == []


def test_an_account_out_of_reach_until_an_attempt_gets_through(account, now):
    rate_limit.update_from_attempts(account, [("connect_timeout", None)] * rate_limit.FAILURES)
    update_incidents(now)
    assert [kind for kind, *_ in still_open()] == ["unreachable"]
    rate_limit.update_from_attempts(account, [("accepted", None)])
    assert update_incidents(now) == 1 and still_open() == []


def test_an_outcome_unknown_for_a_quarter_of_an_hour_until_none_is_left(workflow, now):
    old, _young = messages(
        workflow,
        [
            {
                "status": "unknown",
                "doubtful_since": now - 16 * MINUTE,
                "doubt_count": 1,
                "created_at": now - 17 * MINUTE,
            },
            {"status": "unknown", "doubtful_since": now - 2 * MINUTE, "doubt_count": 1},
        ],
    )
    update_incidents(now)
    assert still_open() == [("unknown", "", 1)]
    assert update_incidents(now + 14 * MINUTE) == 0 and still_open() == [("unknown", "", 2)]
    Invocation.objects.filter(pk=old.pk).update(status="accepted")
    assert update_incidents(now + 14 * MINUTE) == 0 and still_open() == [("unknown", "", 1)]
    Invocation.objects.update(status="accepted")
    assert update_incidents(now + 14 * MINUTE) == 1 and still_open() == []


def missing(now, minutes_ago):
    due = now - minutes_ago * MINUTE
    return {
        "status": "accepted",
        "delivery": "no_result",
        "result_due_at": due,
        "final_at": due - MINUTE,
    }


def came(now, minutes_ago, took=0.5):
    due = now - minutes_ago * MINUTE
    return {**missing(now, minutes_ago), "delivery": "completed", "result_at": due - took * MINUTE}


def test_three_results_in_a_row_that_are_missing(workflow, now):
    messages(
        workflow, [came(now, 9), missing(now, 8), came(now, 7), missing(now, 6), missing(now, 5)]
    )
    assert update_incidents(now) == 0
    messages(workflow, [missing(now, 4)])
    update_incidents(now)
    assert still_open() == [("no_results", "", 4)]
    messages(workflow, [{**came(now, 3), "result_at": now}])
    assert update_incidents(now) == 1 and still_open() == []


def test_a_late_result_ends_that_too(workflow, now):
    rows = messages(workflow, [missing(now, n) for n in (8, 7, 6)])
    update_incidents(now)
    Invocation.objects.filter(pk=rows[0].pk).update(delivery="completed", result_at=now)
    assert update_incidents(now) == 1 and still_open() == []


# --- several watchers, and the cost -----------------------------------------------------------------------------------


def test_the_database_holds_that_one_is_open_once(account, workflow, now):
    for named in ({"workflow_instance": workflow}, {}):
        same = {
            "kind": "refusals",
            "account": account,
            "reason": KIND,
            "opened_at": now,
            "last_at": now,
            **named,
        }
        Incident.objects.create(**same, closed_at=now)
        Incident.objects.create(**same)
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.create(**same)


def test_of_two_sweeps_at_the_same_time_one_watches(now):
    assert [
        record_heartbeat(now),
        record_heartbeat(now),
        record_heartbeat(now + timedelta(seconds=1)),
    ] == [True, False, False]
    assert record_heartbeat(now + incidents.UPDATE_EVERY)


def test_how_often_the_database_is_asked_does_not_grow_with_the_messages(refused, now):
    counts = []
    for count in (1, 40):
        refused(count, kind=f"kind {count}")
        with CaptureQueriesContext(connection) as queries:
            update_incidents(now)
        counts.append(len(queries))
    with CaptureQueriesContext(connection) as queries:
        update_incidents(now)
    assert counts[0] <= 8 and len(queries) <= 14


def test_whatever_goes_wrong_with_watching_keeps_no_sweep_from_its_work(monkeypatch, caplog):
    def broken(now):
        raise ValueError("canary")

    monkeypatch.setattr(incidents, "update_incidents", broken)
    assert (
        sweep() == 0 and "broken failed: ValueError" in caplog.text and "canary" not in caplog.text
    )


def test_a_pace_of_few_failures_is_no_incident(account, now):
    Pace.objects.update_or_create(account=account, defaults={"failures": rate_limit.FAILURES - 1})
    assert update_incidents(now) == 0
