"""The admin pages say how many messages follow a change of host, SID or workflow ID."""

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from invocations.models import Invocation, Pod, WorkflowInstance
from invocations.sending.deliver import deliver
from tests.admin.pages import messages_of
from tests.views.history.invocation_page import page_of, text_of
from tests.views.pages import opened


@pytest.fixture
def under_way(recorded):
    """Two that wait, and one in doubt."""
    waiting = [recorded("202"), recorded("203")]
    doubtful = recorded("502")
    Invocation.objects.filter(pk=doubtful.pk).update(
        status="unknown", reason="timeout", doubtful_since=timezone.now(), doubt_count=1
    )
    return waiting, doubtful


def address_of(record):
    return reverse(f"admin:invocations_{record._meta.model_name}_change", args=[record.pk])


def change(browser, record, **values):
    """Saves the form of the record with these values changed."""
    WorkflowInstance.objects.update(stage="draft")  # a live one changes only with a reason
    page = opened(browser, address_of(record))
    form = next(form for form in page.forms if "title" in form.fields)
    return browser.post(address_of(record), {**form.fields, **values}, follow=True)


def edits(account, workflow):
    other = Pod.objects.create(code="OTHER", title="Other", api_domain="127.0.0.1:2")
    return {
        "workflow": (workflow, {"workflow_instance_id": "edited"}),
        "pod of the account": (account, {"pod": other.pk}),
        "SID": (account, {"sid": "HXPRACTICE77IN"}),
        "host": (account.pod, {"api_domain": "127.0.0.1:1"}),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["workflow", "pod of the account", "SID", "host"])
def test_the_form_and_the_message_say_how_many_follow(ada, under_way, account, workflow, what):
    record, values = edits(account, workflow)[what]
    before = html.unescape(ada.get(address_of(record)).content.decode())
    assert "2 messages have not left yet: if you change this, they follow." in before
    assert "1 message may have left: it stays with the setting at which it was posted." in before
    (waiting, doubtful), first = under_way, Invocation.objects.first().target_id
    said = messages_of(change(ada, record, **values))
    assert "2 messages that had not left follow the change." in said
    assert "1 message that may have left stays with the setting before." in said
    moved = set(Invocation.objects.exclude(target_id=first))
    assert moved == set(waiting)
    doubtful.refresh_from_db()
    assert doubtful.target_id == first


@pytest.mark.django_db
def test_a_change_from_practice_to_live_says_that_nothing_follows(ada, under_way, account):
    said = messages_of(change(ada, account, pod=Pod.objects.get(code="IN").pk))
    assert "2 messages stay here, for the account changed between practice and live." in said
    assert "follow the change" not in said
    assert {row.target.is_practice for row in Invocation.objects.all()} == {True}


@pytest.mark.django_db
def test_another_change_says_nothing(ada, under_way, account):
    assert "follow" not in messages_of(change(ada, account, title="Renamed"))


@pytest.mark.django_db(transaction=True)
def test_the_pages_show_what_was_posted_and_not_todays_set_up(ada, recorded, account, workflow):
    row = recorded()
    assert deliver(row.pk)
    host = account.pod.api_domain
    change(ada, workflow, workflow_instance_id="edited")
    change(ada, account, sid="HXPRACTICE77IN", pod=Pod.objects.get(code="IN").pk)
    page = page_of(ada, row)
    text, ticket = text_of(page), page.text("ticket")
    url = f"http://{host}/v1/HXPRACTICE01IN/workflow/v1/instances/{row.target.workflow_instance_id}"
    assert page.text("request-1").startswith(f"POST {url}")
    for part in (host, "HXPRACTICE01IN", row.target.workflow_instance_id):
        assert part in ticket and part in text
    for part in ("edited", "HXPRACTICE77IN", "api.in.kaleyra.io"):
        assert part not in ticket and part not in text
    assert "The set-up has changed since." in text


@pytest.mark.django_db
def test_the_unknown_page_says_where_it_is_asked(priya, ada, under_way, account, workflow):
    assert "It is asked about where it was posted" not in opened(priya, "/unknown/").html
    change(ada, workflow, workflow_instance_id="edited")
    html_ = opened(priya, "/unknown/").html
    assert f"It is asked about where it was posted: {account.pod.api_domain}" in html_


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["host", "key"])
def test_what_cannot_be_asked_any_more_says_why(ada, priya, under_way, account, workflow, what):
    _waiting, doubtful = under_way
    if what == "host":
        change(ada, account.pod, api_domain="127.0.0.1:1")
    else:
        change(ada, account, sid="HXPRACTICE77IN")
        account.api_keys.update(sid="HXPRACTICE77IN")
    assert deliver(doubtful.pk, starting_from=Invocation.Status.UNKNOWN)
    words = {
        "host": "a host that belongs to no region of the console any more",
        "key": "no API key any more",
    }
    assert words[what] in text_of(page_of(priya, doubtful))
    assert words[what] in opened(priya, "/unknown/").html
