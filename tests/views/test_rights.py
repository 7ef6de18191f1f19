"""Who may open and post what. Every address that the console has stands in one of these tables."""

import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import get_resolver, resolve, reverse
from django.urls.resolvers import URLResolver

from invocations.forms.preset import PresetForm
from invocations.kaleyra.payload import Send
from invocations.models import Invocation, SavedFilter
from invocations.models.permissions import Viewer
from invocations.results import inbox as results
from invocations.sending.record import record
from tests.views.conftest import DIGITS
from tests.views.pages import opened

PEOPLE = ["anonymous", "nina", "priya", "rosa", "ada", "sven"]
IN = 302  # to the page for signing in

# GET for the six people; POST of nothing for them. A post that gets through changes something or says what is missing.
MATRIX = {
    "dashboard": ((IN, 200, 200, 200, 200, 200), (IN, 405, 405, 405, 405, 405)),
    "send": ((IN, 403, 200, 403, 200, 200), (IN, 403, 405, 403, 405, 405)),
    "compose": ((IN, 403, 200, 403, 200, 200), (IN, 403, 200, 403, 200, 200)),
    "preview": ((IN, 403, 405, 403, 405, 405), (IN, 403, 200, 403, 200, 200)),
    "remove_preset": ((IN, 403, 405, 403, 405, 405), (IN, 403, 403, 403, 302, 302)),
    "template_fields": ((IN, 403, 403, 403, 200, 200), (IN, 403, 403, 403, 302, 302)),
    "profile": ((IN, 200, 200, 200, 200, 200), (IN, 200, 200, 200, 200, 200)),
    "history": ((IN, 403, 200, 200, 200, 200), (IN, 403, 200, 200, 200, 200)),
    "errors": ((IN, 403, 200, 200, 200, 200), (IN, 403, 405, 405, 405, 405)),
    "save_filter": ((IN, 403, 405, 405, 405, 405), (IN, 403, 302, 302, 302, 302)),
    "remove_filter": ((IN, 403, 405, 405, 405, 405), (IN, 403, 404, 404, 302, 404)),
    "bulk_actions": ((IN, 403, 405, 405, 405, 405), (IN, 403, 302, 302, 302, 302)),
    "side_panel": ((IN, 403, 302, 302, 302, 302), (IN, 403, 405, 405, 405, 405)),
    "invocation": ((IN, 403, 200, 200, 200, 200), (IN, 403, 405, 405, 405, 405)),
    "try_again": ((IN, 403, 405, 403, 405, 405), (IN, 403, 302, 403, 302, 302)),
    "cancel": ((IN, 403, 405, 403, 405, 405), (IN, 403, 302, 403, 302, 302)),
    "settle": ((IN, 403, 403, 403, 302, 302), (IN, 403, 403, 403, 302, 302)),
    "unknown": ((IN, 403, 200, 200, 200, 200), (IN, 403, 405, 405, 405, 405)),
    "unmatched": ((IN, 403, 200, 200, 200, 200), (IN, 403, 405, 405, 405, 405)),
    "match_result": ((IN, 403, 403, 403, 405, 405), (IN, 403, 403, 403, 302, 302)),
    "set_aside": ((IN, 403, 403, 403, 200, 200), (IN, 403, 403, 403, 200, 200)),
    "stop": ((IN, 403, 403, 403, 200, 200), (IN, 403, 403, 403, 200, 200)),
    "let_go_on": ((IN, 403, 403, 403, 405, 405), (IN, 403, 403, 403, 302, 302)),
    "resume": ((IN, 403, 403, 403, 405, 405), (IN, 403, 403, 403, 302, 302)),
    "resume_workflow": ((IN, 403, 403, 403, 405, 405), (IN, 403, 403, 403, 302, 302)),
    "callback_setup": ((IN, 403, 403, 403, 200, 200), (IN, 403, 403, 403, 302, 302)),
    "check_key": ((IN, 403, 403, 403, 405, 405), (IN, 403, 403, 403, 200, 200)),
    # For a machine that knows an address and its secret (test_callbacks).
    "callback": ((405,) * 6, (401,) * 6),
    "glossary": ((IN, 200, 200, 200, 200, 200), (IN, 405, 405, 405, 405, 405)),
    "export": ((IN, 403, 405, 405, 405, 405), (IN, 403, 302, 302, 302, 302)),
    "exports": ((IN, 403, 200, 200, 200, 200), (IN, 403, 405, 405, 405, 405)),
    "download": ((IN, 403, 405, 405, 405, 405), (IN, 403, 404, 404, 404, 404)),
    "cancel_export": ((IN, 403, 405, 405, 405, 405), (IN, 403, 404, 404, 404, 404)),
    "healthz": ((200,) * 6, (405,) * 6),
    "readyz": ((200,) * 6, (405,) * 6),
    "metrics": (
        (404,) * 6,
        (405,) * 6,
    ),  # a machine with METRICS_TOKEN: tests/views/test_metrics.py
}

