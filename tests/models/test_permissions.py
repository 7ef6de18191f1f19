"""Who may: the three groups as the migration makes them, and the questions that views ask."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection

from invocations.models import Account, Pod, WorkflowInstance, permissions

pytestmark = pytest.mark.django_db


def person(*groups, **kwargs):
    someone = User.objects.create_user("someone", **kwargs)
    someone.groups.set(Group.objects.filter(name__in=groups))
    return someone


@pytest.fixture
def workflow():
    account = Account.objects.create(
        title="Acme", pod=Pod.objects.get(code="IN"), sid="HX11111111IN"
    )
    return WorkflowInstance.objects.create(
        account=account, title="Order", workflow_instance_id="w1"
    )


def test_the_database_has_the_groups_that_this_list_names():
    rights = {
        group.name: sorted(
            f"{right.content_type.app_label}.{right.codename}" for right in group.permissions.all()
        )
        for group in Group.objects.all()
    }
    assert rights == {name: sorted(rights) for name, rights in permissions.GROUPS.items()}


def test_the_migration_froze_the_same_list():
    frozen = dict(importlib.import_module("invocations.migrations.0003_groups").GROUPS)
    added = importlib.import_module("invocations.migrations.0006_waiting_and_doubt").RIGHTS
    frozen["Admin"] = [*frozen["Admin"], *(f"invocations.{right}" for right in added)]
    assert {name: sorted(rights) for name, rights in frozen.items()} == {
        name: sorted(rights) for name, rights in permissions.GROUPS.items()
    }


def test_running_the_migration_again_adds_nothing_twice():
    editor = SimpleNamespace(connection=connection)
    importlib.import_module("invocations.migrations.0003_groups").add_groups(apps, editor)
    test_the_database_has_the_groups_that_this_list_names()


def test_a_reviewer_may_do_nothing_but_look():
    assert all(right.split(".")[1].startswith("view_") for right in permissions.GROUPS["Reviewer"])


def test_an_admin_may_all_that_support_may():
    assert set(permissions.GROUPS["Support"]) < set(permissions.GROUPS["Admin"])


@pytest.mark.parametrize(
    ("group", "seen"), [("Support", False), ("Reviewer", False), ("Admin", True)]
)
def test_only_an_admin_sees_whole_numbers(group, seen):
    assert permissions.may_see_recipient(person(group)) is seen


@pytest.mark.parametrize(
    ("group", "seen"), [("Support", True), ("Reviewer", True), ("Admin", True), ("Nobody", False)]
)
def test_every_group_sees_values(group, seen):
    assert permissions.may_see_values(person(group)) is seen


@pytest.mark.parametrize(
    ("group", "may"), [("Support", True), ("Reviewer", False), ("Admin", True), ("Nobody", False)]
)
def test_support_and_admins_send(workflow, group, may):
    assert permissions.may_send(person(group), workflow) is may


def test_nobody_sends_a_workflow_that_is_turned_off(workflow):
    WorkflowInstance.objects.update(is_active=False)
    assert not permissions.may_send(person("Admin", is_superuser=True), workflow)


def test_a_workflow_kept_for_a_group_is_sent_by_that_group_only(workflow):
    workflow.groups.add(Group.objects.get(name="Admin"))
    assert not permissions.may_send(person("Support"), workflow)
    User.objects.all().delete()
    assert permissions.may_send(person("Admin"), workflow)


def test_being_in_the_group_is_not_enough_without_the_right_to_send(workflow):
    workflow.groups.add(Group.objects.get(name="Reviewer"))
    assert not permissions.may_send(person("Reviewer"), workflow)


def test_a_superuser_sends_what_is_kept_for_a_group(workflow):
    workflow.groups.add(Group.objects.get(name="Admin"))
    assert permissions.may_send(person(is_superuser=True), workflow)


def test_somebody_who_is_turned_off_sends_nothing(workflow):
    assert not permissions.may_send(person("Support", is_active=False), workflow)


def test_a_stranger_sends_nothing_and_sees_nothing(workflow):
    stranger = AnonymousUser()
    assert not permissions.may_send(stranger, workflow)
    assert not permissions.may_see_recipient(stranger) and not permissions.may_see_values(stranger)


def test_a_workflow_kept_for_two_of_their_groups_is_listed_once(workflow):
    workflow.groups.set(Group.objects.filter(name__in=["Support", "Admin"]))
    assert list(permissions.sendable_workflows(person("Support", "Admin"))) == [workflow]


def test_the_rights_are_asked_of_the_database_not_of_an_old_copy(workflow):
    someone = person("Support")
    WorkflowInstance.objects.filter(pk=workflow.pk).update(is_active=False)
    assert workflow.is_active and not permissions.may_send(someone, workflow)
