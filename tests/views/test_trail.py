"""Every deed of staff leaves a row of the trail, and without the row there is no deed.

A page that is in neither table fails the first test.
"""

import json
import uuid

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError

from invocations.models import (
    Account,
    Batch,
    CallbackAddress,
    Export,
    Invocation,
    TrailRow,
    WorkflowInstance,
)
from invocations.sending import pause
from tests.views.addresses import CLOSED, MATRIX, SETUP, address_of
from tests.views.conftest import DIGITS
from tests.views.deeds import DEEDS, NO_DEED, settled


def test_every_page_that_takes_a_post_is_in_a_table():
    ada = 4  # her place among the people of the table
    takes_posts = {
        name
        for name, (_get, post) in MATRIX.items()
        if post[ada] not in {404, 405} or name in {"ask_admin", "download", "cancel_export"}
    }
    listed = DEEDS.keys() | NO_DEED.keys()
    assert takes_posts - listed == set()
    assert listed - MATRIX.keys() == set()
    assert SETUP and CLOSED  # by signals, whatever the page: tests/audit/test_recorded.py


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORTS_DIR = tmp_path / "exports"


@pytest.mark.parametrize("name", DEEDS)
def test_it_leaves_a_row(ada, world, name):
    verb, deed = DEEDS[name]
    deed(ada, world)
    row = TrailRow.objects.filter(verb=verb).latest("id")
    assert row.mac and DIGITS not in row.facts
    assert verb == "sent" or row.who_name == "ada"


UNDONE = {
    "cancel": lambda: Invocation.objects.get().status == "queued",
    "stop": lambda: not pause.is_stopped(),
    "pause_account": lambda: not Account.objects.get().is_paused,
    "callback_setup": lambda: not CallbackAddress.objects.exists(),
    "settle": lambda: Invocation.objects.get().status == "unknown",
    "on_send_page": lambda: WorkflowInstance.objects.get().is_active,
    "batch_pause": lambda: Batch.objects.get().state == "running",
    "cancel_export": lambda: not Export.objects.filter(state="cancelled").exists(),
}


@pytest.mark.parametrize("name", UNDONE)
def test_where_the_trail_cannot_be_written_the_deed_does_not_happen(ada, world, monkeypatch, name):
    def refuse(row, **kwargs):
        raise IntegrityError("the trail is only added to")

    monkeypatch.setattr(TrailRow, "save", refuse)
    ada.raise_request_exception = False
    if name == "cancel_export":
        with pytest.raises(IntegrityError):
            DEEDS[name][1](ada, world)
    elif name == "settle":
        settled(ada, world)
    else:
        DEEDS[name][1](ada, world)
    assert UNDONE[name]()


def test_a_message_is_not_recorded_where_the_trail_cannot_be_written(recorded, monkeypatch):
    monkeypatch.setattr(TrailRow, "save", lambda row, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recorded(request_id=uuid.uuid4())
    assert not Invocation.objects.exists()


@pytest.mark.django_db
def test_nobody_is_added_where_the_trail_cannot_be_written(monkeypatch):
    """`createsuperuser` runs in no transaction of its own."""
    monkeypatch.setattr(TrailRow, "save", lambda row, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        User.objects.create_superuser("root")
    assert not User.objects.exists()


def test_a_person_is_changed_through_the_admin_with_old_and_new(ada, priya):
    fields = {"username": "priya", "first_name": "Priya", "is_active": "on"}
    ada.post(f"/auth/user/{priya.person.pk}/change/", fields)
    about = TrailRow.objects.filter(about_id=str(priya.person.pk), who_name="ada")
    changed = about.get(verb="person_changed")
    rights = about.filter(verb="rights_changed").earliest("id")
    assert json.loads(changed.facts)["changed"] == {"first_name": ["", "Priya"]}
    assert (rights.verb, json.loads(rights.facts)["changed"]) == (
        "rights_changed",
        {"groups": [["Bulk sender", "Support"], []]},
    )
    assert {changed.who_name, rights.who_name} == {"ada"}


def test_rights_are_recorded_from_the_side_of_the_right_too(sven):
    right, group = Permission.objects.get(codename="view_pod"), Group.objects.create(name="Ops")
    right.group_set.add(group)
    right.group_set.remove(group)
    rows = TrailRow.objects.filter(verb="rights_changed", about_kind="group").order_by("id")
    changed = [json.loads(row.facts)["changed"]["rights"] for row in rows]
    assert changed == [[[], ["view_pod"]], [["view_pod"], []]]


def test_the_row_says_from_where_and_in_which_session(ada, world):
    ada.post(address_of("cancel", world))
    row = TrailRow.objects.get(verb="cancelled")
    assert row.ip == "127.0.0.1" and len(row.session) == 16
    assert ada.session.session_key not in row.session


def test_groups_are_named_when_the_row_is_about_a_group(sven):
    group = Group.objects.get(name="Support")
    group.name = "Help desk"
    group.save()
    facts = json.loads(TrailRow.objects.latest("id").facts)
    assert facts["changed"] == {"name": ["Support", "Help desk"]}
