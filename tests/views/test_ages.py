"""Ages in words, and the time zone that pages name."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.templatetags.ages import ago, in_words, lasting


@pytest.mark.parametrize(
    ("span", "words", "since"),
    [
        (timedelta(), "less than a minute", "just now"),
        (timedelta(seconds=59), "less than a minute", "just now"),
        (timedelta(minutes=1, seconds=1), "1 minute", "1 minute ago"),
        (timedelta(minutes=240, seconds=1), "4 hours", "4 hours ago"),
    ],
)
def test_an_age_is_never_nought_minutes_nor_hundreds(span, words, since):
    now = timezone.now()
    said = [lasting(now - span, now), in_words(span), ago(now - span)]
    assert [each.replace("\xa0", " ") for each in said] == [words, words, since]


@pytest.mark.parametrize("address", ["/history/", "/history/errors/", "/unknown/"])
def test_a_page_with_times_names_their_zone(priya, address):
    assert "Times are in UTC." in priya.get(address).content.decode(), "nobody knows the person's"
    priya.cookies["timezone"] = "Asia/Kolkata"
    assert "Times are in IST." in priya.get(address).content.decode()
