"""Middleware: the time zone of a page."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user
from django.test import Client, RequestFactory
from django.utils import timezone
from django.utils.formats import localize

from fallback_console.middleware import show_times_in_the_users_zone
from invocations.models import Profile
from tests.views.pages import words_of


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("Asia/Singapore", "Asia/Singapore"),
        ("", "UTC"),
        ("Mars/Olympus", "UTC"),
        ("Europe", "UTC"),
        ("../../../etc/passwd", "UTC"),
        ("/etc/passwd", "UTC"),
        ("a\0b", "UTC"),
        ("\udcff", "UTC"),
        ("x" * 5000, "UTC"),
        ("posixrules/x", "UTC"),
    ],
)
def test_times_are_in_the_zone_the_browser_names(named, shown):
    request = RequestFactory().get("/")
    request.COOKIES["timezone"] = named
    assert (
        show_times_in_the_users_zone(lambda request: timezone.get_current_timezone_name())(request)
        == shown
    )
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.django_db
def test_the_zone_that_a_person_has_chosen_wins_over_the_browsers(priya):
    priya.cookies["timezone"] = "Asia/Singapore"
    assert "Times are in UTC+8." in words_of(priya.get("/history/"))
    priya.post("/me/", {"time_zone": "Asia/Kolkata"})
    assert "Times are in IST." in words_of(priya.get("/history/"))


@pytest.mark.django_db
def test_the_zone_comes_with_the_person_in_the_same_query(priya, django_assert_num_queries):
    Profile.objects.create(user=priya.person, time_zone="Asia/Kolkata")
    request = RequestFactory().get("/")
    request.COOKIES["sessionid"] = priya.cookies["sessionid"].value
    request.session = priya.session
    with django_assert_num_queries(2):  # the session, and the person
        request.user = get_user(request)
        assert show_times_in_the_users_zone(lambda _: timezone.get_current_timezone_name())(
            request
        ) == ("Asia/Kolkata")


def test_times_are_written_with_24_hours_and_the_day_first():
    moment = datetime(2026, 11, 28, 21, 22, tzinfo=UTC)
    assert localize(moment) == "28 Nov 2026, 21:22"
    assert (localize(moment.date()), localize(moment.time())) == ("28 Nov 2026", "21:22")


@pytest.mark.django_db
def test_a_wrong_password_is_checked_once(priya, monkeypatch):
    checks = []
    monkeypatch.setattr(
        "django.contrib.auth.models.User.check_password",
        lambda person, password: bool(checks.append(password)),
    )
    answer = Client().post("/login/", {"username": "priya", "password": "wrong"})
    assert "Wrong username or password" in words_of(answer) and checks == ["wrong"]
