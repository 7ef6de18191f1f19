"""On upgrade to six roles everybody may do what they could, and nothing more."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection

from invocations.models import permissions
from invocations.models.viewer import Viewer

pytestmark = pytest.mark.django_db
KEPT = {permissions.SEND_BATCH, permissions.SEND_AGAIN, permissions.CANCEL_OF_OTHERS}


def upgrade():
    migration = importlib.import_module("invocations.migrations.0051_roles")
    editor = SimpleNamespace(connection=connection)
    migration.add_roles(apps, editor)
    migration.keep_what_they_may(apps, editor)


def rights_of(username):
    return Viewer.of(User.objects.get(username=username)).rights


def test_people_in_support_keep_what_the_right_to_send_gave_them():
    someone = User.objects.create_user("someone")
    someone.groups.add(Group.objects.get(name="Support"))
    before = rights_of("someone")
    upgrade()
    assert rights_of("someone") == before | KEPT
    assert not rights_of("someone") & {permissions.SETTLE, permissions.SEE_RECIPIENT}


def test_who_comes_into_support_later_has_its_rights_alone():
    upgrade()
    User.objects.create_user("new").groups.add(Group.objects.get(name="Support"))
    assert not rights_of("new") & KEPT


def test_a_group_of_ones_own_and_a_right_of_ones_own_are_kept_too():
    send = Permission.objects.get(codename="send_invocation")
    own = Group.objects.create(name="Night shift")
    own.permissions.add(send, Permission.objects.get(codename="view_invocation"))
    User.objects.create_user("member").groups.add(own)
    User.objects.create_user("direct").user_permissions.add(send)
    upgrade()
    assert rights_of("member") >= KEPT | {permissions.SEE_OF_OTHERS}
    assert rights_of("direct") >= KEPT


def test_who_could_not_send_gets_nothing():
    User.objects.create_user("rosa").groups.add(Group.objects.get(name="Reviewer"))
    User.objects.create_user("nina")
    upgrade()
    assert not (rights_of("rosa") | rights_of("nina")) & KEPT and not rights_of("nina")


def test_a_group_that_bears_a_new_name_already_stays_as_it_is():
    Group.objects.filter(name="Approver").delete()
    Group.objects.create(name="Approver")
    upgrade()
    assert not Group.objects.get(name="Approver").permissions.exists()


def test_a_reviewer_does_not_get_the_trail_which_names_people_and_sign_ins():
    upgrade()
    reviewer = Group.objects.get(name="Reviewer")
    assert not reviewer.permissions.filter(codename="view_trailrow").exists()
