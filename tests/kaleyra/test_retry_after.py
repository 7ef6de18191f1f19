"""Retry-After is read in each of its forms, and is bounded."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.reply import read_reply

from .replies import reply
from .samples import REQUEST_ID


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3),
        (" 3 ", 3),
        ("0", 0),
        ("99999999", 3600),
        ("-5", None),
        ("1.5", None),
        ("abc", None),
        ("", None),
        ("3, 5", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("\0", None),
    ],
)
def test_retry_after_is_seconds_from_now_an_hour_at_most(value: str, seconds: int | None) -> None:
    assert reply(429, b"", Retry_After=value).retry_after == seconds
    assert reply(503, b"", RETRY_AFTER=value).retry_after == seconds


DATES = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
"""The forms of RFC 9110, 5.6.7: IMF-fixdate, RFC 850 and asctime."""


@pytest.mark.parametrize("form", DATES)
def test_retry_after_may_be_a_date_of_each_form_and_is_never_too_short(form: str) -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=30)
    seconds = reply(429, b"", retry_after=soon.strftime(form)).retry_after
    assert seconds is not None
    assert seconds <= 30
    assert datetime.now(UTC) + timedelta(seconds=seconds) >= soon


@pytest.mark.parametrize("form", DATES)
def test_a_past_date_is_ignored_and_a_far_one_means_an_hour(form: str) -> None:
    now = datetime.now(UTC)
    assert (
        reply(429, b"", retry_after=(now - timedelta(seconds=1)).strftime(form)).retry_after is None
    )
    assert (
        reply(429, b"", retry_after=(now - timedelta(days=400)).strftime(form)).retry_after is None
    )
    assert (
        reply(503, b"", retry_after=(now + timedelta(days=400)).strftime(form)).retry_after == 3600
    )


def test_without_the_header_there_is_no_retry_after() -> None:
    assert read_reply(429, b"", request_id=REQUEST_ID).retry_after is None


@given(
    st.text(max_size=60) | st.text(st.sampled_from("MonTueJan, :0123456789+-GMT()"), max_size=40)
)
def test_any_retry_after_is_bounded_or_none(value: str) -> None:
    seconds = reply(429, b"", Retry_After=value).retry_after
    assert seconds is None or 0 <= seconds <= 3600
