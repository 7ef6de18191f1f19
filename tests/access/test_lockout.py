"""Guessing passwords is slowed, and no colleague is locked out by it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections
from django.test import Client
from django.utils import timezone

from invocations.access import lockout
from invocations.access.limits import COOL_OFF, MAX_FAILURES
from invocations.models import BrowserSession, TrailRow
from tests.views.pages import words_of

WRONG = "a wrong password"
pytestmark = pytest.mark.django_db


@pytest.fixture
def guess(sign_in):
    """guess("meera", 5): so many wrong passwords; the statuses of the answers."""

    def guess(username, times, **options):
        return [sign_in(username, WRONG, **options).status_code for _each in range(times)]

    return guess


def test_the_fifth_wrong_password_locks_the_pair_of_name_and_address(meera, sign_in, guess):
    assert guess("meera", 5) == [200, 200, 200, 200, 429]
    assert sign_in("meera").status_code == 429, "the right one, too"
    assert sign_in("meera", HTTP_USER_AGENT="another").status_code == 429


def test_the_same_name_from_elsewhere_and_a_colleague_from_there_sign_in(
    meera, priya, sign_in, guess
):
    guess("meera", 6)
    assert sign_in("meera", at="192.0.2.2").status_code == 302
    assert sign_in("priya").status_code == 302


def test_a_forged_header_does_not_lock_a_colleague_out(settings, meera, sign_in, guess):
    settings.BEHIND_PROXY = True
    proxy = {"at": "10.0.0.9"}
    guess("meera", 6, HTTP_X_FORWARDED_FOR="192.0.2.7, 192.0.2.66", **proxy)
    assert sign_in("meera", HTTP_X_FORWARDED_FOR="192.0.2.7", **proxy).status_code == 302


def test_a_forged_header_does_not_escape_the_count(settings, meera, sign_in, guess):
    settings.BEHIND_PROXY = True
    for number in range(6):
        sign_in("meera", WRONG, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}, 198.51.100.1")
    assert sign_in("meera", HTTP_X_FORWARDED_FOR="198.51.100.1").status_code == 429


@pytest.mark.parametrize("header", ["garbage", "", "192.0.2.1, fe80::1%eth0"])
def test_a_header_that_names_no_address_is_counted_all_the_same(settings, meera, guess, header):
    settings.BEHIND_PROXY = True
    assert guess("meera", 6, HTTP_X_FORWARDED_FOR=header)[-2:] == [429, 429]


def test_in_a_browser_that_is_known_nobody_else_at_the_address_locks_its_person_out(
    meera, sign_in, guess
):
    own = Client()
    sign_in("meera", client=own)
    own.cookies.pop("sessionid")
    guess("meera", 6)
    assert sign_in("meera").status_code == 429
    assert sign_in("meera", client=own).status_code == 302


def test_a_known_browser_has_a_limit_of_its_own(meera, sign_in, guess):
    own = Client()
    sign_in("meera", client=own)
    assert guess("meera", 6, client=own)[-1] == 429
    assert guess("meera", 1, client=own, at="192.0.2.9") == [429], "wherever it is"
    assert sign_in("meera").status_code == 302, "and locks nobody else"


def test_a_browser_is_known_for_those_alone_who_have_signed_in_with_it(
    meera, priya, sign_in, guess
):
    own = Client()
    sign_in("priya", client=own)
    guess("meera", 5)
    assert sign_in("meera", client=own).status_code == 429


def test_a_known_browser_cannot_be_made_up(meera, sign_in, guess):
    forged = Client()
    sign_in("meera", client=forged)
    value = forged.cookies["known-browser"].value
    forged.cookies["known-browser"] = value[:-2] + ("AA" if value[-2:] != "AA" else "BB")
    guess("meera", 5)
    assert sign_in("meera", client=forged).status_code == 429


def test_many_names_from_one_address_are_slowed(monkeypatch, meera, sign_in, guess):
    monkeypatch.setattr(lockout, "MAX_FAILURES_OF_ADDRESS", 7)
    assert [guess(f"name{number}", 1) for number in range(8)] == [[200]] * 7 + [[429]]
    assert sign_in("meera").status_code == 429
    assert sign_in("meera", at="192.0.2.2").status_code == 302


def test_no_answer_tells_whether_somebody_has_the_name(meera, sign_in):
    for _each in range(7):
        answers = [sign_in(name, WRONG) for name in ("meera", "nobody")]
        assert len({answer.status_code for answer in answers}) == 1
        assert len({words_of(answer).replace("nobody", "meera") for answer in answers}) == 1


def test_the_right_password_of_somebody_who_may_not_sign_in_is_no_other_than_a_wrong_one(
    meera, sign_in
):
    User.objects.update(is_staff=False)
    assert [sign_in("meera").status_code for _each in range(6)] == [200] * 4 + [429] * 2


def test_it_ends_after_a_quarter_of_an_hour_even_for_whoever_keeps_knocking(meera, sign_in, guess):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        guess("meera", 5)
        clock.shift(COOL_OFF - timedelta(seconds=1))
        assert guess("meera", 3) == [429] * 3
        clock.shift(timedelta(seconds=2))
        assert sign_in("meera").status_code == 302


def test_the_page_says_when_to_try_again_and_who_unlocks_it(meera, sign_in, guess):
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False) as clock:
        guess("meera", 5)
        clock.shift(timedelta(minutes=5))
        answer = sign_in("meera")
    said = words_of(answer)
    assert "Try again at 12:15" in said and "An admin can unlock it" in said
    assert answer.headers["Retry-After"] == "600"


def test_signing_in_forgets_the_failures_before(meera, sign_in, guess):
    guess("meera", 4)
    sign_in("meera")
    assert guess("meera", 4) == [200] * 4


def test_nothing_that_was_typed_is_stored(meera, sign_in):
    typed = {"username": "my secret 12345", "password": WRONG, "csrfmiddlewaretoken": "tok" * 10}
    Client().post("/login/?next=/canary/", typed | {"more": "canary"}, HTTP_USER_AGENT="canary")
    sign_in("meera", WRONG)
    stored = ""
    with connection.cursor() as cursor:
        for table in ("axes_accessattempt", "axes_accessfailurelog", "axes_accesslog"):
            cursor.execute(f"SELECT * FROM {table}")
            stored += str(cursor.fetchall())
    assert AccessAttempt.objects.count() == 2
    for word in ["secret", WRONG, "tok", "canary", "meera"]:
        assert word not in stored


def test_a_lock_out_and_its_end_are_in_the_trail_once(meera, sign_in, guess):
    guess("meera", 8)
    call_command("unlock", "meera", stdout=StringIO())
    rows = TrailRow.objects.filter(verb__in=["locked_out", "unlocked"]).order_by("id")
    assert [row.verb for row in rows] == ["locked_out", "unlocked"]
    assert {row.about_id for row in rows} == {str(meera.pk)} and rows[0].ip == "192.0.2.1"
    assert json.loads(rows[1].facts) == {"failures": 5}


def test_the_command_unlocks_at_once(meera, sign_in, guess):
    guess("meera", 5)
    out = StringIO()
    call_command("unlock", "meera", stdout=out)
    assert "can sign in at once" in out.getvalue() and sign_in("meera").status_code == 302


def test_the_command_names_what_it_does_not_know(db):
    for words in (["nobody"], [], ["--address", "garbage"]):
        with pytest.raises(CommandError):
            call_command("unlock", *words)


def test_the_command_forgets_the_failures_of_an_address(monkeypatch, meera, sign_in, guess):
    monkeypatch.setattr(lockout, "MAX_FAILURES_OF_ADDRESS", 3)
    [guess(f"name{number}", 1) for number in range(3)]
    call_command("unlock", address="192.0.2.1", stdout=StringIO())
    assert sign_in("meera").status_code == 302


def test_an_admin_unlocks_on_the_page_of_the_person(ada, meera, sign_in, guess):
    page = f"/auth/user/{meera.pk}/change/"
    assert "Sign-in is locked" not in words_of(ada.get(page))
    guess("meera", 5)
    assert "Sign-in is locked" in words_of(ada.get(page))
    ada.post(f"/people/{meera.pk}/unlock/")
    assert sign_in("meera").status_code == 302


def test_where_the_trail_cannot_be_written_nobody_is_unlocked(ada, meera, refusing_trail):
    AccessAttempt.objects.create(
        username=lockout.name_digest("meera"),
        ip_address=lockout.network_of("192.0.2.1"),
        failures_since_start=5,
    )
    ada.raise_request_exception = False
    assert ada.post(f"/people/{meera.pk}/unlock/").status_code == 500
    with pytest.raises(IntegrityError):
        lockout.forget_address("192.0.2.1")
    assert AccessAttempt.objects.count() == 1


def test_where_the_trail_cannot_be_written_nobody_signs_in(meera, sign_in, refusing_trail):
    browser = Client(raise_request_exception=False)
    assert sign_in("meera", client=browser).status_code == 500
    assert not browser.cookies.keys() & {"known-browser", "sessionid"}
    assert not BrowserSession.objects.filter(person=meera).exists()


def test_nobody_unlocks_whom_they_may_not_change(ada, priya, sven, guess):
    guess("sven", 5)
    assert ada.post(f"/people/{sven.person.pk}/unlock/").status_code == 403
    assert priya.post(f"/people/{sven.person.pk}/unlock/").status_code == 403
    assert lockout.is_locked_out("sven", timezone.now())


def test_what_is_not_counted_any_more_is_deleted(meera, guess):
    guess("meera", 5)
    later = timezone.now() + timedelta(days=1, minutes=1)
    assert lockout.drop_old(later) and not AccessFailureLog.objects.exists()
    assert not AccessAttempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_pass_a_few_more_and_no_others(meera, sign_in):
    """The count comes after the check: each of the eight threads may be in between."""

    def one(_number):
        try:
            return sign_in("meera", WRONG).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(one, range(32)))
    looked_at = AccessFailureLog.objects.count()
    assert looked_at <= MAX_FAILURES + 8 and 500 not in statuses
    assert sign_in("meera").status_code == 429
