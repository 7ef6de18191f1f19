"""People: brought in by an admin, and nobody can raise themselves."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

LIST = reverse("admin:auth_user_changelist")
ADD = reverse("admin:auth_user_add")
PASSWORD = "a long enough password"


def page(deed, person):
    return reverse(f"admin:auth_user_{deed}", args=[person.pk])


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


def test_an_admin_brings_in_somebody_who_can_work_at_once(ada, client):
    add(ada, first_name="Noor", groups=[group("Support").pk])
    new = User.objects.get(username="new")
    assert (new.first_name, new.is_staff, new.is_superuser, [g.name for g in new.groups.all()]) == (
        "Noor",
        True,
        False,
        ["Support"],
    )
    assert client.login(username="new", password=PASSWORD)


def test_somebody_new_needs_a_password(ada):
    answer = ada.post(ADD, fields("new", usable_password="false"))
    assert "password1" in answer.context["adminform"].form.errors
    assert not User.objects.filter(username="new").exists()


def test_an_admin_may_make_another_admin(ada):
    add(ada, groups=[group("Admin").pk])
    assert User.objects.filter(username="new", groups__name="Admin").exists()


def test_the_add_page_makes_no_superuser(ada, sven):
    add(ada, is_superuser="on", user_permissions=[Permission.objects.first().pk])
    new = User.objects.get(username="new")
    assert not new.is_superuser and not new.user_permissions.exists()


def test_an_admin_cannot_raise_themselves(ada):
    permission = Permission.objects.get(codename="delete_user")
    before = set(ada.person.groups.all())
    raised = {
        "is_superuser": "on",
        "user_permissions": [permission.pk],
        "groups": [g.pk for g in Group.objects.all()],
    }
    ada.post(page("change", ada.person), fields("ada", **raised))
    again = User.objects.get(username="ada")
    assert not again.is_superuser and not again.user_permissions.exists()
    assert set(again.groups.all()) == before


def test_an_admin_cannot_raise_somebody_else(ada):
    friend = person("friend")
    ada.post(
        page("change", friend),
        fields("friend", is_superuser="on", user_permissions=[Permission.objects.first().pk]),
    )
    friend.refresh_from_db()
    assert not friend.is_superuser and not friend.user_permissions.exists()


def test_the_boxes_of_a_superuser_are_not_on_an_admins_page(ada, sven):
    friend = person("friend")
    for name in ['name="is_superuser"', 'name="user_permissions"']:
        assert name not in ada.get(page("change", friend)).content.decode()
        assert name in sven.get(page("change", friend)).content.decode()


def test_an_admin_does_not_see_superusers(ada, sven):
    assert "sven" not in ada.get(LIST).content.decode()
    assert ada.get(page("change", sven.person)).status_code == 302
    assert ada.get(page("history", sven.person)).status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_admin_cannot_set_a_superusers_password(ada, sven, method):
    address = page("password_change", sven.person)
    answer = getattr(ada, method)(address, {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code in {403, 404}
    assert not User.objects.get(username="sven").check_password(PASSWORD)


def test_an_admin_cannot_set_the_password_of_somebody_with_more_rights(ada):
    boss = person("boss")
    boss.user_permissions.add(Permission.objects.get(codename="delete_user"))
    boss.set_password("another long password")
    boss.save()
    answer = ada.post(page("password_change", boss), {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 403
    assert not User.objects.get(username="boss").check_password(PASSWORD)


def test_somebody_with_more_rights_who_is_turned_off_cannot_be_taken_over_either(ada):
    boss = person("boss", is_active=False)
    boss.user_permissions.add(Permission.objects.get(codename="delete_user"))
    assert ada.post(page("change", boss), fields("boss")).status_code == 403
    assert ada.get(page("change", boss)).status_code == 200


def test_an_admin_sets_the_password_of_staff(ada):
    priya = person("priya", "Support")
    ada.post(
        page("password_change", priya),
        {"password1": "completely different one", "password2": "completely different one"},
    )
    assert User.objects.get(username="priya").check_password("completely different one")


def test_a_group_with_more_rights_is_not_an_admins_to_give(ada):
    strong = Group.objects.create(name="Strong")
    strong.permissions.add(Permission.objects.get(codename="change_group"))
    answer = add(ada, groups=[strong.pk])
    assert "groups" in answer.context["adminform"].form.errors
    assert "Strong" not in ada.get(ADD).content.decode()


@pytest.mark.parametrize("deed", ["change", "delete"])
def test_an_admin_cannot_change_groups(ada, deed):
    address = reverse(f"admin:auth_group_{deed}", args=[group("Support").pk])
    everything = [permission.pk for permission in Permission.objects.all()]
    assert (
        ada.post(address, {"name": "Support", "permissions": everything, "post": "yes"}).status_code
        == 403
    )
    assert group("Support").permissions.count() == 3


def test_not_even_the_permission_to_change_groups_opens_them(ada):
    ada.person.user_permissions.add(*Permission.objects.filter(content_type__model="group"))
    assert ada.get(reverse("admin:auth_group_add")).status_code == 403
    assert (
        ada.post(
            reverse("admin:auth_group_change", args=[group("Admin").pk]), {"name": "x"}
        ).status_code
        == 403
    )


def test_an_admin_deletes_nobody(ada):
    assert ada.post(page("delete", person("friend")), {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="friend").exists()


def test_a_superuser_deletes_somebody_who_did_nothing(sven):
    sven.post(page("delete", person("friend")), {"post": "yes"})
    assert not User.objects.filter(username="friend").exists()


def test_somebody_who_did_something_is_turned_off_instead(sven, ada, kaleyra):
    ada.post(
        reverse("admin:invocations_pod_change", args=[kaleyra.pod.pk]),
        {"code": "IN", "title": "India", "api_domain": "api.in.kaleyra.io"},
    )
    html = sven.post(page("delete", ada.person), {"post": "yes"}).content.decode()
    assert "Turn the account off instead" in html
    assert User.objects.filter(username="ada").exists()


def test_nobody_turns_themselves_off(ada, sven):
    for browser in [ada, sven]:
        data = fields(browser.person.username)
        del data["is_active"]
        browser.post(page("change", browser.person), data)
        assert User.objects.get(pk=browser.person.pk).is_active


def test_a_group_that_a_workflow_is_kept_for_stays(sven, kaleyra):
    kept = Group.objects.create(name="Kept")
    kaleyra.workflow.groups.add(kept)
    html = sven.post(
        reverse("admin:auth_group_delete", args=[kept.pk]), {"post": "yes"}
    ).content.decode()
    assert "cannot be deleted" in html and "Order shipped" in html
    assert Group.objects.filter(name="Kept").exists()


def test_the_list_says_who_is_in_which_group(ada, priya):
    html = ada.get(LIST).content.decode()
    assert "Support" in html and "priya" in html
