"""A doubtful message is posted again with the same ID, a few times and for a while."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer
from invocations.models import Account, Invocation
from invocations.monitoring.sweep import run_once
from invocations.sending import ask_again, rate_limit

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


def test_a_doubt_is_asked_about_again_with_the_same_id(waiting, kaleyra_says, receiver):
    waiting("499")  # the receiver counts it and closes the connection
    run_once()
    row = Invocation.objects.get()
    assert row.status == "unknown" and not row.is_final
    assert timezone.now() < row.due_at < timezone.now() + 4 * SECOND
    Invocation.objects.update(due_at=timezone.now())
    run_once()
    row.refresh_from_db()
    assert (row.status, row.reason) == ("accepted", "confirmed_by_duplicate") and row.is_final
    assert receiver.accepted == [str(row.request_id)]


def test_with_the_policy_never_a_doubt_stays(waiting, receiver):
    Account.objects.update(retry_ambiguous="never")
    waiting("499")
    run_once()
    row = Invocation.objects.get()
    assert row.status == "unknown" and row.is_final and row.due_at is None
    assert run_once() == 0 and len(receiver.received) == 1


def test_it_asks_six_times_at_most(waiting, kaleyra_says):
    kaleyra_says(NoAnswer("timeout"))
    waiting()
    for asked in range(1, 7):
        rate_limit.Pace.objects.update(wait_until=None, failures=0)
        run_once()
        row = Invocation.objects.get()
        assert row.doubt_count == asked and row.is_final == (asked == 6)
        Invocation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    assert run_once() == 0


@pytest.mark.parametrize(
    "over", [{"doubtful_since": ask_again.SAME_ID_WINDOW}, {"not_after": timedelta(0)}]
)
def test_it_asks_no_more_once_its_window_is_over(waiting, receiver, over):
    past = {name: timezone.now() - age for name, age in over.items()}
    waiting(**{"status": "unknown", "doubtful_since": timezone.now(), "doubt_count": 1} | past)
    run_once()
    row = Invocation.objects.get()
    assert row.status == "unknown" and row.is_final and not receiver.received
