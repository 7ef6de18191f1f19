"""Now or later: the fields give one moment in UTC, or say what is wrong with what was chosen."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.http import QueryDict
from django.utils import timezone

from invocations.forms.when import WhenFields
from invocations.kaleyra.recipients import clean

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_bengaluru():
    zone = zoneinfo.ZoneInfo("Asia/Kolkata")
    with time_machine.travel(NOW, tick=False), timezone.override(zone):
        yield


@pytest.fixture
def form(workflow):
    """form(when="later", day="2026-11-30", …): the bound form, with the numbers in `to`."""

    class Form(WhenFields):
        recipients_as_typed = ()

    def bound(to=(), **typed):
        data = QueryDict(mutable=True)
        data.update(typed)
        Form.workflow = workflow
        Form.recipients_as_typed = [clean(number) for number in to]
        return Form(data)

    return bound


def later(form, day="2026-11-30", time="09:00", zone="Asia/Kolkata", to=()):
    made = form(when="later", day=day, time=time, zone=zone, to=to)
    made.is_valid()
    return made


def text_of(form, field):
    [error] = form.errors[field]
    assert list(form.errors) == [field]
    return error


@pytest.mark.parametrize("typed", [{}, {"when": "now"}, {"when": "now", "day": "x", "time": "x"}])
def test_now_asks_for_no_time(form, typed):
    made = form(**typed)
    assert made.is_valid() and made.not_before is None


def test_a_time_is_read_in_the_chosen_zone(form):
    assert later(form).not_before == datetime(2026, 11, 30, 3, 30, tzinfo=UTC)
    assert later(form, zone="UTC").not_before == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_without_a_zone_it_is_the_persons(form):
    assert later(form, zone="").not_before == datetime(2026, 11, 30, 3, 30, tzinfo=UTC)


def test_the_customers_time_is_that_of_the_numbers_country(form):
    made = later(form, zone="customer", to=["+971 50 123 4567"])
    assert made.not_before == datetime(2026, 11, 30, 5, tzinfo=UTC)


def test_the_customers_time_needs_one_zone(form):
    made = later(form, zone="customer", to=["+1 212 555 0123"])
    assert text_of(made, "zone").startswith("United States: there are several time zones.")
    assert ("America/New_York", "America/New York") in made.zone_choices
    assert "Type the number first" in text_of(later(form, zone="customer"), "zone")
    no_country = later(form, zone="customer", to=["+800 1234 5678"])
    assert "is not known" in text_of(no_country, "zone")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("day", {"day": ""}, "Choose the day"),
        ("time", {"time": ""}, "Choose the time"),
        ("day", {"day": "30.11.2026"}, "Write the day like this"),
        ("time", {"time": "9 am"}, "Write the time like this"),
        ("zone", {"zone": "Europe/Atlantis"}, "Choose one of the time zones"),
        ("zone", {"zone": "../../etc/passwd"}, "Choose one of the time zones"),
        ("time", {"day": "2026-11-28", "time": "17:30"}, "28 November 2026, 17:30 has passed."),
        ("day", {"day": "2027-11-30"}, "more than 180 days ahead"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(form, field, typed, words):
    made = later(form, **typed)
    assert words in text_of(made, field) and made.not_before is None


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("2027-03-28", "02:30", "There is no 02:30 on 28 March 2027 in Europe/Berlin"),
        ("2027-03-28", "02:00", "the clocks go forward"),
    ],
)
def test_an_hour_that_the_clocks_leave_out_is_no_time(form, day, time, words):
    assert words in text_of(later(form, day, time, "Europe/Berlin"), "time")


def test_an_hour_that_comes_twice_is_not_guessed(form):
    with time_machine.travel(datetime(2026, 10, 20, tzinfo=UTC), tick=False):
        made = later(form, "2026-10-25", "02:30", "Europe/Berlin")
        assert "02:30 comes twice on 25 October 2026" in text_of(made, "time")
        before = later(form, "2026-10-25", "01:59", "Europe/Berlin").not_before
        after = later(form, "2026-10-25", "03:00", "Europe/Berlin").not_before
    assert after - before == timedelta(hours=2, minutes=1)


@pytest.mark.parametrize(("day", "zone"), [("0001-01-01", "Asia/Kolkata"), ("9999-12-31", "UTC")])
def test_a_day_at_the_end_of_the_calendar_is_refused_at_its_field(form, day, zone):
    time = "00:10" if day.startswith("0") else "23:50"
    with timezone.override(zoneinfo.ZoneInfo("America/Los_Angeles")):
        for each in (zone, "America/Los_Angeles"):
            assert set(later(form, day, time, each).errors) <= {"day", "time"}
            assert later(form, day, time, each).errors


def test_the_preview_reads_what_it_can(form):
    assert later(form).not_before_as_typed == datetime(2026, 11, 30, 3, 30, tzinfo=UTC)
    assert later(form, day="").not_before_as_typed is None
    assert form(when="now", day="2026-11-30", time="09:00").not_before_as_typed is None


def test_the_next_morning_in_ones_own_zone_is_offered(form):
    made = type(form())()
    assert str(made["day"].value()) == "2026-11-29" and f"{made['time'].value():%H:%M}" == "09:00"
    assert made["zone"].value() == "Asia/Kolkata" and not made.is_later