CONFIGURED = ("pod", "account", "apikey", "workflowinstance")
DEEDS = ("changelist", "add", "history", "delete", "change")
# What tests/admin looks at more closely: to strangers, to nina and to priya it is closed; rosa changes nothing in it.
SET_UP = {
    *(f"admin:invocations_{model}_{deed}" for model in CONFIGURED for deed in DEEDS),
    *(f"admin:auth_{model}_{deed}" for model in ("user", "group") for deed in DEEDS),
    "admin:auth_user_password_change",
    "admin:invocations_workflowinstance_texts_and_values",
    "admin:invocations_workflowinstance_results",
}
# Old versions are for reading, in the history: these are for nobody.
CLOSED = {f"admin:invocations_{model}_simple_history" for model in CONFIGURED}
# Django's and Unfold's own, which decide for themselves; whoever is not signed in finds the page for that, or nothing.
THE_SHELLS = {
    *(
        f"admin:{name}"
        for name in ("index", "search", "autocomplete", "jsi18n", "view_on_site", "app_list", "")
    ),
    *(f"admin:{name}" for name in ("login", "logout", "password_change", "password_change_done")),
}


def names(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(
                pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix
            )
        else:
            yield prefix + (pattern.name or "")


@pytest.fixture
def world(typed, ada):
    """One of each thing that an address can name."""
    row = record(typed, [Send(DIGITS, {"01": "a"})] * 2, request_id=uuid.uuid4(), created_by=None)[
        0
    ]

    def preset():
        form = PresetForm(
            typed, Viewer.of(ada.person), {"preset_title": "Everybody's", "preset_shared": "on"}
        )
        return form.save([{}, {}]) if form.is_valid() else None

    orphan = results.store_result(typed.account, b"{}")
    return SimpleNamespace(workflow=typed, row=row, preset=preset, orphan=orphan, person=ada.person)


def address(name, world):
    records = {
        "pod": world.workflow.account.pod,
        "account": world.workflow.account,
        "apikey": world.workflow.account.primary_key,
    }
    records |= {
        "workflowinstance": world.workflow,
        "user": world.person,
        "group": Group.objects.get(name="Admin"),
    }
    if name in {"compose", "preview", "template_fields", "resume_workflow"}:
        return reverse(name, args=[world.workflow.pk])
    if name in {"resume", "callback_setup"}:
        return reverse(name, args=[world.workflow.account.pk])
    if name == "check_key":
        return reverse(name, args=[world.workflow.account.primary_key.pk])
    if name == "callback":
        return reverse(name, args=["no-such-token"])
    if name == "match_result":
        return reverse(name, args=[world.orphan.pk])
    if name == "set_aside":
        return reverse(name, query={"id": world.orphan.pk})
    if name in {"invocation", "try_again", "cancel", "settle", "side_panel"}:
        return reverse(name, args=[world.row.request_id])
    if name == "remove_filter":
        return reverse(
            name,
            args=[
                SavedFilter.objects.get_or_create(
                    person=world.person, name="mine", query="status=held"
                )[0].pk
            ],
        )
    if name in {"download", "cancel_export"}:
        return reverse(name, args=[uuid.uuid4()])
    if name == "remove_preset":
        return reverse(name, args=[world.preset().pk])
    model, _, deed = name.removeprefix("admin:").partition("_")[2].partition("_")
    if name.endswith("simple_history"):
        return reverse(name, args=[records[model].pk, records[model].history.first().pk])
    if deed in {"history", "delete", "change", "password_change", "texts_and_values", "results"}:
        return reverse(name, args=[records[model].pk])
    return reverse(name)


def test_no_address_is_missing_from_the_tables():
    assert set(names(get_resolver().url_patterns)) == set(MATRIX) | SET_UP | CLOSED | THE_SHELLS


@pytest.mark.parametrize("name", MATRIX)
def test_every_address_of_the_console_to_everybody(request, world, name):
    browsers = [Client(), *(request.getfixturevalue(who) for who in PEOPLE[1:])]
    for method, expected in zip(["get", "post"], MATRIX[name], strict=True):
        seen = []
        for browser in browsers:
            answer = getattr(browser, method)(address(name, world))
            seen.append(answer.status_code)
            if browser is browsers[0] and answer.status_code == IN:
                assert answer.headers["Location"].startswith("/login/")
        assert tuple(seen) == expected, method


def test_the_set_up_is_closed_to_strangers_and_to_who_has_no_right(nina, priya, world):
    for name in sorted(SET_UP):
        there = address(name, world)
        for method in ("get", "post"):
            answer = getattr(Client(), method)(there)
            assert answer.status_code == 302 and answer.headers["Location"].startswith("/login/"), (
                name
            )
            assert (
                getattr(nina, method)(there).status_code
                == getattr(priya, method)(there).status_code
                == 403
            ), name


def test_old_versions_can_be_opened_by_nobody(sven, world):
    for name in CLOSED:
        assert (
            sven.get(address(name, world)).status_code
            == sven.post(address(name, world)).status_code
            == 404
        ), name


def test_a_reviewer_changes_nothing_in_the_set_up(rosa, world):
    before = contents()
    for name in sorted(SET_UP):
        answer = rosa.post(address(name, world), {"post": "yes"})
        assert answer.status_code in {403, 405, 200} and (
            answer.status_code != 200 or name.endswith(("changelist", "history"))
        ), name
    assert contents() == before


def test_who_is_no_staff_or_no_longer_active_is_a_stranger(priya, world):
    for changes in ({"is_staff": False}, {"is_staff": True, "is_active": False}):
        User.objects.filter(pk=priya.person.pk).update(**changes)
        for name in MATRIX.keys() - {"healthz", "readyz", "metrics", "callback"}:
            assert priya.get(address(name, world)).headers["Location"].startswith("/login/"), name


def test_a_right_that_was_taken_away_is_gone_at_once(priya, world):
    assert priya.get(address("compose", world)).status_code == 200
    priya.person.groups.clear()
    assert priya.get(address("compose", world)).status_code == 403
    assert priya.post(address("compose", world), {"action": "send"}).status_code == 403


# --- workflows that not everybody sends -------------------------------------------------------------------------------


@pytest.mark.parametrize(("kept_for", "seen"), [("Support", 200), ("Reviewer", 404), (None, 200)])
def test_a_workflow_kept_for_a_group_is_for_that_group(priya, world, kept_for, seen):
    world.workflow.groups.set(Group.objects.filter(name=kept_for))
    there = address("compose", world)
    assert (
        priya.get(there).status_code
        == priya.post(there).status_code
        == priya.post(f"{there}preview/").status_code
        == seen
    )
    assert (there in opened(priya, "/send/").links) == (seen == 200)
    assert priya.post(address("try_again", world)).status_code == (302 if seen == 200 else 403)


def test_a_workflow_kept_for_others_is_open_to_a_superuser(sven, world):
    world.workflow.groups.set(Group.objects.filter(name="Reviewer"))
    assert sven.get(address("compose", world)).status_code == 200


def test_a_workflow_that_is_off_is_for_nobody(sven, world):
    type(world.workflow).objects.update(is_active=False)
    there = address("compose", world)
    assert (
        sven.get(there).status_code
        == sven.post(there).status_code
        == sven.post(f"{there}preview/").status_code
        == 404
    )
    assert there not in opened(sven, "/send/").links and not Invocation.objects.exclude(
        pk=world.row.pk
    )


@pytest.mark.parametrize("pk", [0, 999_999, 10**18, 10**30])
def test_a_workflow_that_is_not_there(ada, pk):
    for there in (f"/send/{pk}/", f"/workflows/{pk}/contract/"):
        assert ada.get(there).status_code == ada.post(there).status_code == 404
    assert (
        ada.post(f"/send/{pk}/preview/").status_code
        == ada.post(f"/send/presets/{pk}/remove/").status_code
        == 404
    )
    assert ada.get(f"/history/{uuid.uuid4()}/").status_code == 404


# --- looking changes nothing ------------------------------------------------------------------------------------------


def contents():
    """Every table, row by row."""
    with connection.cursor() as cursor:
        tables = [
            name
            for name in connection.introspection.table_names(cursor)
            if name != "django_session"
        ]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def test_looking_at_every_page_changes_nothing(sven, world, receiver):
    world.preset()
    preset = world.preset()
    there = [
        address(name, world)
        for name in (MATRIX.keys() | SET_UP) - {"remove_preset", "remove_filter"}
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
        "/search/?s=a",
        "/login/",
    ]
    before = contents()
    for one in there:
        assert sven.get(one).status_code in {200, 302, 404, 405}, one
        resolve(one.partition("?")[0])
    assert contents() == before and not receiver.received
