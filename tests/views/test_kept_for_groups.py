"""A workflow that is kept for a group: nobody else learns of it, whichever way they look."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from invocations.history import exports
from invocations.kaleyra.payload import Send
from invocations.models import (
    Approval,
    Batch,
    Export,
    Incident,
    Invocation,
    Note,
    Parameter,
    SavedFilter,
)
from invocations.sending.record import record
from tests.views.addresses import MATRIX, NOT_FOR_PEOPLE, SETUP, address_of

CANARY = ("Kept canary", "KEPT-77", "canary note", "Kept label", "canary0value")
HIDDEN_DIGITS = "918061234777"
OUTSIDERS = ["Support", "Senior support", "Bulk sender", "Approver", "Reviewer"]


def browser_of(name, *groups):
    person = User.objects.create_user(name, is_staff=True)
    person.groups.set(Group.objects.filter(name__in=groups))
    browser = Client()
    browser.force_login(person)
    browser.person = person
    return browser


@pytest.fixture
def kept(make_workflow, ada):
    """One record of each kind about a workflow of the group Ops."""
    words = [{"key": "01", "label": "Kept label"}]
    workflow = make_workflow("Hello {{1}}", "Dear {#var#}", title="Kept canary", words=words)
    Parameter.objects.filter(label="Kept label").update(is_searchable=True)
    sends = [Send(HIDDEN_DIGITS, {"01": "canary0value"})] * 2
    row, _ = record(
        workflow,
        sends,
        request_id=uuid.uuid4(),
        created_by=ada.person,
        reference="KEPT-77",
        note="canary note",
    )
    Invocation.objects.filter(pk=row.pk).update(status="unknown", due_at=None)
    note = Note(invocation=row, author=ada.person, text="canary note")
    note.save()
    columns = {"workflow": workflow, "account": workflow.account, "created_by": ada.person}
    batch = Batch.objects.create(
        **columns,
        state=Batch.State.RUNNING,
        started_at=timezone.now(),
        delete_at=timezone.now() + timezone.timedelta(days=1),
        reference="KEPT-77",
    )
    incident = {
        **{"kind": "refusals", "account": workflow.account, "workflow_instance": workflow},
        **{"opened_at": timezone.now(), "last_at": timezone.now()},
        **{"count": 3, "reason": "Kept canary"},
    }
    Incident.objects.create(**incident)
    Incident.objects.create(**incident, closed_at=timezone.now())
    Approval.objects.create(invocation=row, lapses_at=timezone.now(), content="x", state="refused")
    query = f"workflow={workflow.pk}"
    SavedFilter.objects.create(
        person=ada.person, name="Kept canary saved", query=query, is_shared=True
    )
    workflow.groups.add(Group.objects.get_or_create(name="Ops")[0])
    row.refresh_from_db()
    return SimpleNamespace(workflow=workflow, row=row, batch=batch)


OF_A_MESSAGE = [
    *("invocation", "side_panel", "try_again", "cancel", "reschedule", "settle", "add_note"),
    "followed_up",
]
OF_A_BATCH = [name for name in MATRIX if name.startswith("batch_") or name == "batch"]
READS = {"get": 200, "post": 405}


@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_groups_message_answers_as_one_that_does_not_exist(kept, world, role, method):
    browser = browser_of("outsider", role)
    for name in [*OF_A_MESSAGE, *(n for n in OF_A_BATCH if n != "batch_example")]:
        seen = []
        for row, batch in ((kept.row, kept.batch), (missing(), missing())):
            there = SimpleNamespace(**{**vars(world), "row": row, "batch": batch})
            seen.append(getattr(browser, method)(address_of(name, there)).status_code)
        assert seen[0] == seen[1] and seen[0] in (403, 404, 405), (name, seen)


def missing():
    return SimpleNamespace(request_id=uuid.uuid4(), uid=uuid.uuid4(), recipient_digest="0" * 64)


@pytest.mark.parametrize("role", OUTSIDERS)
def test_no_page_names_it(kept, world, role):
    browser = browser_of("outsider", role)
    names = [name for name in [*MATRIX, *sorted(SETUP)] if name not in NOT_FOR_PEOPLE]
    names += ["admin:autocomplete"]
    for name in names:
        given = browser.get(address_of(name, world), headers={"HX-Request": ""})
        assert_nothing_of_it(given, name)


def assert_nothing_of_it(given, where):
    content = b"".join(given) if given.streaming else given.content
    text = content.decode("utf-8", "replace")
    found = [each for each in (*CANARY, HIDDEN_DIGITS[-4:]) if each in text]
    assert not found, (where, found)


@pytest.mark.parametrize("role", ["Support", "Senior support", "Reviewer"])
@pytest.mark.parametrize(
    "typed",
    [f"+{HIDDEN_DIGITS}", HIDDEN_DIGITS[2:], "KEPT-77", "KEPT", "canary0value", "Kept canary"],
)
def test_no_search_finds_it_nor_says_which_country_it_is_of(kept, role, typed):
    browser = browser_of("outsider", role)
    for address in ("/find/", "/history/", "/history/export/"):
        given = browser.post(address, {"q": typed, "format": "csv"}, follow=True)
        text = given.content.decode().replace(typed, "")
        assert str(kept.row.request_id) not in text and kept.row.recipient_digest not in text
        assert "canary note" not in text and "1 message with" not in text


def test_the_page_of_a_person_is_not_there(kept):
    browser = browser_of("outsider", "Reviewer")
    assert browser.get(f"/history/person/{kept.row.recipient_digest}/").status_code == 404
    inside = browser_of("inside", "Reviewer", "Ops")
    assert inside.get(f"/history/person/{kept.row.recipient_digest}/").status_code == 200


@pytest.mark.parametrize("query", ["", "status=unknown", "since=2020-01-01"])
def test_no_total_counts_it(kept, query):
    browser = browser_of("outsider", "Reviewer")
    given = browser.get(f"/history/?{query}")
    assert {tile["count"] for tile in given.context["tiles"]} == {0}
    home = browser.get("/")
    assert home.context["tiles"]["care"][5]["shown"] == "0" and not home.context["incidents"]
    assert_nothing_of_it(home, "home")


def test_a_filter_by_its_number_is_not_valid(kept):
    browser = browser_of("outsider", "Reviewer")
    given = browser.get(f"/history/?workflow={kept.workflow.pk}")
    assert "workflow" in given.context["filters"].errors
    given = browser.get(f"/history/?batch={kept.batch.uid}")
    assert "batch" in given.context["filters"].errors


def test_a_file_that_was_written_before_is_not_given_out(kept):
    browser = browser_of("outsider", "Reviewer")
    columns = {"person": browser.person, "format": "csv", "newest": 10**9, "state": "ready"}
    export = Export.objects.create(**columns, ended_at=timezone.now())
    given = browser.post(f"/history/exports/{export.pk}/download/", follow=True)
    assert "you may not read any more" in given.content.decode()


def test_a_file_that_is_written_in_the_background_has_nothing_of_it(
    kept, world, settings, tmp_path
):
    settings.EXPORTS_DIR = tmp_path
    browser = browser_of("outsider", "Reviewer")
    export = exports.request_export(browser.person, "", "csv")
    exports.write_next_export()
    given = browser.post(f"/history/exports/{export.pk}/download/")
    lines = b"".join(given).decode()
    assert str(world.row.request_id) in lines and "Kept canary" not in lines


@pytest.mark.parametrize("is_repeated", [True, False])
def test_a_message_that_repeats_it_or_is_repeated_by_it_does_not_say_so(kept, world, is_repeated):
    first, second = (kept.row, world.row) if is_repeated else (world.row, kept.row)
    Invocation.objects.filter(pk=second.pk).update(sent_again_from=first)
    given = browser_of("outsider", "Reviewer").get(address_of("invocation", world))
    assert given.status_code == 200 and str(kept.row.request_id) not in given.content.decode()


@pytest.mark.parametrize("action", ["settle", "cancel", "again"])
def test_no_action_on_ticked_rows_reaches_it(kept, action):
    browser = browser_of("outsider", "Senior support")
    posted = {"action": action, "ids": [str(kept.row.request_id)], "confirmed": "yes"}
    given = browser.post("/history/ticked/", posted | {"verdict": "delivered", "reason": "so"})
    kept.row.refresh_from_db()
    assert kept.row.status == "unknown"
    if given.status_code == 200:
        assert_nothing_of_it(given, action)


def test_no_admin_is_asked_about_it_by_its_number(kept):
    browser = browser_of("outsider", "Support")
    for kind, of in (("message", kept.row.pk), ("workflow", kept.workflow.pk)):
        assert browser.post("/needs-you/ask/", {"kind": kind, "of": of}).status_code == 404


def test_the_form_is_not_filled_from_it(kept, world):
    browser = browser_of("outsider", "Senior support")
    for name in ("again", "like"):
        for workflow in (kept.workflow, world.workflow):
            address = f"/send/{workflow.pk}/?{name}={kept.row.request_id}"
            assert browser.get(address).status_code == 404
    address = f"/send/{world.workflow.pk}/?person={kept.row.recipient_digest}"
    assert browser.get(address).status_code == 404


def test_its_group_reads_all_of_it(kept, world):
    inside = browser_of("inside", "Senior support", "Ops")
    page = inside.get(f"/history/{kept.row.request_id}/").content.decode()
    assert "Kept canary" in page and "canary note" in page
    assert inside.get(f"/batches/{kept.batch.uid}/").status_code == 200


def test_an_admin_reads_what_they_configure(kept, ada):
    assert "Kept canary" in ada.get("/history/").content.decode()


def test_support_with_own_alone_finds_nothing_of_others(world, settings):
    settings.SUPPORT_SEES = "own"
    browser = browser_of("priya", "Support")
    assert browser.get(address_of("invocation", world)).status_code == 404
    assert browser.get(address_of("batch", world)).status_code == 404
    assert browser.get(address_of("person", world)).status_code == 404
    assert not browser.get("/history/").context["rows"]
    assert not browser.get("/results/unmatched/").context["rows"]


# --- rights, beyond reading -----------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(MATRIX.keys() - NOT_FOR_PEOPLE))
def test_support_reaches_no_deed_of_a_role_above(world, name):
    browser = browser_of("priya", "Support")
    given = browser.post(address_of(name, world), {"action": "settle", "ids": "x"})
    above = {"settle", "match_result", "set_aside", "cancel", "reschedule", "new_batch"}
    above |= {n for n in OF_A_BATCH if n not in ("batch", "batch_result", "batch_delete")}
    above |= {"batch_example"}
    assert (given.status_code == 403) or name not in above, name


def test_no_button_is_shown_without_its_right(world):
    Invocation.objects.filter(pk=world.row.pk).update(
        status="rejected", final_at=timezone.now(), due_at=None
    )
    support = browser_of("priya", "Support")
    senior = browser_of("senior", "Senior support")
    there = address_of("invocation", world)
    assert "?again=" not in support.get(there).content.decode()
    assert "?again=" in senior.get(there).content.decode()
    assert 'value="again"' not in support.get("/history/").content.decode()
    assert 'value="again"' in senior.get("/history/").content.decode()
    assert "/batches/new/" not in support.get("/").content.decode()
    assert "/batches/new/" not in support.get("/send/").content.decode()


def test_whoever_sent_a_message_may_cancel_it(world):
    support = browser_of("priya", "Support")
    there = address_of("cancel", world)
    assert support.post(there).status_code == 403
    Invocation.objects.filter(pk=world.row.pk).update(created_by=support.person)
    assert support.post(there).status_code == 302
    world.row.refresh_from_db()
    assert world.row.status == "cancelled"
