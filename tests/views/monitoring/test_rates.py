"""The four rates: what is in them, what is left out, and the period before."""

import pytest

from invocations.views.monitoring import rates
from invocations.views.monitoring.rates import RATES, share
from invocations.views.monitoring.trends import trend_of
from tests.many import messages
from tests.views.monitoring.dashboard_page import (
    EVERY_STATUS,
    completed,
    count_listed,
    minutes_ago,
)
from tests.views.pages import words_of

DAY = 24 * 60
BY_NAME = {rate.name: rate for rate in RATES}


def metrics(browser, address="/"):
    return {each.rate.name: each for each in browser.get(address).context["metrics"]}


@pytest.fixture
def few(flow, at_noon):
    messages(flow, EVERY_STATUS)


@pytest.fixture
def two_weeks(flow, at_noon):
    """This week 8 of 10 delivered, 4 of them rescued; the week before 5 and 1."""
    messages(
        flow,
        [
            *(completed(n, 1) for n in range(4)),
            *(completed(n + DAY, 2) for n in range(4)),
            completed(9, 0),
            minutes_ago(9, status="unknown"),
            minutes_ago(
                5, status="accepted", delivery="awaiting", result_due_at="2026-11-25T00:00Z"
            ),
            *(completed(8 * DAY + n, 1) for n in range(4)),
            completed(9 * DAY, 2),
            *(completed(10 * DAY, 0) for n in range(5)),
        ],
    )


pytestmark = pytest.mark.django_db


def test_what_is_awaited_or_has_not_left_is_in_no_rate(rosa, few):
    shown = {name: (each.number, each.unit) for name, each in metrics(rosa, "/?days=1").items()}
    # 15 messages without 1 awaited, 1 on hold, 1 queued and 1 expired.
    assert shown == {
        "delivered": ("45.5", "%"),
        "rescued": ("2", "of 8"),
        "not_received": ("27.3", "%"),
        "not_known": ("27.3", "%"),
    }


def test_with_few_messages_counts_are_shown_and_no_rate(rosa, flow, at_noon):
    messages(flow, [completed(5, 1), completed(6, 0)])
    found = metrics(rosa)["delivered"]
    assert (found.number, found.unit) == ("1", "of 2")
    assert not found.delta


def test_that_there_are_too_few_to_compare_is_said_once(rosa, flow, at_noon):
    messages(flow, [completed(5, 1), completed(6, 0)])
    said = words_of(rosa.get("/"))
    assert said.lower().count("too few") == 1
    assert "Too few messages to compare with the week before." in said


def test_it_names_those_that_are_not_compared_if_others_are(rosa, two_weeks):
    said = words_of(rosa.get("/"))
    assert said.lower().count("too few") == 1
    assert "with the week before: Rescued by the second channel." in said


def test_nothing_is_said_of_a_period_that_is_compared_with_nothing(rosa, flow, at_noon):
    messages(flow, [completed(5, 1)])
    assert "too few" not in words_of(rosa.get("/?days=30")).lower()


def test_a_week_is_compared_with_the_week_before(rosa, two_weeks):
    found = metrics(rosa)
    assert (found["delivered"].number, found["delivered"].delta) == (
        "80.0",
        "30.0 points more than the week before",
    )
    assert (found["rescued"].facts[0].text, found["rescued"].delta) == ("4 of 9 accepted", "")
    assert found["not_received"].delta == "40.0 points less than the week before"
    assert found["not_known"].direction == "up"


def test_30_days_are_compared_with_nothing(rosa, two_weeks):
    assert {each.delta for each in metrics(rosa, "/?days=30").values()} == {""}


def test_each_linked_count_opens_exactly_what_it_counts(rosa, few):
    links = 0
    for metric in metrics(rosa).values():
        for fact in metric.facts:
            if fact.address:
                links += 1
                assert count_listed(rosa, fact.address) == int(fact.text.split()[0]), fact.text
    assert links == 7


def test_the_table_behind_the_lines_has_every_day_with_an_end(rosa, two_weeks):
    this_week, before = rosa.get("/").context["rate_tables"]
    assert [row["n"] for row in this_week["rows"]] == [4, 6]
    assert [row["n"] for row in before["rows"]] == [5, 1, 4]
    assert this_week["rows"][0]["cells"] == ["100.0 %", "100.0 %", "0.0 %", "0.0 %"]


def test_the_rates_of_all_that_ended_add_up_to_all():
    counts = {"accepted": 9, "awaiting": 1, "unreported": 3, "on_1": 3, "on_2": 2, "failed": 1}
    counts |= {"open": 1, "refused": 2, "unknown": 1, "recorded": 20}
    parts = [share(BY_NAME[name], counts) for name in ("delivered", "not_received", "not_known")]
    assert sum(parts) == pytest.approx(100)
    assert rates.ended(counts) == 12


def test_nothing_has_no_rate():
    assert [share(rate, {}) for rate in RATES] == [None] * 4
    assert rates.percent(None) == "–"


def test_a_trend_joins_the_days_that_have_a_rate_on_one_scale():
    trend = trend_of([90.0, None, 95.0], [80.0, 80.0, 80.0])
    assert trend.now == "0.0,14.7 100.0,4.0" and trend.before == "0.0,36.0 50.0,36.0 100.0,36.0"
    assert (trend.lowest, trend.highest) == (90.0, 95.0)
    assert trend_of([90.0, None], [80.0, 81.0]).now == "", "one day is no line"
    flat = trend_of([90.0, 90.0], [])
    assert flat.now == "0.0,20.0 100.0,20.0" and flat.before == ""
