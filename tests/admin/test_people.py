"""Admin pages of people: adding them, and that nobody can gain rights."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from tests.conftest import sign_in_again
from tests.views.pages import words_of

LIST = reverse("admin:auth_user_changelist")
ADD = reverse("admin:auth_user_add")
PASSWORD = "a long enough password"


def page(action, person):
    return reverse(f"admin:auth_user_{action}", args=[person.pk])


def group(name):
    return Group.objects.get(name=name)


def person(username, *groups, **kwargs):
    someone = User.objects.create_user(username, password=PASSWORD, is_staff=True, **kwargs)
    someone.groups.set(Group.objects.filter(name__in=groups))
    return someone


def fields(username, **more):
    return {
        "username": username,
        "first_name": "",
        "last_name": "",
        "email": "",
        "is_active": "on",
        **more,
    }


def add(browser, **more):
    return browser.post(ADD, fields("new", password1=PASSWORD, password2=PASSWORD, **more))


def test_an_admin_adds_a_person_who_can_sign_in(ada, client):
    add(ada, first_name="Noor", groups=[group("Support").pk])
    new = User.objects.get(username="new")
    assert (new.first_name, new.is_staff, new.is_superuser, [g.name for g in new.groups.all()]) == (
        "Noor",
        True,
        False,
        ["Support"],
    )
    assert client.login(username="new", password=PASSWORD)


def test_a_new_person_needs_a_password(ada):
    response = ada.post(ADD, fields("new", usable_password="false"))
    assert "password1" in response.context["adminform"].form.errors
    assert not User.objects.filter(username="new").exists()


def test_an_admin_can_add_another_admin(ada):
    add(ada, groups=[group("Admin").pk])
    assert User.objects.filter(username="new", groups__name="Admin").exists()


def test_the_add_page_creates_no_superuser(ada, sven):
    add(ada, is_superuser="on", user_permissions=[Permission.objects.first().pk])
    new = User.objects.get(username="new")
    assert not new.is_superuser and not new.user_permissions.exists()


def test_an_admin_cannot_extend_their_own_rights(ada):
    permission = Permission.objects.get(codename="delete_user")
    before = set(ada.person.groups.all())
    rights = {
        "is_superuser": "on",
        "user_permissions": [permission.pk],
        "groups": [g.pk for g in Group.objects.all()],
    }
    ada.post(page("change", ada.person), fields("ada", **rights))
    again = User.objects.get(username="ada")
    assert not again.is_superuser and not again.user_permissions.exists()
    assert set(again.groups.all()) == before


def test_an_admin_cannot_make_another_person_a_superuser(ada):
    friend = person("friend")
    ada.post(
        page("change", friend),
        fields("friend", is_superuser="on", user_permissions=[Permission.objects.first().pk]),
    )
    friend.refresh_from_db()
    assert not friend.is_superuser and not friend.user_permissions.exists()


def test_only_a_superuser_sees_the_fields_for_superusers_and_permissions(ada, sven):
    friend = person("friend")
    for name in ['name="is_superuser"', 'name="user_permissions"']:
        assert name not in ada.get(page("change", friend)).content.decode()
        assert name in sven.get(page("change", friend)).content.decode()


def test_an_admin_does_not_see_superusers(ada, sven):
    assert "sven" not in ada.get(LIST).content.decode()
    assert ada.get(page("change", sven.person)).status_code == 302
    assert ada.get(page("history", sven.person)).status_code == 404
    sven.post(page("change", sven.person), {"username": "sven", "first_name": "Sven"})
    assert "sven" not in words_of(ada.get("/changes/")).partition("By hand on messages")[2].lower()


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_admin_cannot_set_a_superusers_password(ada, sven, method):
    address = page("password_change", sven.person)
    response = getattr(ada, method)(address, {"password1": PASSWORD, "password2": PASSWORD})
    assert response.status_code in {403, 404}
    assert not User.objects.get(username="sven").check_password(PASSWORD)


def test_an_admin_cannot_set_the_password_of_somebody_with_more_rights(ada):
    boss = person("boss")
    boss.user_permissions.add(Permission.objects.get(codename="delete_user"))
    boss.set_password("another long password")
    boss.save()
    response = ada.post(
        page("password_change", boss), {"password1": PASSWORD, "password2": PASSWORD}
    )
    assert response.status_code == 403
    assert not User.objects.get(username="boss").check_password(PASSWORD)


def test_an_admin_cannot_change_an_inactive_person_with_more_rights(ada):
    boss = person("boss", is_active=False)
    boss.user_permissions.add(Permission.objects.get(codename="delete_user"))
    assert ada.post(page("change", boss), fields("boss")).status_code == 403
    assert ada.get(page("change", boss)).status_code == 200


def test_an_admin_can_set_the_password_of_support_staff(ada):
    priya = person("priya", "Support")
    ada.post(
        page("password_change", priya),
        {"password1": "completely different one", "password2": "completely different one"},
    )
    assert User.objects.get(username="priya").check_password("completely different one")


def test_an_admin_cannot_assign_a_group_with_more_rights(ada):
    powerful = Group.objects.create(name="Strong")
    powerful.permissions.add(Permission.objects.get(codename="change_group"))
    response = add(ada, groups=[powerful.pk])
    assert "groups" in response.context["adminform"].form.errors
    assert "Strong" not in ada.get(ADD).content.decode()


@pytest.mark.parametrize("action", ["change", "delete"])
def test_an_admin_cannot_change_groups(ada, action):
    address = reverse(f"admin:auth_group_{action}", args=[group("Support").pk])
    everything = [permission.pk for permission in Permission.objects.all()]
    assert (
        ada.post(address, {"name": "Support", "permissions": everything, "post": "yes"}).status_code
        == 403
    )
    assert group("Support").permissions.count() == 3


def test_the_permission_to_change_groups_is_not_enough(ada):
    ada.person.user_permissions.add(*Permission.objects.filter(content_type__model="group"))
    sign_in_again(ada)
    assert ada.get(reverse("admin:auth_group_add")).status_code == 403
    assert (
        ada.post(
            reverse("admin:auth_group_change", args=[group("Admin").pk]), {"name": "x"}
        ).status_code
        == 403
    )


def test_an_admin_cannot_delete_people(ada):
    assert ada.post(page("delete", person("friend")), {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="friend").exists()


def test_a_superuser_can_delete_a_person_who_changed_nothing(sven):
    sven.post(page("delete", person("friend")), {"post": "yes"})
    assert not User.objects.filter(username="friend").exists()


def test_a_person_who_changed_something_can_only_be_deactivated(sven, ada, kaleyra):
    ada.post(
        reverse("admin:invocations_pod_change", args=[kaleyra.pod.pk]),
        {"code": "IN", "title": "India", "api_domain": "api.in.kaleyra.io"},
    )
    html = sven.post(page("delete", ada.person), {"post": "yes"}).content.decode()
    assert "Switch “Active” off instead" in html
    assert User.objects.filter(username="ada").exists()


def test_nobody_can_deactivate_themselves(ada, sven):
    for browser in [ada, sven]:
        data = fields(browser.person.username)
        del data["is_active"]
        browser.post(page("change", browser.person), data)
        assert User.objects.get(pk=browser.person.pk).is_active


def test_a_group_of_a_workflow_is_not_deleted(sven, kaleyra):
    kept = Group.objects.create(name="Kept")
    kaleyra.workflow.groups.add(kept)
    html = sven.post(
        reverse("admin:auth_group_delete", args=[kept.pk]), {"post": "yes"}
    ).content.decode()
    assert "cannot be deleted" in html and "Order shipped" in html
    assert Group.objects.filter(name="Kept").exists()


def test_the_list_shows_groups(ada, priya):
    html = ada.get(LIST).content.decode()
    assert "Support" in html and "priya" in html


def test_a_group_is_asked_for_the_rights_of_the_console_only(sven):
    shown = sven.get(reverse("admin:auth_group_change", args=[group("Support").pk]))
    text = shown.content.decode()
    assert "Can see the history" in text
    assert "log entry" not in text and "Authentication" not in text


def test_saving_a_group_keeps_a_right_that_is_not_offered(sven):
    kept = Permission.objects.get(codename="view_session")
    group("Support").permissions.add(kept)
    before = set(group("Support").permissions.all())
    there = reverse("admin:auth_group_change", args=[group("Support").pk])
    sven.post(there, {"name": "Support", "permissions": [right.pk for right in before]})
    assert set(group("Support").permissions.all()) == before


def test_the_page_of_a_person_does_not_show_how_the_password_is_stored(sven):
    assert "pbkdf2" not in sven.get(page("change", person("friend"))).content.decode()
