"""The home by what a person may do, what its figures leave out, and the cost of a view."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from invocations.models import Incident, Invocation, Pod, WorkflowInstance
from tests.conftest import sign_in_again
from tests.many import messages, workflow_of
from tests.views.monitoring.dashboard_page import (
    EVERY_STATUS,
    NOON,
    completed,
    count_listed,
    minutes_ago,
    tiles_of,
)
from tests.views.pages import opened, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def template_of(browser):
    names = [each.name for each in browser.get("/").templates if each.name]
    return next(name for name in names if name.startswith("home_"))


# --- which home -----------------------------------------------------------------------------------


def test_each_person_gets_the_home_of_their_rights(ada, priya, rosa, nina, sven, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    homes = [template_of(each) for each in (ada, sven, priya, rosa, nina)]
    assert homes == [
        "home_admin.html",
        "home_admin.html",
        "home_support.html",
        "home_reviewer.html",
        "home_without_rights.html",
    ]


def test_rights_decide_and_not_the_name_of_a_group(rosa, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    rosa.person.user_permissions.add(Permission.objects.get(codename="send_invocation"))
    sign_in_again(rosa)
    assert template_of(rosa) == "home_support.html"
    rosa.person.user_permissions.add(Permission.objects.get(codename="change_account"))
    sign_in_again(rosa)
    assert template_of(rosa) == "home_admin.html"


def test_without_the_right_to_read_the_history_no_figure_is_shown(nina, flow):
    messages(flow, EVERY_STATUS)
    answer = nina.get("/")
    assert "tiles" not in answer.context and "needs" not in answer.context
    assert "Refund" not in answer.content.decode()
    assert "Ask an admin to put you into a group" in words_of(answer)


def test_with_the_right_to_read_the_history_nobody_is_sent_to_an_admin(rosa, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    assert "Ask an admin to put you into a group" not in words_of(rosa.get("/"))


# --- live and practice ----------------------------------------------------------------------------


def test_practice_messages_are_shown_while_there_are_no_others(rosa, workflow):
    messages(workflow, [minutes_ago(5, status="accepted")])
    answer = rosa.get("/")
    assert tiles_of(answer)["Accepted"] == "1" and answer.context["is_practice"]


def test_practice_messages_are_left_out_once_there_are_others(rosa, workflow, flow):
    messages(flow, [minutes_ago(8 * 24 * 60, status="accepted")])
    messages(workflow, [minutes_ago(5, status="accepted")])
    answer = rosa.get("/")
    assert tiles_of(answer)["Accepted"] == "0"
    assert "1 practice message is left out." in words_of(answer)
    assert answer.context["chart"].is_empty and not answer.context["workflows"]
    assert {
        "practice=without" in tile["address"]
        for tiles in answer.context["tiles"].values()
        for tile in tiles
    } == {True}


@pytest.mark.parametrize("days", [1, 7, 30])
def test_the_switch_shows_one_kind_at_a_time_and_links_to_just_that(rosa, workflow, flow, days):
    messages(flow, EVERY_STATUS)
    messages(workflow, [minutes_ago(5, status="accepted"), minutes_ago(6, status="rejected")])
    answer = rosa.get("/", {"days": days, "kind": "practice"})
    assert tiles_of(answer)["Accepted"] == "1" and "15 live messages are left out." in words_of(
        answer
    )
    for row in answer.context["tiles"].values():
        for tile in row:
            assert count_listed(rosa, tile["address"]) == int(tile["shown"])
    [week] = [each["address"] for each in answer.context["periods"] if each["title"] == "7 days"]
    assert week == "/?kind=practice", "the choice stays while the period changes"
    live = [each["address"] for each in answer.context["kinds"] if each["title"] == "Live"]
    assert tiles_of(rosa.get(live[0]))["Accepted"] == "9"


# --- incidents ------------------------------------------------------------------------------------


def test_open_incidents_need_an_admin_and_a_reviewer_reads_them(ada, rosa, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    common = {
        "account": flow.account,
        "workflow_instance": flow,
        "opened_at": NOON,
        "last_at": NOON,
    }
    Incident.objects.create(kind="refusals", reason="not published", count=3, **common)
    Incident.objects.create(kind="unknown", closed_at=NOON, **common)
    Incident.objects.create(kind="no_results", closed_at=NOON - timedelta(days=8), **common)
    assert [each["incident"].kind for each in ada.get("/").context["incidents"]] == ["unknown"]
    assert [each["incident"].kind for each in rosa.get("/").context["incidents"]] == [
        "refusals",
        "unknown",
    ]
    for browser in (ada, rosa):
        html = browser.get("/").content.decode()
        assert "“not published”" in html
        assert f"/history/?status=rejected&amp;workflow={flow.pk}" in html


def test_a_reviewer_reads_the_newest_changes(rosa, flow):
    messages(flow, [minutes_ago(5)])
    Pod.history.all().delete()  # of the migrations, which ran after NOON
    words = words_of(rosa.get("/"))
    assert f"added the workflow {flow.title}" in words and "All changes" in words


# --- going live -----------------------------------------------------------------------------------


def test_an_admin_sees_how_far_an_account_is_that_goes_live(ada, flow):
    messages(flow, [minutes_ago(5)])
    assert "Going live" not in words_of(ada.get("/")), "a workflow of the account is live"
    WorkflowInstance.objects.update(stage="draft")
    page = opened(ada, "/")
    assert f"Going live: {flow.account.title}" in page.html
    there = f"/accounts/{flow.account.pk}/#step-"
    assert [link for link in page.links if link.startswith(there)] == [there + "key"]


def test_practice_alone_leaves_an_admin_the_way_to_go_live(ada, workflow):
    messages(workflow, [minutes_ago(5)])
    page = opened(ada, "/")
    assert "Go live" in page.html and "0 of 7 steps are done" in page.html
    assert [
        link for link in page.links if link.startswith(reverse("admin:invocations_account_add"))
    ]


# --- the first run --------------------------------------------------------------------------------


def test_before_the_first_message_an_admin_is_led_to_one(ada, workflow):
    assert template_of(ada) == "home_first_run.html"
    said = words_of(ada.get("/"))
    assert "Send your first practice message" in said and "7 steps, about 27 minutes left" in said
    messages(workflow, [minutes_ago(5)])
    assert template_of(ada) == "home_admin.html"


def test_the_first_practice_message_is_one_press_from_its_review(ada, priya, workflow):
    for browser in (ada, priya):
        form = opened(browser, "/").form("review")
        assert form.action == f"/send/{workflow.pk}/"
        answer = form.press(browser, "review")
        assert answer.status_code == 200 and "review.html" in answer.templates[0].name
        assert not Invocation.objects.exists(), "nothing is sent by looking"


def test_without_a_practice_workflow_only_the_steps_are_shown(ada, flow):
    said = words_of(ada.get("/"))
    assert "Send your first practice message" not in said
    assert "7 steps, about 23 minutes left" in said and f"{flow.title} is live" in said


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "priya", "rosa"])
def test_viewing_a_home_writes_nothing(request, flow, who):
    browser = request.getfixturevalue(who)
    messages(flow, EVERY_STATUS)
    with CaptureQueriesContext(connection) as queries:
        browser.get("/")
    assert not [
        each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]


@pytest.mark.parametrize(("who", "most"), [("ada", 45), ("priya", 26), ("rosa", 30)])
def test_the_number_of_queries_does_not_grow_with_the_messages(request, flow, who, most):
    browser, counts = request.getfixturevalue(who), []
    for _ in range(2):
        messages(flow, [each | {"created_by": browser.person} for each in EVERY_STATUS * 3])
        with CaptureQueriesContext(connection) as queries:
            browser.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= most


# --- it refreshes itself --------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "priya", "rosa"])
def test_a_home_refreshes_its_content_and_keeps_what_is_chosen(request, flow, who):
    messages(flow, [completed(5, 1)])
    html = request.getfixturevalue(who).get("/?days=1&kind=live").content.decode()
    assert 'hx-get="/?days=1&amp;kind=live"' in html and "home.js" in html
    state = html.partition('id="state"')[2]
    assert "look-up-q" not in state, "the box in which somebody types is not replaced"


def test_the_reviewers_weeks_add_up(rosa, flow):
    other = workflow_of(flow.account, "Other")
    ended = [completed(5, 1), completed(8 * 24 * 60, 2), completed(20 * 24 * 60, 0)]
    messages(flow, [*ended, completed(29 * 24 * 60, 1, workflow_instance=other)])
    assert [row["n"] for row in rosa.get("/").context["weeks"]] == [1, 1, 1, 0]
