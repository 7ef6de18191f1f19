"""A doubtful message is posted again with the same ID, a few times and for a while."""

from datetime import UTC, datetime, timedelta
from operator import add

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.kaleyra.connection import NoAnswer
from invocations.models import Account, Invocation, Pace
from invocations.monitoring.sweep import run_once
from invocations.sending import ask_again, rate_limit
from invocations.sending.outcomes import Next

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


def test_it_asks_no_more_once_the_policy_is_never(waiting, receiver):
    waiting(status="unknown", doubtful_since=timezone.now(), doubt_count=1)
    Account.objects.update(retry_ambiguous="never")
    run_once()
    assert Invocation.objects.get().is_final and not receiver.received


# --- the rules in Python and as a query -----------------------------------------------------------


BOUNDS = [timedelta(0), ask_again.SAME_ID_WINDOW, ask_again.ASKED_BY_HAND]
NEAR = st.timedeltas(timedelta(seconds=-2), timedelta(seconds=2)) | st.sampled_from(
    [timedelta(microseconds=n) for n in (-1, 0, 1)]
)
ages = st.builds(add, st.sampled_from(BOUNDS), NEAR)
"""How long before `NOW` a time is: at a bound of a rule, or within two seconds of it."""
NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
given_times = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def one(recorded):
    """The only message."""
    return recorded()


def ago(age):
    return age if age is None else NOW - age


@given_times
@given(
    since=ages | st.none(),
    not_after=ages | st.none(),
    unasked_for=st.sampled_from([timedelta(0), SECOND, timedelta(minutes=20), timedelta(days=2)]),
    asked_until=ages | st.none(),
)
def test_the_end_of_the_window_is_the_same_in_python_and_as_a_query(
    one, since, not_after, unasked_for, asked_until
):
    times = {"doubtful_since": ago(since), "not_after": ago(not_after), "unasked_for": unasked_for}
    Invocation.objects.update(doubt_count=since is not None, **times)
    Pace.objects.update_or_create(
        account_id=one.account_id, defaults={"could_ask_at": ago(asked_until)}
    )
    by_query = Invocation.objects.filter(ask_again.window_is_over(NOW)).exists()
    row = Invocation.objects.get()
    assert by_query == ask_again.is_window_over(row, NOW, ago(asked_until))
    end = ask_again.window_end(**times)
    if asked_until is None:
        assert by_query == (end is not None and end <= NOW)


def test_it_never_asks_longer_than_a_day_however_long_it_could_not_ask():
    end = ask_again.window_end(NOW, None, timedelta(days=7))
    assert end == NOW + ask_again.ASKED_BY_HAND


@given_times
@given(created=ages, not_after=ages | st.none())
def test_what_a_person_may_check_is_the_same_in_python_and_as_a_query(one, created, not_after):
    Invocation.objects.update(created_at=ago(created), not_after=ago(not_after))
    by_python = ask_again.is_checkable(Invocation.objects.get(), NOW)
    assert by_python == Invocation.objects.filter(ask_again.checkable(NOW)).exists()


@pytest.mark.parametrize(
    "change",
    [
        {"policy": "never"},
        {"following": Next.NOTHING},
        {"doubtful_since": None},
        {"doubt_count": ask_again.MOST_DOUBTS},
    ],
)
def test_it_is_never_posted_again_if_the_policy_the_table_or_the_doubts_forbid_it(change):
    columns = {"doubtful_since": NOW, "doubt_count": 5, "not_after": None}
    may_repeat = {"policy": "same_id", "following": Next.ASK_AGAIN} | columns
    assert ask_again.repeats_until(**may_repeat) == NOW + ask_again.SAME_ID_WINDOW
    assert ask_again.repeats_until(**may_repeat | change) is None


def test_it_is_not_posted_again_after_the_message_expires():
    not_after = NOW + SECOND
    until = ask_again.repeats_until("same_id", Next.ASK_AGAIN, NOW, 1, not_after)
    assert until == not_after
