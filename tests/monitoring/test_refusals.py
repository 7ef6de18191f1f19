"""Repeated refusals of one kind open an incident; an acceptance or an hour closes it."""

import pytest
from django.utils import timezone

from invocations.models import Heartbeat, Incident
from invocations.monitoring.incidents import update_incidents
from invocations.monitoring.sweep import sweep
from invocations.sending.deliver import deliver
from tests.many import messages, workflow_of
from tests.monitoring.incidents import ERROR_KIND, MINUTE, open_incidents

pytestmark = pytest.mark.django_db


def test_three_refusals_of_a_kind_within_ten_minutes_open_an_incident(refused, now, workflow):
    refused(2)
    assert update_incidents(now) == 0 and open_incidents() == []
    refused(1)
    assert update_incidents(now) == 1 and open_incidents() == [("refusals", ERROR_KIND, 3)]
    assert update_incidents(now) == 0 and Incident.objects.get().workflow_instance == workflow


@pytest.mark.parametrize("minutes_ago", [11, 600])
def test_old_refusals_open_no_incident(refused, now, minutes_ago):
    refused(5, minutes_ago)
    assert update_incidents(now) == 0


def test_refusals_of_different_kinds_or_workflows_are_not_added_up(refused, now, account):
    refused(2)
    refused(2, kind="Recipient … is not valid")
    refused(2, of=workflow_of(account, "Another"))
    assert update_incidents(now) == 0


def test_more_refusals_are_counted_in_the_open_incident(refused, now):
    refused(3, minutes_ago=3)
    update_incidents(now)
    refused(4, minutes_ago=1)
    assert update_incidents(now) == 0 and open_incidents() == [("refusals", ERROR_KIND, 7)]
    assert update_incidents(now) == 0 and open_incidents() == [("refusals", ERROR_KIND, 7)]


def test_an_acceptance_closes_the_incident(refused, accepted, now):
    refused(3)
    update_incidents(now)
    accepted()
    assert update_incidents(now) == 1 and open_incidents() == []
    assert update_incidents(now + MINUTE) == 0 and Incident.objects.count() == 1


def test_an_earlier_acceptance_or_one_of_another_workflow_does_not_close_it(
    refused, accepted, now, account
):
    accepted(minutes_ago=5)
    refused(3)
    accepted(of=workflow_of(account, "Another"))
    update_incidents(now)
    assert update_incidents(now) == 0 and len(open_incidents()) == 1


def test_an_hour_without_refusals_closes_the_incident(refused, now):
    refused(3)
    update_incidents(now)
    assert update_incidents(now + 50 * MINUTE) == 0
    assert update_incidents(now + 62 * MINUTE) == 1 and open_incidents() == []


def test_an_incident_that_recurs_soon_is_reopened(refused, accepted, now):
    refused(3, minutes_ago=3)
    update_incidents(now)
    accepted(minutes_ago=2)
    update_incidents(now)
    refused(3, minutes_ago=1)
    assert update_incidents(now) == 1
    assert Incident.objects.count() == 1
    assert open_incidents()[0][2] >= 6


def test_an_incident_that_recurs_later_is_a_new_one(refused, accepted, now):
    refused(3, minutes_ago=3)
    update_incidents(now)
    accepted(minutes_ago=2)
    update_incidents(now)
    Incident.objects.update(closed_at=now - 11 * MINUTE)
    refused(3, minutes_ago=1)
    assert update_incidents(now) == 1 and Incident.objects.count() == 2


def test_a_message_that_a_person_settled_is_neither_a_refusal_nor_an_acceptance(
    refused, now, workflow
):
    at = now - MINUTE
    messages(
        workflow, [{"status": "rejected", "reason": "settled_not_delivered", "final_at": at}] * 3
    )
    assert update_incidents(now) == 0
    refused(3, minutes_ago=2)
    assert update_incidents(now) == 1
    messages(workflow, [{"status": "accepted", "reason": "settled_delivered", "final_at": now}])
    messages(workflow, [{"status": "accepted", "reason": "confirmed_by_result", "final_at": now}])
    assert update_incidents(now) == 0
    assert open_incidents() == [("refusals", ERROR_KIND, 3)], (
        "only its confirmation is new: it was accepted before the refusals"
    )


def test_a_sweep_opens_and_closes_the_incident_of_real_refusals(
    recorded, kaleyra_says, transactional_db
):
    kaleyra_says(400, {"success": False, "message": "Workflow Instance 123 is not published."})
    for _ in range(3):
        assert deliver(recorded().pk)
    sweep()
    assert open_incidents() == [("refusals", ERROR_KIND, 3)]
    kaleyra_says.stop()
    deliver(recorded().pk)
    Heartbeat.objects.update(at=timezone.now() - MINUTE)
    sweep()
    assert open_incidents() == []
