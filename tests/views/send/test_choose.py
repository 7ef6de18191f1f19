"""The chooser: favourites, then what was used last, then all; many have search and groups."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Favourite, WorkflowInstance
from tests.many import messages, real_account, workflow_of
from tests.views.pages import opened, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return real_account()


@pytest.fixture
def flows(account):
    return [workflow_of(account, title) for title in ("Alpha", "Beta", "Gamma", "Delta")]


def titles(browser, address="/send/"):
    groups = browser.get(address).context["groups"]
    return [[card.workflow.title for card in group.cards] for group in groups]


def star(browser, workflow, field="add"):
    return browser.post("/send/favourite/", {field: workflow.pk, "back": "/send/"})


def test_favourites_come_first_then_what_was_used_last_then_the_rest(priya, flows):
    now = timezone.now()
    used = [(flows[2], 5), (flows[1], 60), (flows[2], 90)]
    messages(
        flows[0],
        [
            {
                "workflow_instance": each,
                "created_by": priya.person,
                "created_at": now - timedelta(minutes=n),
            }
            for each, n in used
        ],
    )
    star(priya, flows[3])
    assert titles(priya) == [["Delta", "Gamma", "Beta", "Alpha"]]
    cards = priya.get("/send/").context["groups"][0].cards
    assert [card.used for card in cards] == ["", "used 5 min ago", "used 60 min ago", ""]


def test_the_star_is_a_button_that_works_without_scripts(priya, ada, flows):
    page = opened(priya, "/send/")
    form = next(each for each in page.forms if each.action == "/send/favourite/")
    assert str(flows[0].pk) in form.buttons
    answer = priya.post(form.action, {**form.fields, "add": flows[0].pk})
    assert answer.headers["Location"] == f"/send/#flow-{flows[0].pk}"
    star(priya, flows[0])
    assert Favourite.objects.count() == 1
    assert 'aria-pressed="true"' in priya.get("/send/").content.decode()
    assert 'aria-pressed="true"' not in ada.get("/send/").content.decode(), "each has their own"
    star(priya, flows[0], "remove")
    assert not Favourite.objects.exists()


def test_the_star_returns_to_no_other_site(priya, flows):
    there = priya.post("/send/favourite/", {"add": flows[0].pk, "back": "//evil.example/"})
    assert there.headers["Location"].startswith("/send/#")


def test_up_to_eight_have_neither_search_nor_groups(priya, account):
    for n in range(8):
        workflow_of(account, f"Flow {n}")
    answer = priya.get("/send/")
    assert not answer.context["are_many"] and len(answer.context["groups"]) == 1
    assert 'id="flow-q"' not in answer.content.decode()


def test_more_than_eight_are_grouped_by_account_and_searched(priya, account):
    other = real_account("Kaveri Europe", "api.eu.kaleyra.io")
    flows = [workflow_of(account, f"Flow {n}") for n in range(8)]
    reminder = workflow_of(other, "Reminder", description="Of an appointment")
    star(priya, flows[5])
    groups = priya.get("/send/").context["groups"]
    assert [group.title for group in groups] == ["Favourites", "Kaveri Europe", "Kaveri Foods"]
    assert sum(len(group.cards) for group in groups) == 9, "each once"
    assert titles(priya, "/send/?q=appoint+EUROPE") == [["Reminder"]]
    assert titles(priya, f"/send/?q={reminder.workflow_instance_id}") == [["Reminder"]]
    assert "No workflow fits “nothing”." in words_of(priya.get("/send/?q=nothing"))


def test_drafts_are_offered_to_those_who_set_up_alone(priya, ada, flows):
    WorkflowInstance.objects.filter(pk=flows[0].pk).update(stage="draft")
    WorkflowInstance.objects.filter(pk=flows[1].pk).update(stage="tested")
    assert titles(priya) == [["Delta", "Gamma"]]
    assert titles(ada) == [["Alpha", "Beta", "Delta", "Gamma"]]
    assert "Draft" in words_of(ada.get("/send/"))


def test_each_is_marked_as_live_or_practice(priya, flows):
    workflow_of(real_account("Practice", "127.0.0.1:8100"), "Try it")
    html = priya.get("/send/").content.decode()
    assert html.count('data-mode="live"') == 4 and html.count('data-mode="practice"') == 1


def test_a_workflow_that_one_may_not_send_cannot_be_a_favourite(priya, flows):
    WorkflowInstance.objects.filter(pk=flows[0].pk).update(is_active=False)
    assert star(priya, flows[0]).status_code == 404
