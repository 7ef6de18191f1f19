"""What time it is in the country of a number."""

from datetime import UTC, datetime

import pytest

from invocations.kaleyra.local_time import local_times, zones_of

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def clocks(region, at=NOON):
    return [f"{local:%H:%M}" for local in local_times(region, at)]


@pytest.mark.parametrize(
    ("region", "clock"), [("IN", "17:30"), ("AE", "16:00"), ("DE", "13:00"), ("CN", "20:00")]
)
def test_a_country_with_one_time_has_one(region, clock):
    assert clocks(region) == [clock]


def test_a_country_with_several_zones_has_each_time_once_the_earliest_first():
    assert clocks("ES") == ["12:00", "13:00"]
    american = clocks("US")
    assert american[0] == "02:00" and american[-1] == "07:00" and len(set(american)) == 6


def test_zones_that_agree_in_winter_and_not_in_summer_are_told_apart():
    july = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert len(local_times("US", july)) > len(local_times("US", NOON))


def test_times_go_by_the_clock_over_midnight():
    at = datetime(2026, 11, 28, 6, tzinfo=UTC)
    assert (clocks("US", at)[0], clocks("US", at)[-1]) == ("20:00", "01:00")


@pytest.mark.parametrize("region", ["001", "", "XX"])
def test_a_number_of_no_country_has_no_time(region):
    assert zones_of(region) == () and local_times(region, NOON) == []
