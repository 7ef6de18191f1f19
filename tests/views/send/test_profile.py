"""My details: the number for tests, and the time zone in which times are shown."""

import pytest
from django.db import IntegrityError

from invocations.models import Profile
from tests.views.pages import opened, words_of


def test_a_zone_that_nobody_knows_is_refused(priya):
    answer = priya.post("/me/", {"time_zone": "Mars/Olympus"})
    assert answer.status_code == 200 and not Profile.objects.exists()


def test_the_browsers_zone_is_offered_by_a_button_that_leaves_the_number(priya):
    priya.post("/me/", {"own_number": "+91 80612 34581", "time_zone": "Europe/Berlin"})
    assert "as this browser" not in words_of(priya.get("/me/"))
    priya.cookies["timezone"] = "Asia/Kolkata"
    assert "Use Asia/Kolkata, as this browser" in words_of(priya.get("/me/"))
    priya.post("/me/", {"use_browser_zone": "1"})
    profile = Profile.objects.get()
    assert profile.time_zone == "Asia/Kolkata" and str(profile.own_number)
    assert "as this browser" not in words_of(priya.get("/me/"))


def test_a_made_up_zone_of_a_browser_is_not_offered_and_not_taken(priya):
    priya.cookies["timezone"] = "../../etc/passwd"
    assert "passwd" not in opened(priya, "/me/").html
    priya.post("/me/", {"use_browser_zone": "1"})
    assert not Profile.objects.filter(time_zone__contains="passwd").exists()


def test_it_says_who_one_is_and_where_to_change_the_password(priya):
    page = opened(priya, "/me/")
    assert "/password_change/" in page.links
    said = words_of(priya.get("/me/"))
    assert "My details" in said and "Support" in said and "An admin can change these." in said


def test_the_database_refuses_what_is_no_name(priya):
    with pytest.raises(IntegrityError):
        Profile.objects.create(user=priya.person, time_zone="../etc")
