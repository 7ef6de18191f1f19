"""Reports of browsers: logged without values, refused beyond limits."""

import json
import logging

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from fallback_console import policy_reports
from fallback_console.policy_reports import MOST_A_MINUTE, MOST_BYTES, PerMinute, policy_report

THERE = "/policy-report/"
OLD = "application/csp-report"
NEW = "application/reports+json"
CANARY = "919876543210"


def old(directive="script-src-elem", url="https://console.example.com/history/"):
    told = {"effective-directive": directive, "document-uri": url, "blocked-uri": f"x:{CANARY}"}
    return {"csp-report": told | {"script-sample": CANARY, "referrer": CANARY}}


def new(directive="style-src-attr", url="https://console.example.com/send/", kind="csp-violation"):
    told = {"effectiveDirective": directive, "documentURL": url, "sample": CANARY}
    return {"type": kind, "age": 1, "url": url, "user_agent": CANARY, "body": told}


@pytest.fixture
def post(client, caplog):
    """post(content): the status, and the lines in the log. Django logs each refusal itself."""
    caplog.set_level(logging.INFO, logger="fallback_console")

    def post(content, kind=OLD, **options):
        caplog.clear()
        body = content if isinstance(content, (bytes, str)) else json.dumps(content)
        answer = client.post(THERE, body, content_type=kind, **options)
        own = [each for each in caplog.records if each.name == policy_reports.__name__]
        return answer.status_code, [record.getMessage() for record in own]

    return post


def test_both_formats_are_read(post):
    assert post(old()) == (204, ["the policy's script-src-elem blocked something on /history/"])
    assert post([new()], NEW) == (
        204,
        ["the policy's style-src-attr blocked something on /send/"],
    )
    assert post(old()["csp-report"] | old(), "application/json")[0] == 204


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (f"https://console.example.com/history/?recipient={CANARY}#{CANARY}", "/history/"),
        (
            "https://console.example.com/history/0f8fad5b-d9cb-469f-a165-70867728950e/",
            "/history/…/",
        ),
        (f"https://console.example.com/history/person/{CANARY}/", "/history/person/…/"),
        (f"https://console.example.com/send/{CANARY}/", "/send/…/"),
        (f"https://console.example.com/callbacks/{CANARY}/", "/callbacks/…/"),
        (f"https://{CANARY}@console.example.com/send/", "/send/"),
        (f"https://console.example.com/{CANARY}", "/…"),
        ("https://console.example.com/a%0aERROR%20forged", "…"),
        ("https://console.example.com/a%0a", "…"),
        (f"data:{CANARY}", "…"),
        ("https://[", "…"),
        (7, "…"),
        (None, "…"),
    ],
)
def test_a_page_is_named_without_values(post, url, page):
    status, [line] = post(old(url=url))
    assert status == 204 and line.endswith(f" on {page}") and CANARY not in line
    assert "\n" not in line and "forged" not in line


@pytest.mark.parametrize("named", [CANARY, f"x\n{CANARY}", None, 5, ["script-src"], "", "a" * 999])
def test_only_a_directive_that_there_is_is_named(post, named):
    assert "unknown directive" in post(old(named))[1][0]
    assert post(old(f"script-src {CANARY}"))[1][0].startswith("the policy's script-src blocked")


def test_other_kinds_of_reports_leave_no_line(post):
    assert post([new(kind="deprecation"), new(kind=None)], NEW) == (204, [])


def test_equal_reports_are_one_line_and_a_request_writes_few(post):
    many = [new(url=f"https://x/{part}/") for part in ("send", "history", "me", "batches", "find")]
    assert len(post(many * 8, NEW)[1]) == 5
    kinds = ("img-src", "font-src", "script-src")
    lines = post(
        [one | {"body": one["body"] | {"effectiveDirective": k}} for one in many for k in kinds],
        NEW,
    )[1]
    assert len(lines) == policy_reports.MOST_IN_ONE


@pytest.mark.parametrize(
    "content", [" ", "{", "[[]]", "[1]", "7", "null", b"\xff", "[" * 20_000, '{"a": NaN, "a"']
)
def test_what_is_no_report_is_refused(post, content):
    assert post(content) == (400, [])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "a/b; c"])
def test_another_kind_of_content_is_refused(post, kind):
    assert post(old(), kind) == (415, [])


def test_a_long_report_is_refused_and_not_read():
    request = RequestFactory().post(
        THERE, b"x", content_type=OLD, CONTENT_LENGTH=str(MOST_BYTES + 1)
    )
    assert policy_report(request).status_code == 413 and not request._read_started
    unsized = RequestFactory().post(THERE, b"x" * MOST_BYTES * 2, content_type=OLD)
    unsized.META["CONTENT_LENGTH"] = "-1"
    assert policy_report(unsized).status_code == 413


def test_a_flood_is_refused_and_leaves_no_line(post, caplog):
    statuses = [post(old())[0] for _ in range(MOST_A_MINUTE + 3)]
    assert statuses == [204] * MOST_A_MINUTE + [429] * 3
    assert post(old()) == (429, []) and not caplog.records


def test_after_a_minute_reports_are_taken_again():
    now = [100.0]
    limit = PerMinute(2, clock=lambda: now[0])
    assert [limit.allows_one_more() for _ in range(3)] == [True, True, False]
    now[0] += 59.9
    assert not limit.allows_one_more()
    now[0] += 0.1
    assert limit.allows_one_more()


def test_a_report_needs_no_token_and_touches_neither_session_nor_database(
    priya, django_assert_num_queries
):
    priya.handler.enforce_csrf_checks = True
    with django_assert_num_queries(0):
        answer = priya.post(THERE, json.dumps(old()), content_type=OLD)
    assert answer.status_code == 204 and not answer.cookies


@pytest.mark.django_db
def test_other_methods_than_post_get_a_line_of_text(client):
    answer = client.get(THERE, headers={"Accept": "text/html"})
    assert answer.status_code == 405 and answer.headers["Content-Type"].startswith("text/plain")


def test_the_body_that_breaks_off_is_refused():
    class Broken:
        def read(self, *size):
            raise OSError

    request = RequestFactory().post(THERE, b"x", content_type=OLD)
    request._stream, request.user = Broken(), AnonymousUser()
    assert policy_report(request).status_code == 400
