"""Staff ask an admin for what they may not do; it is on the list until it is over."""

import pytest
from django.db import connection

from invocations.models import Account, AdminRequest, Invocation
from invocations.monitoring import admin_requests
from invocations.sending import pause
from tests.many import messages
from tests.views.monitoring.dashboard_page import NOON, minutes_ago
from tests.views.pages import opened, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def ask_forms(browser, address):
    return [form for form in opened(browser, address).forms if form.action == "/needs-you/ask/"]


def ask(browser, kind, of="", **fields):
    return browser.post("/needs-you/ask/", {"kind": kind, "of": of, **fields}, follow=True)


def asks_of(ada, cause):
    needs = ada.get("/needs-you/").context["needs"]
    return [(ask.person, ask.wish) for need in needs if need.cause == cause for ask in need.asks]


@pytest.fixture
def paused(workflow):
    Account.objects.filter(pk=workflow.account_id).update(is_paused=True, paused_reason="Audit")
    messages(workflow, [minutes_ago(5, status="queued")])
    return workflow.account


def test_a_pause_is_asked_about_with_one_press_and_stands_in_its_row(priya, ada, paused):
    form = next(each for each in ask_forms(priya, "/") if each["kind"] == "account")
    for _ in range(2):
        priya.post(form.action, form.fields)
    assert asks_of(ada, f"account:{paused.pk}") == [("priya", "")]
    assert len(ada.get("/needs-you/").context["needs"]) == 1, "no row of its own"
    assert "You asked an admin on 24 Nov, 12:10." in words_of(priya.get("/"))
    assert [each["kind"] for each in ask_forms(priya, "/")] == ["new_workflow"]
    assert not ask_forms(ada, "/")


def test_it_is_gone_when_an_admin_says_so(priya, ada, paused):
    ask(priya, "account", paused.pk)
    [done] = [each for each in opened(ada, "/needs-you/").forms if each.action.endswith("/done/")]
    ada.post(done.action, done.fields)
    assert asks_of(ada, f"account:{paused.pk}") == []
    found = AdminRequest.objects.get()
    assert (found.done_by, found.done_at) == (ada.person, NOON)
    ask(priya, "account", paused.pk)
    assert AdminRequest.objects.filter(done_at__isnull=True).count() == 1, "it may be asked again"


def test_it_is_gone_when_its_cause_is(priya, ada, paused):
    ask(priya, "account", paused.pk)
    Account.objects.update(is_paused=False)
    assert asks_of(ada, f"account:{paused.pk}") == []
    assert admin_requests.close_settled(NOON) == 1
    assert AdminRequest.objects.get().done_by is None


def test_the_stop_and_a_paused_workflow_are_asked_about_too(priya, ada, workflow):
    messages(workflow, [minutes_ago(5, status="queued")])
    pause.stop_everything("A wrong text went out", ada.person)
    pause.pause_workflow(workflow.pk, "no_such_workflow")
    kinds = {form["kind"] for form in ask_forms(priya, "/")}
    assert kinds == {"stop", "workflow", "new_workflow"}
    for kind, of in (("stop", ""), ("workflow", workflow.pk)):
        ask(priya, kind, of)
    assert asks_of(ada, "stop") == asks_of(ada, f"workflow:{workflow.pk}") == [("priya", "")]


def test_an_outcome_that_only_an_admin_may_record_is_asked_about(priya, ada, workflow, recorded):
    row = recorded()
    Invocation.objects.update(status="unknown", reason="timeout", due_at=None)
    for address in (f"/history/{row.request_id}/", "/unknown/"):
        assert [form["kind"] for form in ask_forms(priya, address)] == ["message"]
        assert not ask_forms(ada, address)
    ask(priya, "message", row.pk)
    assert asks_of(ada, f"unknown:{workflow.pk}") == [("priya", "")]
    assert f"/history/{row.request_id}/" in opened(ada, "/needs-you/").links
    Invocation.objects.update(status="accepted")
    assert ada.get("/needs-you/").context["needs"] == []


def test_what_is_over_by_now_is_not_said_to_be_on_the_list(priya, ada, paused):
    Account.objects.update(is_paused=False, paused_reason="")
    said = words_of(ask(priya, "account", paused.pk))
    assert "It is on the admins’ list" not in said
    assert "It is over already: no admin needs to act." in said
    assert not AdminRequest.objects.filter(done_at__isnull=True)


def test_a_missing_workflow_is_asked_for_in_words(priya, ada, workflow):
    messages(workflow, [minutes_ago(5)])
    assert "Say what the workflow should tell" in words_of(ask(priya, "new_workflow", wish=" "))
    ask(priya, "new_workflow", wish="A recalled  product")
    assert asks_of(ada, "new_workflow") == [("priya", "A recalled product")]
    assert "“A recalled product”" in words_of(ada.get("/needs-you/"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT wish FROM invocations_adminrequest")
        assert "recalled" not in cursor.fetchone()[0], "it is stored encrypted"


@pytest.mark.parametrize("kind", ["", "everything", "message", "account", "workflow"])
def test_what_does_not_exist_is_not_asked_about(priya, workflow, kind):
    assert ask(priya, kind, "999").status_code == 404
    assert not AdminRequest.objects.exists()


def test_only_an_admin_says_that_it_is_done(priya, rosa, paused):
    ask(priya, "account", paused.pk)
    for browser in (priya, rosa):
        there = f"/needs-you/{AdminRequest.objects.get().pk}/done/"
        assert browser.post(there).status_code == 403
