"""Whether what waits leaves by itself, and what a button does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Account, ApiKey, Heartbeat, Pace, WorkflowInstance
from invocations.sending import pause
from invocations.sending.departure import (
    FAILURES_TELL_FOR,
    SENDER_SILENT_AFTER,
    Deed,
    Departure,
    Obstacle,
    deed_of,
    departure_of,
    sender_is_running,
)
from invocations.sending.rate_limit import FAILURES

SECOND = timedelta(seconds=1)


def now_of(workflow):
    return departure_of(WorkflowInstance.objects.select_related("account").get(pk=workflow.pk))


def test_nothing_keeps_a_message_of_an_account_with_a_key_while_a_sender_runs(
    workflow, background_sender
):
    assert now_of(workflow) == Departure() and now_of(workflow).goes_on_by_itself


@pytest.mark.parametrize(
    ("prevents", "obstacle"),
    [
        (lambda workflow: pause.stop_everything("wrong price", None), Obstacle.STOPPED),
        (lambda workflow: Account.objects.update(is_paused=True), Obstacle.ACCOUNT_PAUSED),
        (
            lambda workflow: WorkflowInstance.objects.update(is_paused=True),
            Obstacle.WORKFLOW_PAUSED,
        ),
        (lambda workflow: ApiKey.objects.all().delete(), Obstacle.NO_KEY),
        (lambda workflow: ApiKey.objects.update(is_primary=False), Obstacle.NO_KEY),
    ],
)
def test_each_obstacle_turns_sending_into_queueing(workflow, background_sender, prevents, obstacle):
    prevents(workflow)
    departure = now_of(workflow)
    assert departure.obstacles == (obstacle,) and not departure.goes_on_by_itself
    assert deed_of(departure, now=timezone.now()) is Deed.QUEUE


def test_a_key_that_no_encryption_key_decrypts_is_an_obstacle(workflow, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="]
    assert now_of(workflow).obstacles == (Obstacle.NO_KEY,)


@pytest.mark.parametrize(
    ("age", "runs"),
    [
        (None, False),
        (SENDER_SILENT_AFTER + SECOND, False),
        (SENDER_SILENT_AFTER - SECOND, True),
        (-SECOND, True),
    ],
)
def test_the_sender_runs_as_long_as_it_gives_signs_of_life(workflow, age, runs):
    now = timezone.now()
    if age is not None:
        Heartbeat.objects.create(pk=1, at=now - age)
    assert sender_is_running(now) == runs
    assert now_of(workflow).goes_on_by_itself == runs
    assert deed_of(now_of(workflow), now=now) is Deed.SEND, "a person's message is tried at once"


@pytest.mark.parametrize(
    ("failures", "waits_until", "is_unreachable"),
    [
        (FAILURES, SECOND, True),
        (FAILURES - 1, SECOND, False),
        (FAILURES, SECOND - FAILURES_TELL_FOR, True),
        (FAILURES, -SECOND - FAILURES_TELL_FOR, False),
    ],
)
def test_an_account_whose_attempts_led_nowhere_lately_is_unreachable(
    workflow, failures, waits_until, is_unreachable
):
    Pace.objects.create(
        account=workflow.account, failures=failures, wait_until=timezone.now() + waits_until
    )
    assert now_of(workflow).is_unreachable == is_unreachable


def test_a_message_for_later_is_scheduled_whatever_stands_in_its_way_now():
    now = timezone.now()
    stopped = Departure(obstacles=(Obstacle.STOPPED,))
    assert deed_of(stopped, now=now, not_before=now + SECOND) is Deed.SCHEDULE
    assert deed_of(stopped, now=now, not_before=now) is Deed.QUEUE
    assert deed_of(Departure(), now=now, not_before=now - SECOND) is Deed.SEND
