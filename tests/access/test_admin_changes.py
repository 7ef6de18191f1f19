"""Nobody makes an admin, or takes one over, alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from invocations.models import AdminChange
from tests.access.admins import State, asked_by, change_page, fields, group, press
from tests.conftest import signed_in

PASSWORD = "correct horse battery staple"


# --- what has to be confirmed ---------------------------------------------------------------------


def test_an_admin_alone_makes_another_admin_at_once(ada, beth, noor):
    User.objects.filter(pk=beth.person.pk).update(is_active=False)  # confirms nothing any more
    ada.post(change_page(noor.person), fields(noor.person, groups=[group("Admin").pk]))
    assert not AdminChange.objects.exists()
    assert noor.person.groups.filter(name="Admin").exists()


def test_with_a_second_admin_nothing_changes_before_they_confirm(ada, beth, noor):
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    assert [each.name for each in noor.person.groups.all()] == ["Support"]
    press(beth, "confirm", change)
    assert [each.name for each in noor.person.groups.all()] == ["Admin"]


def test_a_new_person_is_saved_without_the_groups_of_admins(ada, beth):
    posted = {"username": "new", "password1": PASSWORD, "password2": PASSWORD}
    chosen = [group("Admin").pk, group("Support").pk]
    ada.post(reverse("admin:auth_user_add"), posted | {"groups": chosen})
    new = User.objects.get(username="new")
    assert [each.name for each in new.groups.all()] == ["Support"]
    press(beth, "confirm", AdminChange.objects.get())
    assert new.groups.filter(name="Admin").exists()


@pytest.mark.parametrize(
    "more",
    [
        {"email": "taken@example.com"},
        {"username": "other"},
        {"first_name": "Other"},
        {"groups": []},
        {"is_active": ""},
    ],
)
def test_nothing_of_another_admin_is_changed_alone(ada, beth, more):
    third = signed_in("cleo", "Admin")
    before = fields(third.person)
    asked_by(ada, third.person, **more)
    third.person.refresh_from_db()
    assert fields(third.person) == before and third.person.is_active


def test_with_two_admins_neither_removes_the_other_alone(ada, beth):
    asked_by(ada, beth.person, groups=[])
    assert beth.person.groups.filter(name="Admin").exists()


def test_an_admin_changes_people_who_are_no_admins_at_once(ada, beth, noor):
    ada.post(change_page(noor.person), fields(noor.person, email="noor@example.com"))
    noor.person.refresh_from_db()
    assert noor.person.email == "noor@example.com" and not AdminChange.objects.exists()


def test_an_admin_that_is_turned_off_is_not_turned_on_alone(ada, beth):
    old = signed_in("old", "Admin", is_active=False)
    asked_by(ada, old.person)
    old.person.refresh_from_db()
    assert not old.person.is_active


@pytest.mark.parametrize("right", ["change_user", "add_user", "change_account", "change_apikey"])
def test_a_right_that_amounts_to_it_is_not_given_alone(sven, ada, noor, right):
    pk = Permission.objects.get(codename=right).pk
    asked_by(sven, noor.person, user_permissions=[pk])
    assert not noor.person.user_permissions.exists()


def test_a_superuser_is_not_made_alone(sven, ada, noor):
    asked_by(sven, noor.person, is_superuser="on")
    noor.person.refresh_from_db()
    assert not noor.person.is_superuser


def test_a_group_is_not_given_an_admins_rights_alone(sven, ada, noor):
    support = group("Support")
    rights = [*support.permissions.all(), Permission.objects.get(codename="change_user")]
    posted = {"name": "Support", "permissions": [each.pk for each in rights]}
    sven.post(reverse("admin:auth_group_change", args=[support.pk]), posted)
    assert not support.permissions.filter(codename="change_user").exists()
    press(ada, "confirm", AdminChange.objects.get())
    assert support.permissions.filter(codename="change_user").exists()


def test_the_group_of_admins_is_not_emptied_of_rights_alone(sven, ada):
    posted = {"name": "Admin", "permissions": []}
    sven.post(reverse("admin:auth_group_change", args=[group("Admin").pk]), posted)
    assert group("Admin").permissions.count() > 20 and AdminChange.objects.exists()


def test_an_admin_is_not_deleted(sven, ada):
    sven.post(reverse("admin:auth_user_delete", args=[ada.person.pk]), {"post": "yes"})
    assert User.objects.filter(pk=ada.person.pk).exists()


def test_nobody_extends_their_own_rights_with_it(ada, beth):
    own = fields(ada.person, is_superuser="on", groups=[each.pk for each in Group.objects.all()])
    ada.post(change_page(ada.person), own)
    assert not AdminChange.objects.exists()
    assert [each.name for each in ada.person.groups.all()] == ["Admin"]


# --- who confirms ---------------------------------------------------------------------------------


def test_whoever_asked_does_not_confirm(ada, beth, noor):
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    press(ada, "confirm", change)
    change.refresh_from_db()
    assert change.state == State.OPEN and not noor.person.groups.filter(name="Admin").exists()


def test_the_one_it_makes_an_admin_does_not_confirm(ada, beth, noor):
    noor.person.user_permissions.add(Permission.objects.get(codename="change_user"))
    noor.force_login(noor.person)  # the change has ended her session
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    press(noor, "confirm", change)
    change.refresh_from_db()
    assert change.state == State.OPEN


def test_the_database_refuses_a_change_that_its_own_asker_confirmed(ada, noor):
    columns = {"asked_by": ada.person, "person": noor.person, "changes": {}, "seen": "x"}
    with pytest.raises(IntegrityError), transaction.atomic():
        AdminChange.objects.create(
            **columns, state=State.CONFIRMED, ended_by=ada.person, ended_at=timezone.now()
        )


@pytest.mark.parametrize("role", ["priya", "rosa", "nina"])
def test_nobody_else_sees_or_confirms(request, ada, beth, noor, role):
    change = asked_by(ada, noor.person, groups=[group("Admin").pk])
    browser = request.getfixturevalue(role)
    assert browser.get("/confirmations/").status_code == 403
    assert press(browser, "confirm", change).status_code == 403
    assert press(browser, "refuse", change).status_code == 403


def test_another_admin_refuses_and_the_asker_takes_back(ada, beth, noor):
    for browser in (beth, ada):
        change = asked_by(ada, noor.person, groups=[group("Admin").pk])
        press(browser, "refuse", change)
        press(beth, "confirm", change)
        change.refresh_from_db()
        assert change.state == State.REFUSED
    assert not noor.person.groups.filter(name="Admin").exists()
