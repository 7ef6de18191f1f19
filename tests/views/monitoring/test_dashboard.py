"""The dashboard: practice messages, incidents, permissions and the cost of a view."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations.models import Heartbeat, Incident
from tests.many import messages
from tests.views.monitoring.dashboard_page import EVERY_STATUS, NOON, minutes_ago, tiles_of
from tests.views.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def test_practice_messages_are_counted_while_there_are_no_others(priya, workflow):
    messages(workflow, [minutes_ago(5, status="accepted")])
    answer = priya.get("/")
    assert tiles_of(answer)["Accepted"] == "1" and "nobody’s phone rang" in answer.content.decode()


def test_practice_messages_are_not_counted_once_there_are_others(priya, workflow, flow):
    messages(flow, [minutes_ago(48 * 60, status="accepted")])
    messages(workflow, [minutes_ago(5, status="accepted")])
    answer = priya.get("/")
    assert tiles_of(answer)["Accepted"] == "0"
    assert "1 practice message is not counted here" in answer.content.decode()
    assert answer.context["chart"].is_empty and not answer.context["workflows"]
    assert {
        "practice=without" in tile["address"]
        for tiles in answer.context["tiles"].values()
        for tile in tiles
    } == {True}


def test_an_open_incident_is_a_banner_and_a_closed_one_a_line(priya, flow):
    common = {
        "account": flow.account,
        "workflow_instance": flow,
        "opened_at": NOON,
        "last_at": NOON,
    }
    Incident.objects.create(kind="refusals", reason="not published", count=3, **common)
    Incident.objects.create(kind="unknown", closed_at=NOON, **common)
    Incident.objects.create(kind="no_results", closed_at=NOON - timedelta(days=8), **common)
    answer = priya.get("/")
    assert [each["words"].title for each in answer.context["banners"]] == [
        "3 refusals of one kind: Refund confirmed"
    ]
    assert len(answer.context["incidents"]) == 2
    assert "Kaleyra says: “not published”" in answer.content.decode()
    assert f"/history/?status=rejected&amp;workflow={flow.pk}" in answer.content.decode()


@pytest.mark.parametrize(
    ("beat", "due", "is_warned"),
    [(90, 90, True), (None, 90, True), (5, 90, False), (90, None, False), (90, 10, False)],
)
def test_a_warning_is_shown_if_messages_are_due_and_no_dispatcher_runs(
    ada, flow, beat, due, is_warned
):
    if beat:
        Heartbeat.objects.create(pk=1, at=NOON - timedelta(seconds=beat))
    if due:
        messages(
            flow,
            [minutes_ago(30, status="queued", final_at=None, due_at=NOON - timedelta(seconds=due))],
        )
    html = ada.get("/").content.decode()
    assert (
        ("Queued messages are not leaving" in html) == is_warned == ("manage.py dispatch" in html)
    )


def test_without_the_right_to_read_the_history_no_figure_is_shown(nina, flow):
    messages(flow, EVERY_STATUS)
    answer = nina.get("/")
    assert "tiles" not in answer.context
    assert "banners" not in answer.context
    assert "Refund" not in answer.content.decode()
    assert "Ask an admin to put you into a group" in words_of(answer)


def test_with_the_right_to_read_the_history_nobody_is_sent_to_an_admin(priya, flow):
    assert "Ask an admin to put you into a group" not in words_of(priya.get("/"))


def test_viewing_the_dashboard_writes_nothing(priya, flow):
    messages(flow, EVERY_STATUS)
    with CaptureQueriesContext(connection) as queries:
        priya.get("/")
    assert not [
        each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]


def test_the_number_of_queries_does_not_grow_with_the_messages(priya, flow):
    counts = []
    for _ in range(2):
        messages(flow, EVERY_STATUS * 3)
        with CaptureQueriesContext(connection) as queries:
            priya.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 34
