"""Caps hold exactly, also when many send at once, and a refused message leaves nothing."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.composing.limits import window_start
from invocations.models import Invocation, LimitCount, SearchableValue
from invocations.sending import caps
from tests.limited import NUMBER, OTHER, limit, live_workflow, refusal, send
from tests.sending.test_once import at_once

MANY = 100


@pytest.fixture
def in_a_window(monkeypatch):
    """The clock stands in the middle of a minute, hour and day."""
    now = datetime(2026, 11, 29, 12, 30, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now


@pytest.mark.parametrize("cap", ["person_minute", "person_day", "account_day"])
@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_at_once_exactly_as_many_go_as_the_cap_says(priya, cap, in_a_window):
    workflow = live_workflow()
    limit(**{cap: 7})
    numbers = iter(range(43200, 43300))
    codes = at_once(
        MANY, lambda: refusal(workflow, f"9198765{next(numbers)}", created_by=priya.person)
    )
    assert codes.count("") == 7
    assert set(codes) == {"", f"cap_{cap}"}
    assert Invocation.objects.count() == LimitCount.objects.get().count == 7


@pytest.mark.parametrize("cap", ["number_hour", "number_day"])
@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_to_one_number_exactly_as_many_go_as_the_cap_says(db, cap, in_a_window):
    workflow = live_workflow()
    limit(**{cap: 3})
    codes = at_once(MANY, lambda: refusal(workflow))
    assert codes.count("") == Invocation.objects.count() == 3


@pytest.mark.django_db
def test_a_refused_message_leaves_nothing(priya, in_a_window):
    workflow = live_workflow()
    limit(person_minute=1, number_day=5, account_day=5)
    send(workflow, created_by=priya.person)
    before = SearchableValue.objects.count()
    assert refusal(workflow, OTHER, created_by=priya.person) == "cap_person_minute"
    assert Invocation.objects.count() == 1 and SearchableValue.objects.count() == before
    assert {each.scope: each.count for each in LimitCount.objects.all()} == {
        "account_day": 1,
        "number_day": 1,
        "person_minute": 1,
    }


@pytest.mark.django_db
def test_a_form_that_is_posted_twice_counts_once(in_a_window):
    workflow, request_id = live_workflow(), uuid.uuid4()
    limit(account_day=1)
    send(workflow, request_id=request_id)
    assert refusal(workflow, request_id=request_id) == ""
    assert LimitCount.objects.get().count == 1


@pytest.mark.django_db
def test_one_person_is_not_stopped_by_another_and_a_command_by_none(priya, ada, in_a_window):
    workflow = live_workflow()
    limit(person_day=1)
    send(workflow, created_by=priya.person)
    assert refusal(workflow, created_by=priya.person) == "cap_person_day"
    assert refusal(workflow, created_by=ada.person) == ""
    assert refusal(workflow, created_by=None) == ""


@pytest.mark.django_db
def test_both_spellings_of_a_phone_are_one_number(in_a_window):
    workflow = live_workflow()
    limit(number_day=1)
    send(workflow, "5531987654202")
    assert refusal(workflow, "553187654202") == "cap_number_day"
    assert refusal(workflow, NUMBER) == ""


@pytest.mark.django_db
def test_an_account_has_its_own_cap_in_place_of_the_consoles(in_a_window):
    workflow = live_workflow()
    limit(account_day=5)
    limit(workflow.account, account_day=1)
    send(workflow)
    assert refusal(workflow, OTHER) == "cap_account_day"


@pytest.mark.django_db
def test_the_next_window_begins_anew(in_a_window, monkeypatch):
    workflow = live_workflow()
    limit(number_hour=1)
    send(workflow)
    assert refusal(workflow) == "cap_number_hour"
    monkeypatch.setattr(timezone, "now", lambda: in_a_window + timedelta(minutes=30))
    assert refusal(workflow) == ""


@pytest.fixture
def console_in(settings):
    """console_in("Asia/Kolkata"): its time zone."""

    def console_in(zone):
        settings.TIME_ZONE = zone
        timezone.get_default_timezone.cache_clear()

    yield console_in
    timezone.get_default_timezone.cache_clear()


def test_windows_begin_with_the_clock_of_the_console(console_in):
    console_in("Asia/Kolkata")
    moment = datetime(2026, 11, 29, 20, 10, 30, tzinfo=UTC)  # 01:40 on the 30th in India
    starts = [window_start(scope, moment).astimezone(UTC) for scope in ("a_minute", "a_day")]
    assert [f"{start:%d %H:%M:%S}" for start in starts] == ["29 20:10:00", "29 18:30:00"]


def test_a_day_has_one_beginning_where_clocks_go_back_at_midnight(console_in):
    console_in("America/Havana")
    moments = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (4, 5, 12)]
    assert len({window_start("a_day", moment).astimezone(UTC) for moment in moments}) == 1


@pytest.mark.django_db
def test_practice_is_neither_limited_nor_counted(recorded, workflow):
    limit(account_day=1, number_day=1)
    for _each in range(3):
        recorded()
    assert Invocation.objects.count() == 3 and not LimitCount.objects.exists()


@pytest.mark.django_db
def test_limits_cost_one_statement_and_caps_one_more(in_a_window):
    workflow = live_workflow()
    send(workflow)
    with CaptureQueriesContext(
        connection,
    ) as without:
        send(workflow)
    asked = [each["sql"] for each in without if "limitset" in each["sql"]]
    assert len(asked) == 1
    limit(account_day=9, number_day=9)
    with CaptureQueriesContext(connection) as with_caps:
        send(workflow)
    assert len(with_caps) == len(without) + 1


@pytest.mark.django_db
def test_old_counts_are_deleted(in_a_window):
    workflow = live_workflow()
    limit(account_day=9)
    send(workflow)
    assert caps.delete_old(in_a_window) == 0
    assert caps.delete_old(in_a_window + timedelta(days=4)) == 1
