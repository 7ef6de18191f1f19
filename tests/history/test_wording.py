from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from invocations.history.wording import past_day_and_time, past_time

NOW = datetime(2026, 11, 28, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now():
    with timezone.override(UTC), time_machine.travel(NOW, tick=False):
        yield


def ago(**span):
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (ago(minutes=18), "00:12"),
        (ago(hours=1), "Friday 23:30"),
        (ago(days=5), "Monday 00:30"),
        (ago(days=6), "22 Nov"),
    ],
)
def test_a_past_time_has_its_weekday_within_a_week(moment, text):
    assert past_time(moment, NOW) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (ago(minutes=18), "today, 00:12"),
        (ago(hours=1), "yesterday, 23:30"),
        (ago(days=2), "26 Nov 2026, 00:30"),
    ],
)
def test_a_past_day_is_named_if_it_is_today_or_yesterday(moment, text):
    assert past_day_and_time(moment) == text
