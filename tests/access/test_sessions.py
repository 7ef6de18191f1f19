"""Sessions: what a dump gives away, when they end, and who ends them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as installed
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.access.presence import REFRESHING
from invocations.access.sessions import ABSOLUTE_LIMIT, IDLE_LIMIT, drop_over
from invocations.models import BrowserSession, KeptForm, TrailRow
from tests.conftest import PASSWORD
from tests.views.pages import words_of

TEMPLATES = Path(installed.BASE_DIR) / "templates"
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False) as clock:
        yield clock


def is_signed_in(client, **options):
    return client.get("/me/", **options).status_code == 200


def client_with(key):
    client = Client()
    client.cookies["sessionid"] = key
    return client


def ended():
    """Why sessions ended, by the trail."""
    rows = TrailRow.objects.filter(verb="session_ended").order_by("id")
    return [json.loads(row.facts)["because"] for row in rows]


def test_what_stands_in_the_table_signs_nobody_in(priya):
    stored = BrowserSession.objects.get()
    assert is_signed_in(client_with(priya.cookies["sessionid"].value))
    assert stored.session_key not in priya.cookies["sessionid"].value
    assert not is_signed_in(client_with(stored.session_key))
    assert not Session.objects.exists()


def test_a_key_that_an_attacker_has_set_is_not_taken_over_at_sign_in(meera, sign_in):
    victim = client_with("an-attackers-key-0123456789abcdef")
    sign_in("meera", client=victim)
    assert victim.cookies["sessionid"].value != "an-attackers-key-0123456789abcdef"
    assert not is_signed_in(client_with("an-attackers-key-0123456789abcdef"))


def test_an_attackers_own_anonymous_session_does_not_become_the_victims(meera, sign_in, priya):
    """One that the console itself has made: its key changes at sign-in."""
    attacker = Client()
    store = attacker.session
    store["x"] = 1
    store.save()
    key = store.session_key
    victim = client_with(key)
    sign_in("meera", client=victim)
    assert is_signed_in(victim) and not is_signed_in(client_with(key))


def test_after_half_an_hour_of_nothing_it_ends(priya, clock):
    priya.force_login(priya.person)
    clock.shift(IDLE_LIMIT - MINUTE)
    assert is_signed_in(priya)
    clock.shift(IDLE_LIMIT)
    assert not is_signed_in(priya)
    assert ended() == ["idle"]


def test_after_twelve_hours_it_ends_whatever_is_done(priya, clock):
    priya.force_login(priya.person)
    for _each in range(int(ABSOLUTE_LIMIT / (20 * MINUTE)) - 1):
        clock.shift(20 * MINUTE)
        assert is_signed_in(priya)
    clock.shift(20 * MINUTE)
    assert not is_signed_in(priya)
    assert ended() == ["old"]


@pytest.mark.parametrize("element", sorted(REFRESHING))
def test_a_page_that_refreshes_by_itself_does_not_keep_it(priya, clock, element):
    priya.force_login(priya.person)
    for _each in range(3):
        clock.shift(14 * MINUTE)
        answer = priya.get("/", headers={"HX-Request": "true", "HX-Trigger": element})
    assert answer.status_code == 204 and answer.headers["HX-Trigger"] == "console:signed-out"


def test_typing_into_a_form_keeps_it(priya, clock):
    priya.force_login(priya.person)
    for _each in range(3):
        clock.shift(14 * MINUTE)
        answer = priya.get("/me/", headers={"HX-Request": "true", "HX-Trigger": "preview"})
    assert answer.status_code == 200


def test_each_element_that_refreshes_by_itself_is_known_by_its_id():
    for path in TEMPLATES.rglob("*.html"):
        for tag in path.read_text().split("<")[1:]:
            if 'hx-trigger="every' in tag:
                assert any(f' id="{name}"' in tag for name in REFRESHING), path


def test_seen_is_written_once_a_minute(priya, clock):
    def writes():
        with CaptureQueriesContext(connection) as asked:
            priya.get("/me/")
        return [q["sql"] for q in asked if q["sql"].startswith("UPDATE")]

    priya.force_login(priya.person)
    assert writes() == []
    clock.shift(2 * MINUTE)
    assert len(writes()) == 1
    assert writes() == []


def test_a_form_that_comes_after_the_end_is_kept(priya, clock, typed_form):
    form = typed_form(priya)
    clock.shift(IDLE_LIMIT + MINUTE)
    assert form.press(priya, "review").status_code == 302
    assert KeptForm.objects.count() == 1


@pytest.fixture
def typed_form(workflow, clock):
    from tests.views.pages import send_form

    def typed_form(client):
        client.force_login(client.person)
        return send_form(client, workflow).fill(recipient="+919876543202")

    return typed_form


def give(person):
    person.user_permissions.add(Permission.objects.get(codename="view_pod"))


CHANGES = {
    "a group taken away": lambda person: person.groups.clear(),
    "a group given": lambda person: person.groups.add(Group.objects.get(name="Reviewer")),
    "from the group's side": lambda person: Group.objects.get(name="Support").user_set.clear(),
    "by one from the group's side": lambda person: Group.objects.get(
        name="Support"
    ).user_set.remove(person),
    "a right given": give,
    "a right of the group": lambda person: Group.objects.get(name="Support").permissions.clear(),
    "the group deleted": lambda person: Group.objects.get(name="Support").delete(),
    "turned off": lambda person: set_and_save(person, is_active=False),
    "no staff": lambda person: set_and_save(person, is_staff=False),
    "superuser": lambda person: set_and_save(person, is_superuser=True),
    "password": lambda person: person.set_password("another") or person.save(),
}


def set_and_save(person, **columns):
    for name, value in columns.items():
        setattr(person, name, value)
    person.save()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_what_somebody_may_ends_their_sessions_and_nobody_elses(priya, rosa, change):
    change(User.objects.get(pk=priya.person.pk))
    assert not BrowserSession.objects.filter(person=priya.person).exists()
    assert not is_signed_in(priya) and is_signed_in(rosa)
    assert len(ended()) == 1


def test_other_changes_of_a_person_end_nothing(priya):
    set_and_save(User.objects.get(pk=priya.person.pk), first_name="Priya", email="p@example.com")
    priya.person.groups.set(priya.person.groups.all())
    assert is_signed_in(priya) and ended() == []


def test_a_changed_password_ends_the_sessions_elsewhere_and_not_ones_own(priya):
    elsewhere = Client()
    elsewhere.force_login(priya.person)
    new = "violet harbour tandem oxide"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert priya.post("/password_change/", form).status_code == 302
    assert BrowserSession.objects.get().person == priya.person
    assert is_signed_in(priya) and not is_signed_in(elsewhere)


def test_ones_own_sessions_are_listed_with_browser_and_address(priya, rosa):
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:149.0) Gecko/20100101 Firefox/149.0"
    other = Client(REMOTE_ADDR="192.0.2.77", HTTP_USER_AGENT=agent)
    other.post("/login/", {"username": "priya", "password": PASSWORD})
    said = words_of(priya.get("/me/"))
    assert "Firefox on Windows" in said and "192.0.2.77" in said and "this one" in said


def test_the_others_are_ended_and_this_one_stays(priya, rosa):
    other = Client()
    other.force_login(priya.person)
    said = words_of(priya.post("/me/sessions/end/", follow=True))
    assert "1 other session is ended." in said
    assert not is_signed_in(other) and is_signed_in(rosa) and ended() == ["by_hand"]


def test_nobody_ends_sessions_who_is_not_signed_in(priya, client):
    assert client.post("/me/sessions/end/").status_code == 302
    assert is_signed_in(priya)


def test_signing_out_leaves_no_row(priya):
    priya.post("/logout/")
    assert not BrowserSession.objects.filter(person=priya.person).exists()


def test_a_session_that_was_ended_is_not_brought_back_by_a_request_under_way(priya):
    store = priya.session
    store["x"] = 1
    BrowserSession.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    assert not BrowserSession.objects.exists()


def test_what_is_over_is_deleted_with_time_and_by_clearsessions(priya, rosa, clock):
    priya.force_login(priya.person)
    rows = BrowserSession.objects.filter(person=priya.person, last_seen=timezone.now())
    later = timezone.now() + IDLE_LIMIT
    assert drop_over(later) >= 1 and not rows.exists() and "idle" in ended()
    call_command("clearsessions")


def test_sessions_of_the_version_before_are_deleted_once_they_are_over(db):
    Session.objects.create(session_key="k" * 32, session_data="", expire_date=timezone.now())
    drop_over(timezone.now() + MINUTE)
    assert not Session.objects.exists()
