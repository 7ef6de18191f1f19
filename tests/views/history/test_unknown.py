"""The page of unknown outcomes: all of them, the oldest first, and what can be done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation
from invocations.sending import pause
from tests.many import messages, workflow_of
from tests.views.pages import badges_at, opened


@pytest.fixture
def unknown(recorded):
    """unknown(minutes=20): its outcome has not been known for so long."""

    def unknown(minutes=0, **columns):
        row = recorded()
        since = timezone.now() - timedelta(minutes=minutes)
        columns = {
            "status": "unknown",
            "reason": "timeout",
            "due_at": None,
            "doubtful_since": since,
            "doubt_count": 1,
        } | columns
        Invocation.objects.filter(pk=row.pk).update(**columns)
        return row

    return unknown


def test_nothing_unknown_is_good_news(priya):
    assert "Every outcome is known." in opened(priya, "/unknown/").html


def test_no_time_that_has_passed_is_named_as_the_next(priya, unknown, background_sender):
    unknown(1, due_at=timezone.now() - timedelta(seconds=30))
    html = opened(priya, "/unknown/").html
    assert "checked again when its turn comes" in html and "checked again at" not in html


def test_each_shows_its_age_and_why_and_who_is_next(priya, unknown, background_sender):
    unknown(20)
    unknown(1, due_at=timezone.now() + timedelta(seconds=30))
    html = opened(priya, "/unknown/").html
    assert html.count("No answer came in time.") == 2
    assert html.count("ask the customer now") == 1 and html.count("checked again at") == 1
    assert html.count('class="overdue"') == 1 and "20\xa0minutes old" in html


def test_only_unknown_ones_stand_there_the_oldest_first(priya, unknown, recorded):
    rows = [unknown(), unknown()]
    recorded()
    links = [
        link
        for link in opened(priya, "/unknown/").links
        if link.startswith("/history/") and len(link) > 20
    ]
    assert links == [f"/history/{row.request_id}/" for row in rows]


def test_one_workflow_alone_can_be_looked_at(priya, unknown, account):
    row, other = unknown(), workflow_of(account, "Another")
    messages(other, [{"status": "unknown"}])
    page = opened(priya, f"/unknown/?workflow={row.workflow_instance_id}")
    assert f"/history/{row.request_id}/" in page.links
    assert "Those of Order delayed only." in page.html
    assert "Another" not in page.html
    assert "Another" in opened(priya, "/unknown/?workflow=x").html
    assert "Another" in opened(priya, f"/unknown/?workflow={other.pk}").html


@pytest.mark.parametrize(
    "what", ["all sending is stopped", "its account is paused", "its workflow is paused"]
)
def test_what_is_paused_is_not_offered_to_be_asked_about(priya, unknown, account, workflow, what):
    unknown(1, due_at=timezone.now() + timedelta(seconds=30))
    if "account" in what:
        type(account).objects.update(is_paused=True)
    elif "workflow" in what:
        type(workflow).objects.update(is_paused=True)
    else:
        pause.stop_everything("A wrong text went out", None)
    page = opened(priya, "/unknown/")
    assert f"not checked: {what}" in page.html and "checked again at" not in page.html
    assert not [form for form in page.forms if form.action.endswith("/try-again/")]


def test_checking_safely_from_there_asks_with_the_same_id(priya, unknown, receiver):
    row = unknown()
    form = next(
        form for form in opened(priya, "/unknown/").forms if form.action.endswith("/try-again/")
    )
    priya.post(form.action, form.fields)
    assert receiver.accepted == [str(row.request_id)]
    assert Invocation.objects.get().status == "accepted"
    assert Invocation.objects.get().attempts.get().asked_by == priya.person


def test_buttons_are_for_those_who_may(rosa, priya, ada, unknown):
    row = unknown()
    seen = {}
    for browser in (rosa, priya, ada):
        page = opened(browser, "/unknown/")
        may_check = any(form.action.endswith("/try-again/") for form in page.forms)
        seen[browser.person.username] = (
            may_check,
            f"/history/{row.request_id}/settle/" in page.links,
        )
    assert seen == {"rosa": (False, False), "priya": (True, False), "ada": (True, True)}


def test_needs_you_offers_the_page_and_the_menu_counts_each_workflow_with_some(ada, unknown):
    assert "/unknown/" in opened(ada, "/needs-you/").links
    assert badges_at(ada, "/needs-you/") == [""]
    for _ in range(3):
        unknown()
    assert "3 outcomes unknown" in opened(ada, "/needs-you/").html
    assert badges_at(ada, "/needs-you/") == ["1"]


def test_a_second_page_goes_on_where_the_first_ended(priya, unknown, workflow):
    rows = [
        Invocation(
            workflow_instance=workflow,
            account=workflow.account,
            payload="{}",
            recipient_hint=str(n),
            status="unknown",
        )
        for n in range(60)
    ]
    Invocation.objects.bulk_create(rows)
    first = opened(priya, "/unknown/")
    [more] = [link for link in first.links if "after=" in link]
    second = opened(priya, more)
    seen = [
        link
        for page in (first, second)
        for link in page.links
        if link.startswith("/history/") and len(link) > 20
    ]
    assert len(seen) == len(set(seen)) == 60
    assert (
        priya.get("/unknown/?after=x").status_code
        == priya.get(f"/unknown/?after={10**30}").status_code
        == 200
    )
