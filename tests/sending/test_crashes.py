"""Processes killed with SIGKILL at a chosen moment; the receiver counts what was sent."""

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from invocations.models import Attempt, Invocation
from invocations.sandbox.server import PracticePod
from invocations.sending import expiry
from invocations.sending.record import GRACE

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER_WITHOUT_ANSWER = "919876543408"


@pytest.fixture
def receiver():
    """Accepts, and then answers later than any test waits."""
    with PracticePod(silent_seconds=60) as pod:
        yield pod


def end_the_lease():
    Invocation.objects.update(lease_until=timezone.now())


@pytest.fixture
def killed(workflow, receiver, manage):
    """The row of a `manage.py invoke` killed during its wait for the answer."""
    command = manage(
        "invoke",
        workflow.workflow_instance_id,
        "--recipient",
        NUMBER_WITHOUT_ANSWER,
        "--param",
        "01=Asha",
    )
    receiver.wait_for(1, seconds=20)
    command.kill()
    assert command.wait() == -9
    return Invocation.objects.get()


def test_a_killed_attempt_is_settled_as_unknown_and_a_check_finds_it_accepted(
    killed, receiver, capsys
):
    assert killed.status == "sending" and killed.lease_until > timezone.now()
    assert Attempt.objects.get().outcome == "under_way"
    call_command("dispatch", "--once")
    # The lease is not over: another process may be sending it.
    assert Invocation.objects.get().status == "sending"
    end_the_lease()
    assert expiry.settle_interrupted(timezone.now()) == 1
    killed.refresh_from_db()
    assert (killed.status, killed.reason) == ("unknown", "interrupted")
    assert Attempt.objects.get().outcome == "doubtful"
    call_command("dispatch", "--once")
    killed.refresh_from_db()
    assert (killed.status, killed.reason) == ("accepted", "confirmed_by_duplicate")
    assert receiver.accepted == [str(killed.request_id)]


def test_the_command_with_the_same_id_sends_nothing_twice(killed, workflow, receiver, manage):
    command = [
        workflow.workflow_instance_id,
        "--recipient",
        NUMBER_WITHOUT_ANSWER,
        "--param",
        "01=Asha",
        "--request-id",
        str(killed.request_id),
    ]
    assert manage("invoke", *command).wait(20) == 3
    assert len(receiver.received) == 1 and Invocation.objects.count() == 1


def test_a_row_recorded_by_a_process_that_died_is_delivered_once(recorded, receiver, manage):
    invocation = recorded()
    Invocation.objects.update(due_at=F("due_at") - GRACE)
    dispatchers = [manage("dispatch", "--once") for _ in range(2)]
    moved = sorted(dispatcher.communicate(timeout=20)[0].strip() for dispatcher in dispatchers)
    assert moved == ["0 moved", "1 moved"]  # one of them had it
    invocation.refresh_from_db()
    assert invocation.status == "accepted" and len(receiver.received) == 1
