"""A message that leaves at night in the recipient's country is a caution of the gate."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from invocations.composing import check
from invocations.composing.outside_hours import OUTSIDE_HOURS, of_hours
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import clean
from invocations.models.viewer import Viewer
from tests.many import real_account, workflow_of

pytestmark = pytest.mark.django_db

INDIA, GERMANY, AMERICA = "+91 98765 43210", "+49 1512 3012345", "+1 212 555 0123"
NIGHT = datetime(2026, 11, 28, 20, tzinfo=UTC)
"""01:30 in India, 21:00 in Germany, 10:00 to 15:00 in the United States."""


@pytest.fixture(autouse=True)
def night():
    with time_machine.travel(NIGHT, tick=False):
        yield


@pytest.fixture
def live(db):
    return workflow_of(real_account(), "Order delayed")


def found(workflow, *numbers, at=None):
    return list(of_hours(workflow, [clean(number) for number in numbers], at))


def in_india(hour, minute=0):
    """That time of the next day in India."""
    return datetime(2026, 11, 29, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("hour", "minute", "is_outside"),
    [(7, 59, True), (8, 0, False), (20, 59, False), (21, 0, True), (23, 30, True)],
)
def test_the_hours_from_8_to_21_disturb_nobody(live, hour, minute, is_outside):
    assert bool(found(live, INDIA, at=in_india(hour, minute))) == is_outside


def test_a_scheduled_one_names_time_and_country_and_has_to_be_acknowledged(live):
    [finding] = found(live, INDIA, at=in_india(23, 30))
    assert (finding.code, finding.blocks, finding.asks) == (OUTSIDE_HOURS, False, True)
    assert finding.text == "It leaves at 23:30 in India, outside 08:00 to 21:00 there."
    assert finding.token == OUTSIDE_HOURS


def test_what_leaves_now_is_a_fact_for_whoever_may_be_talking_to_the_customer(live):
    [finding] = found(live, INDIA)
    assert finding.text == "It is 01:30 in India now, outside 08:00 to 21:00 there."
    assert not finding.asks


def test_two_countries_are_told_apart_by_channel(live):
    both = found(live, INDIA, GERMANY)
    assert [finding.channel for finding in both] == [1, 2]


def test_a_country_with_several_zones_asks_only_if_it_is_night_everywhere(live):
    evening = datetime(2026, 11, 29, 4, 30, tzinfo=UTC)
    [partly] = found(live, AMERICA, at=evening)
    assert "in part of the country" in partly.text and not partly.asks
    [everywhere] = found(live, AMERICA, at=datetime(2026, 11, 29, 8, tzinfo=UTC))
    assert "between 22:00 and 03:00" in everywhere.text and everywhere.asks


def test_a_passcode_is_awaited_at_any_hour(live):
    live.channels.update(is_otp=True)
    assert not found(live, INDIA)
    [later] = found(live, INDIA, at=in_india(23))
    assert not later.asks


def test_practice_now_reaches_nobody_and_practice_later_shows_what_a_real_one_would(workflow):
    assert not found(workflow, INDIA)
    assert [finding.asks for finding in found(workflow, INDIA, at=in_india(23))] == [True]


def test_a_number_of_no_country_has_no_hour(live):
    assert not found(live, "+800 1234 5678")


def test_the_gate_says_it_and_asks_it(live):
    sends = [Send("919876543210", {}), Send("919876543210", {})]
    at, by = in_india(23), Viewer.operator()
    codes = [finding.code for finding in check.check(live, sends, by=by, not_before=at)]
    asked = [each.code for each in check.to_acknowledge(live, sends, by=by, not_before=at)]
    assert OUTSIDE_HOURS in codes and asked == [OUTSIDE_HOURS]


def test_half_a_year_ahead_is_a_mistyped_year(live):
    far = NIGHT + check.MAX_AHEAD + timedelta(minutes=1)
    [finding] = check.of_times(not_before=far, not_after=None)
    assert (finding.code, finding.blocks) == ("too_far_ahead", True)
    near = NIGHT + check.MAX_AHEAD - timedelta(minutes=1)
    assert not check.of_times(not_before=near, not_after=None)
