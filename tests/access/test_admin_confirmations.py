"""When a change of an admin lapses or is void, who is told, and two who press at once."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from invocations.access import admin_changes
from invocations.access.admin_changes import confirm
from invocations.models import AdminChange, TrailRow
from tests.access.admins import State, asked_by, change_page, fields, group, press
from tests.conftest import signed_in

PASSWORD = "correct horse battery staple"


# --- when it lapses and is void -------------------------------------------------------------------


def test_it_lapses_after_a_day(ada, beth, noor):
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    AdminChange.objects.update(asked_at=timezone.now() - timedelta(days=1, seconds=1))
    press(beth, "confirm", change)
    assert not noor.person.groups.filter(name="Admin").exists()
    asked_by(ada, noor.person, groups=[group("Admin").pk])  # another may be asked then


def test_it_is_void_if_the_one_concerned_has_changed(ada, beth, noor):
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    noor.person.set_password("somebody else knows it")
    noor.person.save()
    assert "void" in press(beth, "confirm", change).content.decode()
    change.refresh_from_db()
    assert change.state == State.VOID and not noor.person.groups.filter(name="Admin").exists()


def test_it_is_void_if_the_one_who_asked_has_changed(ada, beth, sven, noor):
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    ada.person.groups.clear()
    press(beth, "confirm", change)
    assert not noor.person.groups.filter(name="Admin").exists()


def test_it_is_void_if_the_group_of_the_one_who_asked_has_lost_the_right(ada, beth, sven, noor):
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    group("Admin").permissions.remove(Permission.objects.get(codename="change_user"))
    press(sven, "confirm", change)
    assert not noor.person.groups.filter(name="Admin").exists()


def test_it_is_void_if_the_group_has_got_another_member(sven, ada, noor):
    support = group("Support")
    rights = [Permission.objects.get(codename="change_user").pk]
    posted = {"name": "Support", "permissions": rights}
    sven.post(reverse("admin:auth_group_change", args=[support.pk]), posted)
    User.objects.create_user("late").groups.add(support)
    press(ada, "confirm", AdminChange.objects.get())
    assert not support.permissions.filter(codename="change_user").exists()


def test_one_person_has_one_open_change(ada, beth, noor):
    asked_by(ada, noor.person, groups=[group("Admin").pk])
    again = beth.post(
        change_page(noor.person), fields(noor.person, groups=[group("Admin").pk]), follow=True
    )
    assert "waits to be confirmed already" in again.content.decode()
    assert AdminChange.objects.count() == 1


# --- a password -----------------------------------------------------------------------------------


def set_password(browser, person, password=PASSWORD):
    return browser.post(
        change_page(person, "password"), {"password1": password, "password2": password}
    )


def test_another_admins_password_is_set_once_after_it_was_confirmed_and_told(ada, beth, emails):
    User.objects.filter(pk=beth.person.pk).update(email="beth@example.com")
    assert (
        "Another admin has to confirm"
        in ada.get(change_page(beth.person, "password")).content.decode()
    )
    set_password(ada, beth.person)
    change = AdminChange.objects.get()
    assert change.changes == {"password": True} and PASSWORD not in str(vars(change))
    press(beth, "confirm", change)
    assert not admin_changes.may_set_password(beth.person, beth.person)  # whoever asked alone
    [(to, _text)] = emails(lambda: set_password(ada, beth.person))
    assert to == "beth@example.com"
    assert User.objects.get(pk=beth.person.pk).check_password(PASSWORD)
    set_password(ada, beth.person, "a second one, unasked")
    assert User.objects.get(pk=beth.person.pk).check_password(PASSWORD)


def test_an_admin_sets_the_password_of_support_at_once(ada, beth, noor):
    set_password(ada, noor.person)
    assert User.objects.get(pk=noor.person.pk).check_password(PASSWORD)


# --- what is told ---------------------------------------------------------------------------------


@pytest.fixture
def emails(settings, monkeypatch, django_capture_on_commit_callbacks):
    """emails(deed): what was sent by `deed`, as (to, text)."""
    settings.PASSWORD_RESET_BY_EMAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(
        "invocations.emails.threading.Thread",
        lambda target, args, name: type("Now", (), {"start": lambda self: target(*args)})(),
    )

    def sent(deed):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            deed()
        return [(email.to[0], email.body) for email in mail.outbox]

    return sent


def test_the_one_concerned_is_told_at_the_address_from_before(ada, beth, emails):
    User.objects.filter(pk=beth.person.pk).update(email="old@example.com")
    beth.person.refresh_from_db()
    third = signed_in("cleo", "Admin")
    [(to, text)] = emails(lambda: asked_by(ada, beth.person, email="new@example.com"))
    assert to == "old@example.com" and "another email address" in text and "new@" not in text
    [(to, text)] = emails(lambda: press(third, "confirm", AdminChange.objects.get()))
    assert to == "old@example.com" and "ada" in text and "cleo" in text


def test_an_admin_who_changes_their_own_address_is_told_at_the_old_one(ada, beth, emails):
    User.objects.filter(pk=ada.person.pk).update(email="old@example.com")
    ada.person.refresh_from_db()
    posted = fields(ada.person, email="new@example.com")
    [(to, _text)] = emails(lambda: ada.post(change_page(ada.person), posted))
    ada.person.refresh_from_db()
    assert to == "old@example.com" and ada.person.email == "new@example.com"


def test_the_trail_says_who_asked_and_who_confirmed(ada, beth, noor):
    press(beth, "confirm", asked_by(ada, noor.person, groups=[group("Admin").pk]))
    deeds = TrailRow.objects.order_by("pk").values_list("who_name", "verb", "about_id")
    assert [each for each in deeds if each[1].startswith("admin_change")] == [
        ("ada", "admin_change_asked", str(noor.person.pk)),
        ("beth", "admin_change_confirmed", str(noor.person.pk)),
    ]


def test_it_stands_under_needs_you_for_whoever_may_confirm(ada, beth, noor):
    asked_by(ada, noor.person, groups=[group("Admin").pk])
    assert "waits to be confirmed: noor" in beth.get("/needs-you/").content.decode()
    assert "waits to be confirmed" not in ada.get("/needs-you/").content.decode()
    assert "groups: Admin" in ada.get("/confirmations/").content.decode()


# --- two at once ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_many_who_confirm_at_once_one_does(ada, noor):
    admins = [signed_in(f"admin{number}", "Admin").person for number in range(6)]
    change = admin_changes.ask(noor.person, {"groups": [group("Admin").pk]}, ada.person)
    done = at_once([lambda by=by: confirm(change.pk, by) for by in admins])
    assert sum(each is not None for each in done) == 1
    assert TrailRow.objects.filter(verb="admin_change_confirmed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_at_once_do_not_both_succeed(ada, beth):
    first = admin_changes.ask(beth.person, {"groups": []}, ada.person)
    second = admin_changes.ask(ada.person, {"groups": []}, beth.person)
    at_once([lambda: confirm(first.pk, beth.person), lambda: confirm(second.pk, ada.person)])
    assert Group.objects.get(name="Admin").user_set.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_is_confirmed_or_refused_and_not_both(ada, beth, noor):
    change = admin_changes.ask(noor.person, {"groups": [group("Admin").pk]}, ada.person)
    at_once(
        [
            lambda: confirm(change.pk, beth.person),
            lambda: admin_changes.refuse(change.pk, ada.person),
        ]
    )
    change.refresh_from_db()
    is_admin = noor.person.groups.filter(name="Admin").exists()
    assert is_admin == (change.state == State.CONFIRMED)


def at_once(deeds):
    """What each of `deeds` returns, all begun together."""
    gate, done = Barrier(len(deeds)), [None] * len(deeds)

    def run(number):
        gate.wait()
        try:
            done[number] = deeds[number]()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_whoever_confirms_reads_the_new_address_and_rights(ada, beth, sven, noor):
    third = signed_in("cleo", "Admin")
    asked_by(ada, third.person, email="new@example.com")
    assert "another email address: new@example.com" in beth.get("/confirmations/").content.decode()
    press(beth, "refuse", AdminChange.objects.get(state=State.OPEN))
    right = Permission.objects.get(codename="change_user").pk
    asked_by(sven, noor.person, user_permissions=[right])
    assert "rights: Can change people" in beth.get("/confirmations/").content.decode()
