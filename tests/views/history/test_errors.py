"""The page of errors: one line for each kind of failure, with a link to its invocations."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation
from invocations.sending.deliver import deliver
from tests.views.history.history_page import listed_ids
from tests.views.pages import opened


@pytest.fixture
def wrong(recorded):
    """wrong("rejected", "timeout", "is not published", hours=3): a message that failed then."""

    def wrong(status, reason, error="", hours=0.0):
        row = recorded()
        when = timezone.now() - timedelta(hours=hours)
        Invocation.objects.filter(pk=row.pk).update(
            status=status, reason=reason, error_kind=error, created_at=when, due_at=None
        )
        return str(row.request_id)

    return wrong


def since(days):
    """The filter for today and the days before it, `days` in all."""
    return f"?since={timezone.localdate() - timedelta(days=days - 1)}"


def lines(client, query=""):
    return [
        (line["kind"].count, str(line["kind"].words))
        for line in client.get(f"/history/errors/{query}").context["lines"]
    ]


def test_failures_of_a_kind_are_folded_and_lead_to_their_invocations(priya, wrong):
    late = wrong("unknown", "timeout", hours=80)
    refused_in_words = wrong("unknown", "timeout", "try … later", hours=1)
    refused = [
        wrong("rejected", "rejected", "workflow … is not published", hours=n) for n in (20, 2, 1)
    ]
    timeouts = [wrong("unknown", "timeout", hours=n) for n in (3, 2)]
    assert lines(priya, since(2)) == [
        (3, "workflow … is not published"),
        (2, "No answer came in time."),
        (1, "try … later"),
    ]
    assert lines(priya) == [
        (3, "workflow … is not published"),
        (3, "No answer came in time."),
        (1, "try … later"),
    ]
    page = opened(priya, "/history/errors/")
    first, second, third = [link for link in page.links if link.startswith("/history/?")]
    assert listed_ids(priya, first.removeprefix("/history/")) == refused[::-1]
    assert listed_ids(priya, second.removeprefix("/history/")) == [*timeouts[::-1], late]
    assert listed_ids(priya, third.removeprefix("/history/")) == [refused_in_words]
    assert "somebody is editing it" in page.html
    assert "then send them again." in page.html
    assert "An admin records what happened to the rest" in page.html


@pytest.mark.parametrize("days", [1, 7, 30])
def test_each_line_counts_what_its_list_shows_whatever_the_hour(priya, wrong, days):
    priya.cookies["timezone"] = "Asia/Kolkata"
    for hours in (700, 170, 160, 50, 47, 29, 25, 23, 11, 5, 0):
        wrong("rejected", "rejected", "workflow … is not published", hours=hours)
    with timezone.override("Asia/Kolkata"):
        address = f"/history/errors/{since(days)}"
    (line,) = priya.get(address).context["lines"]
    assert line["kind"].count == len(listed_ids(priya, f"?{line['address']}"))


def test_ids_are_stripped_so_that_real_refusals_fold(priya, recorded):
    for _ in range(3):
        deliver(recorded("400").pk)
    assert [count for count, _words in lines(priya)] == [3]


def test_what_went_well_is_no_error(priya, recorded):
    recorded()
    assert lines(priya) == [] and "Nothing went wrong" in opened(priya, "/history/errors/").html


@pytest.mark.parametrize("day", ["", "0", "31", "x", "%00", "9" * 99, "0000-00-00"])
def test_days_that_are_none_are_the_last_seven(priya, wrong, day):
    wrong("held", "credentials", hours=24 * 8)
    assert lines(priya, f"?since={day}") == []
    assert "Last 7 days" in opened(priya, f"/history/errors/?since={day}").html


def test_it_may_be_about_days_that_are_over(priya, wrong):
    wrong("held", "credentials", hours=24 * 8)
    day = timezone.localdate() - timedelta(days=8)
    (line,) = priya.get(f"/history/errors/?since={day}&until={day}").context["lines"]
    assert f"until={day}" in line["address"]


def test_folding_stops_and_says_so(priya, wrong, monkeypatch):
    monkeypatch.setattr("invocations.views.history.errors.MAX_READ_PER_STATUS", 2)
    for _ in range(3):
        wrong("held", "credentials")
    assert [count for count, _words in lines(priya)] == [2]
    assert "its newest 2 were counted" in opened(priya, "/history/errors/").html


def test_accepted_messages_that_were_not_delivered_are_counted_with_links_to_them(priya, recorded):
    for delivery, channel in [
        ("completed", 0),
        ("completed", 0),
        ("completed", None),
        ("no_result", None),
        ("completed", 1),
    ]:
        Invocation.objects.filter(pk=recorded().pk).update(
            status="accepted", delivery=delivery, deciding_channel=channel
        )
    told = priya.get("/history/errors/").context["accepted_but"]
    assert [each["count"] for each in told] == [2, 1, 1]
    for each in told:
        assert len(listed_ids(priya, f"?{each['address']}")) == each["count"]
    assert "Nothing was rejected" in opened(priya, "/history/errors/").html
