"""Which addresses each person may open and post to, and what a right covers."""

import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import get_resolver, resolve

from invocations.models import Invocation, TrailRow
from tests.conftest import sign_in_again
from tests.views.addresses import (
    CLOSED,
    MATRIX,
    NOT_FOR_PEOPLE,
    PEOPLE,
    SETUP,
    SHELL,
    SIGN_IN,
    address_of,
    url_names,
)
from tests.views.pages import opened


def test_no_address_is_missing_from_the_tables():
    assert set(url_names(get_resolver().url_patterns)) == set(MATRIX) | SETUP | CLOSED | SHELL


@pytest.mark.parametrize("name", MATRIX)
def test_each_person_gets_the_answer_of_the_table_at_every_address(request, world, name):
    browsers = [Client(), *(request.getfixturevalue(who) for who in PEOPLE[1:])]
    for method, expected in zip(["get", "post"], MATRIX[name], strict=True):
        seen = []
        for browser in browsers:
            response = getattr(browser, method)(address_of(name, world))
            seen.append(response.status_code)
            if browser is browsers[0] and response.status_code == SIGN_IN:
                assert response.headers["Location"].startswith("/login/")
        assert tuple(seen) == expected, method


def test_the_setup_is_closed_without_signing_in_or_without_permission(nina, priya, world):
    for name in sorted(SETUP):
        there = address_of(name, world)
        for method in ("get", "post"):
            answer = getattr(Client(), method)(there)
            assert answer.status_code == 302, name
            assert answer.headers["Location"].startswith("/login/"), name
            for browser in (nina, priya):
                assert getattr(browser, method)(there).status_code == 403, name


def test_nobody_can_open_old_versions(sven, world):
    for name in CLOSED:
        there = address_of(name, world)
        assert sven.get(there).status_code == sven.post(there).status_code == 404, name


def test_a_reviewer_can_change_nothing_in_the_setup(rosa, world):
    before = database_contents()
    for name in sorted(SETUP):
        answer = rosa.post(address_of(name, world), {"post": "yes"})
        assert answer.status_code in {403, 405, 200}, name
        assert answer.status_code != 200 or name.endswith(("changelist", "history")), name
    assert database_contents() == before


def test_a_person_without_staff_status_or_inactive_has_to_sign_in(priya, world):
    for changes in ({"is_staff": False}, {"is_staff": True, "is_active": False}):
        User.objects.filter(pk=priya.person.pk).update(**changes)
        for name in MATRIX.keys() - NOT_FOR_PEOPLE:
            answer = priya.get(address_of(name, world))
            assert answer.headers["Location"].startswith("/login/"), name


def test_a_revoked_right_ends_at_once(priya, world):
    assert priya.get(address_of("compose", world)).status_code == 200
    priya.person.groups.clear()
    sign_in_again(priya)
    assert priya.get(address_of("compose", world)).status_code == 403
    assert priya.post(address_of("compose", world), {"action": "send"}).status_code == 403


@pytest.mark.parametrize(("kept_for", "seen"), [("Support", 200), ("Reviewer", 404), (None, 200)])
def test_a_workflow_restricted_to_a_group_is_open_to_that_group_only(priya, world, kept_for, seen):
    world.workflow.groups.set(Group.objects.filter(name=kept_for))
    there = address_of("compose", world)
    assert priya.get(there).status_code == priya.post(there).status_code == seen
    assert priya.post(f"{there}preview/").status_code == seen
    assert (there in opened(priya, "/send/").links) == (seen == 200)
    assert priya.post(address_of("try_again", world)).status_code == (302 if seen == 200 else 404)


def test_a_workflow_restricted_to_others_is_open_to_a_superuser(sven, world):
    world.workflow.groups.set(Group.objects.filter(name="Reviewer"))
    assert sven.get(address_of("compose", world)).status_code == 200


def test_an_inactive_workflow_is_closed_to_everybody(sven, world):
    type(world.workflow).objects.update(is_active=False)
    there = address_of("compose", world)
    assert sven.get(there).status_code == sven.post(there).status_code == 404
    assert sven.post(f"{there}preview/").status_code == 404
    assert there not in opened(sven, "/send/").links
    assert not Invocation.objects.exclude(pk=world.row.pk)


@pytest.mark.parametrize("pk", [0, 999_999, 10**18, 10**30])
def test_a_missing_workflow_or_message_is_not_found(ada, pk):
    for there in (f"/send/{pk}/", f"/workflows/{pk}/contract/"):
        assert ada.get(there).status_code == ada.post(there).status_code == 404
    for there in (f"/send/{pk}/preview/", f"/send/presets/{pk}/remove/"):
        assert ada.post(there).status_code == 404
    assert ada.get(f"/history/{uuid.uuid4()}/").status_code == 404


SESSIONS = {"django_session", "invocations_browsersession"}


def database_contents():
    """The rows of every table but the sessions."""
    with connection.cursor() as cursor:
        contents = {}
        for table in set(connection.introspection.table_names(cursor)) - SESSIONS:
            cursor.execute(f'SELECT * FROM "{table}"')
            contents[table] = sorted(map(repr, cursor.fetchall()))
    return contents


def test_viewing_every_page_changes_nothing(sven, world, receiver):
    world.preset()
    preset = world.preset()
    there = [
        address_of(name, world)
        for name in (MATRIX.keys() | SETUP) - {"remove_preset", "remove_filter"}
    ]
    there += [
        f"/send/{world.workflow.pk}/?{query}"
        for query in (
            f"again={world.row.request_id}",
            f"like={world.row.request_id}",
            f"preset={preset.pk}",
        )
    ]
    there += [
        "/history/?status=queued",
        f"/send/presets/{preset.pk}/remove/",
        "/password_change/",
        "/login/",
    ]
    before = database_contents()
    for one in there:
        assert sven.get(one).status_code in {200, 302, 404, 405}, one
        resolve(one.partition("?")[0])
    after = database_contents()
    table = TrailRow._meta.db_table
    before.pop(table), after.pop(table)  # a file that is fetched is written down
    assert after == before and not receiver.received
    assert set(TrailRow.objects.filter(who_name="sven").values_list("verb", flat=True)) <= {
        "signed_in",
        "downloaded",
        "exported",
    }
