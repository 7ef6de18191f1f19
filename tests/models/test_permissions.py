"""The six groups as the migrations create them, and the rights of a `Viewer`."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import connection

from invocations.models import Account, Pod, WorkflowInstance, permissions
from invocations.models.viewer import Viewer

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


def test_the_database_has_the_groups_of_the_list():
    rights = {
        group.name: sorted(
            f"{right.content_type.app_label}.{right.codename}" for right in group.permissions.all()
        )
        for group in Group.objects.all()
    }
    assert rights == {name: sorted(rights) for name, rights in permissions.GROUPS.items()}


def test_the_migrations_have_the_same_list():
    frozen = {
        name: list(rights)
        for name, rights in importlib.import_module(
            "invocations.migrations.0003_groups"
        ).GROUPS.items()
    }
    for later in ("0006_waiting_and_doubt", "0040_rights"):
        added = importlib.import_module(f"invocations.migrations.{later}").RIGHTS
        frozen["Admin"] += [f"invocations.{right}" for right in added]
    roles = importlib.import_module("invocations.migrations.0051_roles")
    for name, rights in {**roles.NEW_GROUPS, "Reviewer": roles.REVIEWER}.items():
        frozen.setdefault(name, []).extend(f"invocations.{right}" for right in rights)
    assert {name: sorted(rights) for name, rights in frozen.items()} == {
        name: sorted(rights) for name, rights in permissions.GROUPS.items()
    }


def test_running_the_migration_again_adds_nothing_twice():
    editor = SimpleNamespace(connection=connection)
    importlib.import_module("invocations.migrations.0003_groups").add_groups(apps, editor)
    importlib.import_module("invocations.migrations.0051_roles").add_roles(apps, editor)
    test_the_database_has_the_groups_of_the_list()


def test_a_reviewer_has_view_permissions_only():
    assert all(right.split(".")[1].startswith("view_") for right in permissions.GROUPS["Reviewer"])


def test_an_admin_has_every_right_of_support():
    assert set(permissions.GROUPS["Support"]) < set(permissions.GROUPS["Admin"])


@pytest.mark.parametrize(
    ("group", "seen"),
    [
        *[("Support", False), ("Bulk sender", False), ("Senior support", True)],
        *[("Approver", False), ("Reviewer", False), ("Admin", True)],
    ],
)
def test_senior_support_and_admins_may_reveal_complete_numbers(group, seen):
    viewer = Viewer.of(person(group))
    assert viewer.revealing().sees_numbers is seen and not viewer.sees_numbers


@pytest.mark.parametrize(
    ("group", "seen"), [("Support", True), ("Reviewer", True), ("Admin", True), ("Nobody", False)]
)
def test_every_group_sees_values(group, seen):
    assert Viewer.of(person(group)).sees_values is seen


@pytest.mark.parametrize(
    ("group", "may"), [("Support", True), ("Reviewer", False), ("Admin", True), ("Nobody", False)]
)
def test_support_and_admins_may_send(workflow, group, may):
    assert Viewer.of(person(group)).may_send_workflow(workflow) is may


def test_nobody_may_send_an_inactive_workflow(workflow):
    WorkflowInstance.objects.update(is_active=False)
    assert not Viewer.of(person("Admin", is_superuser=True)).may_send_workflow(workflow)


@pytest.mark.parametrize("stage", ["draft", "tested"])
def test_only_who_may_change_workflows_may_send_one_that_is_not_live(workflow, stage):
    WorkflowInstance.objects.update(stage=stage)
    assert not Viewer.of(person("Support")).may_send_workflow(workflow)
    assert Viewer.operator().may_send_workflow(workflow)
    User.objects.all().delete()
    assert Viewer.of(person("Admin")).may_send_workflow(workflow)


def test_a_workflow_with_groups_may_be_sent_by_these_groups_only(workflow):
    workflow.groups.add(Group.objects.get(name="Admin"))
    assert not Viewer.of(person("Support")).may_send_workflow(workflow)
    User.objects.all().delete()
    assert Viewer.of(person("Admin")).may_send_workflow(workflow)


def test_membership_in_the_group_does_not_replace_the_permission_to_send(workflow):
    workflow.groups.add(Group.objects.get(name="Reviewer"))
    assert not Viewer.of(person("Reviewer")).may_send_workflow(workflow)


def test_a_superuser_may_send_a_workflow_of_any_group(workflow):
    workflow.groups.add(Group.objects.get(name="Admin"))
    assert Viewer.of(person(is_superuser=True)).may_send_workflow(workflow)


def test_an_inactive_person_may_send_nothing(workflow):
    assert not Viewer.of(person("Support", is_active=False)).may_send_workflow(workflow)


def test_an_anonymous_user_has_no_rights(workflow):
    stranger = AnonymousUser()
    assert not Viewer.of(stranger).may_send_workflow(workflow)
    assert not Viewer.of(stranger).sees_numbers and not Viewer.of(stranger).sees_values


def test_a_workflow_of_two_groups_of_the_person_is_listed_once(workflow):
    workflow.groups.set(Group.objects.filter(name__in=["Support", "Admin"]))
    assert list(Viewer.of(person("Support", "Admin")).sendable_workflows()) == [workflow]


def test_the_database_decides_and_not_a_stale_instance(workflow):
    someone = person("Support")
    WorkflowInstance.objects.filter(pk=workflow.pk).update(is_active=False)
    assert workflow.is_active and not Viewer.of(someone).may_send_workflow(workflow)


@pytest.mark.parametrize("kind", ["own", "of a group", "superuser", "inactive"])
def test_a_viewer_has_the_rights_that_django_names_and_looks_them_up_once(
    kind, django_assert_max_num_queries
):
    user = User.objects.create_user(
        "someone", is_superuser=kind == "superuser", is_active=kind != "inactive"
    )
    user.user_permissions.add(Permission.objects.get(codename="stop_sending"))
    if kind == "of a group":
        user.groups.set(Group.objects.filter(name__in=["Support", "Reviewer"]))
    named = User.objects.get(pk=user.pk).get_all_permissions()
    with django_assert_max_num_queries(1):
        assert Viewer.of(user).rights == named
        assert user.has_perm("invocations.stop_sending") is (kind != "inactive")
