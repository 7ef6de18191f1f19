"""Middleware: the time zone of a page, and headers of every response."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from fallback_console.middleware import keep_pages_out_of_caches, show_times_in_the_users_zone


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


def answered(**headers):
    return keep_pages_out_of_caches(lambda request: HttpResponse(headers=headers))(
        RequestFactory().get("/")
    )


def test_pages_stay_out_of_caches():
    assert (
        answered()["Cache-Control"] == "no-store"
        and answered(**{"Cache-Control": "max-age=60"})["Cache-Control"] == "max-age=60"
    )


@pytest.mark.django_db
def test_every_page_has_the_headers(client):
    answer = client.get("/login/")
    assert answer["Cache-Control"].find("no-store") >= 0
    assert answer["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"
    assert (
        answer["Cross-Origin-Resource-Policy"] == "same-origin"
        and answer["X-Frame-Options"] == "DENY"
    )
    assert "'unsafe" not in answer["Content-Security-Policy"]
