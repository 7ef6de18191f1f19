"""Incidents open once when a problem lasts, and close by themselves."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from invocations.models import Account, Incident, Invocation, Pace
from invocations.monitoring import incidents
from invocations.monitoring.incidents import record_heartbeat, update_incidents
from invocations.monitoring.sweep import sweep
from invocations.sending import pause, rate_limit
from tests.many import messages
from tests.monitoring.incidents import ERROR_KIND, MINUTE, open_incidents

pytestmark = pytest.mark.django_db


def test_an_account_paused_by_the_console_is_an_incident_until_it_resumes(account, now):
    Account.objects.update(is_paused=True, paused_because="credentials")
    update_incidents(now)
    assert open_incidents() == [("paused", "credentials", 1)]
    pause.resume(account)
    assert update_incidents(now) == 1 and open_incidents() == []


def test_an_account_paused_by_a_person_is_no_incident(account, now):
    Account.objects.update(is_paused=True, paused_reason="Stock-taking")
    assert update_incidents(now) == 0


def test_a_workflow_unknown_to_kaleyra_is_an_incident(workflow, now):
    pause.pause_workflow(workflow.pk, "no_such_workflow")
    update_incidents(now)
    assert open_incidents() == [("paused", "no_such_workflow", 1)]


def test_a_workflow_paused_by_a_person_is_no_incident(workflow, now):
    workflow.is_paused = True
    workflow.save()
    assert update_incidents(now) == 0


def test_an_account_without_attempts_for_an_hour_is_not_called_unreachable(account, now):
    rate_limit.update_from_attempts(account, [("connect_timeout", None)] * rate_limit.FAILURES)
    update_incidents(now)
    assert update_incidents(now + 59 * MINUTE) == 0
    assert update_incidents(now + 61 * MINUTE) == 1 and open_incidents() == []


def test_an_account_is_unreachable_until_an_attempt_succeeds(account, now):
    rate_limit.update_from_attempts(account, [("connect_timeout", None)] * rate_limit.FAILURES)
    update_incidents(now)
    assert [kind for kind, *_ in open_incidents()] == ["unreachable"]
    rate_limit.update_from_attempts(account, [("accepted", None)])
    assert update_incidents(now) == 1 and open_incidents() == []


def test_a_few_failed_attempts_are_no_incident(account, now):
    Pace.objects.update_or_create(account=account, defaults={"failures": rate_limit.FAILURES - 1})
    assert update_incidents(now) == 0


def test_outcomes_unknown_for_a_quarter_of_an_hour_are_an_incident_until_none_is_left(
    workflow, now
):
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
    assert open_incidents() == [("unknown", "", 1)]
    assert update_incidents(now + 14 * MINUTE) == 0 and open_incidents() == [("unknown", "", 2)]
    Invocation.objects.filter(pk=old.pk).update(status="accepted")
    assert update_incidents(now + 14 * MINUTE) == 0 and open_incidents() == [("unknown", "", 1)]
    Invocation.objects.update(status="accepted")
    assert update_incidents(now + 14 * MINUTE) == 1 and open_incidents() == []


def missing(now, minutes_ago):
    due = now - minutes_ago * MINUTE
    return {
        "status": "accepted",
        "delivery": "no_result",
        "result_due_at": due,
        "final_at": due - MINUTE,
    }


def arrived(now, minutes_ago, took=0.5):
    due = now - minutes_ago * MINUTE
    return {**missing(now, minutes_ago), "delivery": "completed", "result_at": due - took * MINUTE}


def test_three_missing_results_in_a_row_are_an_incident(workflow, now):
    messages(
        workflow,
        [arrived(now, 9), missing(now, 8), arrived(now, 7), missing(now, 6), missing(now, 5)],
    )
    assert update_incidents(now) == 0
    messages(workflow, [missing(now, 4)])
    update_incidents(now)
    assert open_incidents() == [("no_results", "", 4)]
    messages(workflow, [{**arrived(now, 3), "result_at": now}])
    assert update_incidents(now) == 1 and open_incidents() == []


def test_a_late_result_closes_the_incident_of_missing_results(workflow, now):
    rows = messages(workflow, [missing(now, n) for n in (8, 7, 6)])
    update_incidents(now)
    Invocation.objects.filter(pk=rows[0].pk).update(delivery="completed", result_at=now)
    assert update_incidents(now) == 1 and open_incidents() == []


def test_the_database_allows_each_incident_to_be_open_once(account, workflow, now):
    for named in ({"workflow_instance": workflow}, {}):
        same = {
            "kind": "refusals",
            "account": account,
            "reason": ERROR_KIND,
            "opened_at": now,
            "last_at": now,
            **named,
        }
        Incident.objects.create(**same, closed_at=now)
        Incident.objects.create(**same)
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.create(**same)


def test_of_two_concurrent_sweeps_one_updates_the_incidents(now):
    assert [
        record_heartbeat(now),
        record_heartbeat(now),
        record_heartbeat(now + timedelta(seconds=1)),
    ] == [True, False, False]
    assert record_heartbeat(now + incidents.UPDATE_EVERY)


def test_the_number_of_queries_does_not_grow_with_the_messages(refused, now):
    counts = []
    for count in (1, 40):
        refused(count, kind=f"kind {count}")
        with CaptureQueriesContext(connection) as queries:
            update_incidents(now)
        counts.append(len(queries))
    with CaptureQueriesContext(connection) as queries:
        update_incidents(now)
    assert counts[0] <= 8 and len(queries) <= 14


def test_an_error_in_updating_incidents_does_not_stop_the_sweep(monkeypatch, caplog):
    def broken(now):
        raise ValueError("canary")

    monkeypatch.setattr(incidents, "update_incidents", broken)
    assert sweep() == 0
    assert "broken failed: ValueError" in caplog.text
    assert "canary" not in caplog.text
