"""The home of those who send: workflows, today's messages, and what they can follow up."""

from datetime import timedelta

import pytest

from invocations.models import Account, FollowedUp, Invocation
from invocations.models.viewer import Viewer
from invocations.monitoring.badges import badges_of
from tests.many import messages, real_account, workflow_of
from tests.views.monitoring.dashboard_page import NOON, completed, count_listed, minutes_ago
from tests.views.pages import opened, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


@pytest.fixture
def own(priya, flow):
    """own([columns, …]): messages of Priya's, each to a number of its own."""

    def own(columns):
        numbered = [
            {"created_by": priya.person, "recipient_digest": f"d{n}", **each}
            for n, each in enumerate(columns)
        ]
        return messages(flow, numbered)

    return own


def followed(browser):
    return [row["invocation"].pk for row in browser.get("/").context["follow_up"]]


def test_the_box_posts_what_is_typed_to_find(priya, flow, own):
    own([completed(5, 1)])
    form = opened(priya, "/").form("q")
    assert (form.method, form.action) == ("post", "/find/")


def test_todays_own_messages_are_listed_and_their_count_says_how_they_ended(priya, flow, own):
    states = [
        completed(1, 1),
        completed(2, 2),
        completed(3, 0),
        minutes_ago(4, status="accepted", delivery="awaiting", result_due_at=NOON),
        minutes_ago(5, status="queued", not_before=NOON + timedelta(hours=1)),
        minutes_ago(6, status="held"),
        minutes_ago(7, status="unknown"),
    ]
    own(states)
    messages(flow, [completed(8, 1), completed(13 * 60, 1, created_by=priya.person)])
    answer = priya.get("/")
    assert answer.context["own_counts"] == (
        "7 messages: 2 delivered, 1 awaiting result, 1 scheduled, 1 on hold, "
        "1 with outcome unknown, 1 not delivered"
    )
    assert len(answer.context["own"]) == 7
    assert count_listed(priya, answer.context["own_address"]) == 7


def test_own_messages_that_nobody_received_are_to_follow_up(priya, flow, own):
    rows = own(
        [
            completed(1, 0),
            minutes_ago(2, status="expired", reason="too_late"),
            minutes_ago(3, status="rejected", error_kind="Recipient … is not a valid number"),
            completed(4, 1),
            minutes_ago(5, status="unknown"),
            minutes_ago(9 * 24 * 60, status="expired"),
        ]
    )
    messages(flow, [completed(5, 0)])
    assert len(followed(priya)) == 3
    assert set(followed(priya)) == {
        row.pk for row in rows if row.created_at > NOON - timedelta(minutes=4)
    }
    said = words_of(priya.get("/"))
    assert "valid number" in said and "Fix what Kaleyra names, then send it again." in said
    assert "It never left. Send it again if the customer still needs it." in said
    assert badges_of(Viewer.of(priya.person), NOON).home == "3"


def test_what_was_sent_again_or_is_done_is_gone(priya, own):
    [again, anew, done] = own([completed(9 - n, 0) for n in range(3)])
    own([minutes_ago(1, status="accepted", sent_again_from=again, recipient_digest="other")])
    own([minutes_ago(1, status="accepted", recipient_digest=anew.recipient_digest)])
    assert followed(priya) == [done.pk]
    form = next(each for each in opened(priya, "/").forms if each.action.endswith("/followed-up/"))
    priya.post(form.action, form.fields)
    assert followed(priya) == [] and FollowedUp.objects.get().person == priya.person
    assert badges_of(Viewer.of(priya.person), NOON).home == ""


@pytest.mark.parametrize("way", ["again", "anew"])
def test_a_later_message_that_was_cancelled_leaves_it_to_follow_up(priya, own, way):
    [failed] = own([completed(9, 0)])
    later = {"sent_again_from": failed, "recipient_digest": "other"} if way == "again" else {}
    [row] = own([minutes_ago(1, status="accepted", **later)])
    assert followed(priya) == []
    Invocation.objects.filter(pk=row.pk).update(status="cancelled")
    assert followed(priya) == [failed.pk]


def test_nobody_follows_up_for_somebody_else(priya, ada, rosa, flow, own):
    [row] = own([completed(5, 0)])
    for browser in (ada, rosa):
        assert browser.post(f"/history/{row.request_id}/followed-up/").status_code == 403
    assert followed(priya) == [row.pk]


def test_a_pause_is_shown_to_whom_it_stops_alone(priya, flow, own):
    own([completed(5, 1)])
    other = workflow_of(real_account("Europe", "api.eu.kaleyra.io"), "Not active", is_active=False)
    Account.objects.filter(pk=other.account_id).update(is_paused=True)
    said = words_of(priya.get("/"))
    assert "Nothing that you send with is stopped or paused." in said
    Account.objects.update(is_paused=True)
    said = words_of(priya.get("/"))
    assert "The account Kaveri Foods is paused" in said and "Europe" not in said
    assert "Nothing that you send with" not in said


def test_a_newcomer_gets_a_practice_message_that_is_ready(priya, workflow, own):
    assert "Send your first practice message" in words_of(priya.get("/"))
    own([completed(5, 1)])
    assert "Send your first practice message" not in words_of(priya.get("/"))


def test_a_number_is_shown_masked(priya, own):
    own([completed(5, 0)])
    assert "+91 ••••• •3202" in priya.get("/").content.decode()
    assert Invocation.objects.count() == 1
