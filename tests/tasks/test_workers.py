"""Real workers and a real broker that loses, doubles and delays its messages, and dies.

What was sent is judged by what the receiver got.
"""

import os
import signal
import time

import pytest
from django.core.management import call_command
from django.utils import timezone

from invocations.models import Invocation
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def left():
    return Invocation.objects.exclude(status="accepted").exists()


def assert_each_was_sent_once(receiver):
    sent = [request.request_id for request in receiver.received]
    assert sorted(sent) == sorted(map(str, Invocation.objects.values_list("request_id", flat=True)))
    assert sorted(sent) == sorted(receiver.accepted) and not left()
    call_command("reconcile")


# --- the work gets done ---------------------------------------------------------------------------


def test_several_workers_that_all_hint_share_the_work(worker, waiting, receiver):
    """Two machines with a beat each: twice the hints, and nothing twice."""
    waiting(300)
    for _ in range(2):
        worker("--beat")
    until(lambda: not left())
    assert_each_was_sent_once(receiver)


def test_what_was_interrupted_is_settled_by_the_hints_alone(worker, waiting, receiver):
    waiting(1)
    Invocation.objects.update(
        status="sending", due_at=None, lease_until=timezone.now(), attempt_count=1
    )
    invocation = Invocation.objects.get()
    invocation.attempts.create(number=1, started_at=invocation.created_at)
    worker("--beat")
    until(lambda: not left())
    assert receiver.accepted == [str(invocation.request_id)] and invocation.attempts.count() == 2


# --- the broker at its worst ----------------------------------------------------------------------


def test_lost_messages_change_nothing(worker, waiting, receiver, broker):
    waiting(300)
    broker.hint()
    worker("--beat")
    ends = time.monotonic() + 3
    while left() or time.monotonic() < ends:
        broker.redis.flushall()
        time.sleep(0.2)
        assert time.monotonic() < ends + 30
    assert_each_was_sent_once(receiver)


def test_messages_that_come_three_times_and_late_change_nothing(worker, waiting, receiver, broker):
    waiting(200)
    for task in ["invocations.deliver_due", "invocations.sweep"] * 2:
        broker.hint(task)
    hints = broker.hints()
    broker.put(hints * 2)
    for _ in range(3):
        worker()
    until(lambda: not left() and not broker.hints())
    waiting(1)
    broker.put(hints * 3)
    until(lambda: not left() and not broker.hints())
    assert_each_was_sent_once(receiver)


def test_while_the_broker_is_down_rows_wait_or_leave_without_it(worker, waiting, receiver, broker):
    worker("--beat")
    waiting(1)
    until(lambda: not left())
    broker.stop(signal.SIGKILL)
    waiting(50)
    call_command("dispatch", "--once")
    assert_each_was_sent_once(receiver)
    waiting(50)
    broker.start()
    until(lambda: not left(), seconds=60)  # Celery looks for it every 2, 4, 6 … 30 seconds
    assert_each_was_sent_once(receiver)


def test_a_worker_starts_while_the_broker_is_down(worker, waiting, receiver, broker):
    broker.stop()
    waiting(1)
    worker("--beat")
    time.sleep(3)  # it starts, and finds none
    broker.start()
    until(lambda: not left())
    assert_each_was_sent_once(receiver)


# --- the end of a worker --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pool", "tell"),
    [("prefork", os.kill), ("prefork", os.killpg), ("threads", os.kill), ("solo", os.kill)],
    ids=["prefork", "all of prefork", "threads", "solo"],
)
def test_a_signal_ends_a_worker_after_the_messages_that_are_under_way(
    worker, waiting, receiver, pool, tell
):
    waiting(120, "200")  # each takes its time
    ending = worker("--beat", "--pool", pool)
    receiver.wait_for(1, seconds=30)
    tell(ending.pid, signal.SIGTERM)
    _said, complaints = ending.communicate(timeout=20)
    assert ending.returncode == 0, complaints
    sent = len(receiver.received)
    assert 0 < sent < 120
    assert set(Invocation.objects.values_list("status", flat=True)) == {"accepted", "queued"}
    assert Invocation.objects.filter(status="accepted").count() == sent == len(receiver.accepted)
    assert not Invocation.objects.filter(status="queued", due_at__isnull=True).exists()
    assert (
        "Traceback" not in complaints or tell is os.killpg
    )  # then Celery complains of processes that had nothing to do
    call_command("reconcile")
