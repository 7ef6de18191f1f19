"""Bulk actions on selected rows: reviewed first, each row checked again, and the count reported."""

import re
import uuid

import pytest
from django.contrib.messages import get_messages

from invocations.kaleyra.payload import Send
from invocations.models import Channel, Invocation, Settlement
from invocations.models.invocations import sends_in
from invocations.sending import decisions
from invocations.sending.record import record
from tests.reports import report
from tests.views.conftest import DIGITS
from tests.views.pages import Page


@pytest.fixture
def row(workflow, priya):
    """row("rejected"): a message in this status. No page of a bulk action holds its number."""

    def row(status="rejected", **changes):
        sends = [Send(DIGITS, {"01": "Asha"})] * 2
        made = record(
            workflow, sends, request_id=uuid.uuid4(), created_by=priya.person, reference="T-1"
        )[0]
        Invocation.objects.filter(pk=made.pk).update(**{"status": status, "due_at": None} | changes)
        return made

    return row


def post(client, action, rows, **more):
    return client.post(
        "/history/ticked/",
        {
            "action": action,
            "ids": [str(row.request_id) for row in rows],
            "address": "status=held",
            **more,
        },
    )


def confirmed(client, action, rows, meanwhile=lambda: None, **more):
    """Ticks, looks it over, and confirms; gives what is said then."""
    form = Page(post(client, action, rows)).form("confirmed").fill(more)
    meanwhile()
    answer = client.post(form.action, form.fields)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/history/?status=held")
    return [str(message) for message in get_messages(answer.wsgi_request)][-1]


def statuses(rows):
    return [Invocation.objects.get(pk=row.pk).status for row in rows]


def test_several_are_settled_with_one_reason(ada, row):
    rows = [row("unknown"), row("unknown"), row("accepted")]
    said = confirmed(
        ada, "settle", rows, verdict="not_delivered", reason="All customers were asked."
    )
    assert said == "2 recorded." and statuses(rows) == ["rejected", "rejected", "accepted"]
    assert {settlement.reason for settlement in Settlement.objects.all()} == {
        "All customers were asked."
    }


def test_what_moves_on_between_looking_and_confirming_is_left_alone_and_said(ada, row):
    rows = [row("unknown"), row("unknown")]
    said = confirmed(
        ada,
        "settle",
        rows,
        lambda: decisions.confirm_accepted(rows[0]),
        verdict="not_delivered",
        reason="Nothing came.",
    )
    assert said == "1 recorded, 1 had changed meanwhile." and statuses(rows) == [
        "accepted",
        "rejected",
    ]


def test_settling_needs_a_verdict_and_a_reason_and_keeps_what_was_typed(ada, row):
    rows = [row("unknown")]
    page = Page(post(ada, "settle", rows, confirmed="1", reason="Asked"))
    assert "Choose one" in page.html
    assert page.form("reason")["reason"] == "Asked"
    assert statuses(rows) == ["unknown"]


def test_several_are_cancelled(priya, row):
    rows = [row("queued"), row("held"), row("sending", lease_until="2030-01-01T00:00Z")]
    assert confirmed(priya, "cancel", rows) == "2 cancelled."
    assert statuses(rows) == ["cancelled", "cancelled", "sending"]


def test_several_are_sent_again_each_with_an_id_of_its_own_and_linked(
    priya, row, receiver, background_sender
):
    rows = [row("rejected"), row("expired")]
    said = confirmed(priya, "again", rows)
    fresh = list(
        Invocation.objects.filter(sent_again_from__isnull=False).order_by("sent_again_from_id")
    )
    assert said == "2 leave again within half a minute."
    assert [each.sent_again_from for each in fresh] == rows
    assert not any(each.comes_first for each in fresh)
    assert {each.status for each in fresh} == {"queued"}
    assert not {each.request_id for each in fresh} & {each.request_id for each in rows}
    assert [sends_in(each) for each in fresh] == [sends_in(each) for each in rows]
    assert fresh[0].reference == "T-1"


def test_the_same_confirmation_twice_sends_once(priya, row):
    rows = [row(), row()]
    form = Page(post(priya, "again", rows)).form("confirmed")
    for _ in range(2):
        priya.post(form.action, form.fields)
    assert Invocation.objects.filter(sent_again_from__isnull=False).count() == 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"status": "unknown"}, "Record what happened first"),
        ({"status": "queued"}, "may still leave"),
        ({"status": "held"}, "may still leave"),
        ({"status": "sending", "lease_until": "2030-01-01T00:00Z"}, "may still leave"),
        (
            {"status": "accepted", "delivery": "awaiting", "result_due_at": "2030-01-01T00:00Z"},
            "still awaited",
        ),
    ],
)
def test_what_may_still_arrive_is_not_sent_again(priya, row, changes, refusal):
    rows = [row(), row(**changes)]
    page = Page(post(priya, "again", rows))
    assert refusal in page.html and page.form("confirmed")["chosen"] == str(rows[0].request_id)
    forged = {"chosen": str(rows[1].request_id), "reason": "They asked.", "deed": uuid.uuid4()}
    post(priya, "again", rows[1:], confirmed="1", **forged)
    assert not Invocation.objects.filter(sent_again_from__isnull=False)


@pytest.mark.parametrize("codes", [("TIMEOUT", "SENT"), ("DELIVERED",)])
def test_what_was_refused_and_yet_has_a_result_is_not_sent_again(priya, row, codes):
    rows = [row(), row()]
    for each in rows:
        report(each, *codes)
    page = Page(post(priya, "again", rows))
    assert page.html.count("Do not send it again") == 2 and "confirmed" not in page.html
    post(priya, "again", rows, confirmed="1", deed=str(uuid.uuid4()))
    assert not Invocation.objects.filter(sent_again_from__isnull=False)
    ticks = Page(priya.get("/history/")).html
    assert ticks.count('data-deeds=""') == 2


def test_what_has_two_results_that_contradict_each_other_is_not_sent_again_along_with_others(
    priya, row
):
    rows = [row("accepted"), row("expired")]
    report(rows[0], "DELIVERED")
    report(rows[0], "FAILED", "FAILED")
    page = Page(post(priya, "again", rows))
    assert "contradict each other" in page.html
    assert page.form("confirmed")["chosen"] == str(rows[1].request_id)


def test_a_message_settled_as_delivered_but_reported_failed_is_not_resent_in_bulk(priya, ada, row):
    rows = [row("unknown", doubtful_since="2026-01-01T00:00Z", doubt_count=1), row("expired")]
    decisions.settle(rows[0], Settlement.Verdict.DELIVERED, "The customer said so.", ada.person)
    report(rows[0], "FAILED", "FAILED")
    assert "contradict each other" in Page(post(priya, "again", rows)).html


def test_what_was_sent_again_or_has_changed_or_is_a_code_is_looked_at_one_by_one(
    priya, row, workflow
):
    rows = [row(), row()]
    confirmed(priya, "again", rows)
    assert "sent again already" in Page(post(priya, "again", rows)).html
    fresh = [row(), row()]
    Channel.objects.filter(position=1).update(template_text="Hello {{1}}, dear")
    assert "has changed since" in Page(post(priya, "again", fresh)).html
    Channel.objects.filter(position=1).update(is_otp=True)
    assert "one-time code" in Page(post(priya, "again", fresh)).html


def test_one_row_opens_the_form_in_which_its_values_can_be_changed(priya, row, workflow):
    one = row()
    answer = post(priya, "again", [one])
    assert answer.headers["Location"] == f"/send/{workflow.pk}/?again={one.request_id}"


@pytest.mark.parametrize(
    ("who", "action"),
    [("rosa", "cancel"), ("rosa", "again"), ("rosa", "settle"), ("priya", "settle")],
)
def test_who_may_not_do_it_to_one_may_not_do_it_to_many(request, row, who, action):
    rows = [row("unknown"), row("queued"), row("rejected")]
    assert post(request.getfixturevalue(who), action, rows, confirmed="1").status_code == 403
    assert statuses(rows) == ["unknown", "queued", "rejected"]


def test_a_workflow_kept_for_others_is_left_out(priya, row, workflow, ada):
    from django.contrib.auth.models import Group

    workflow.groups.set(Group.objects.filter(name="Reviewer"))
    rows = [row("queued")]
    assert "Order delayed" not in Page(post(priya, "cancel", rows)).html
    post(priya, "cancel", rows, confirmed="1")
    assert statuses(rows) == ["queued"]


@pytest.mark.parametrize(
    ("action", "status", "refusal"),
    [
        ("settle", "accepted", "Its outcome is known"),
        ("cancel", "sending", "on its way just now"),
        ("cancel", "accepted", "Kaleyra accepted it"),
        ("cancel", "unknown", "may have gone out"),
        ("cancel", "expired", "has ended already"),
    ],
)
def test_why_a_row_is_left_out_is_said_before_anything_is_done(ada, row, action, status, refusal):
    fits = row({"settle": "unknown", "cancel": "queued"}[action])
    page = Page(post(ada, action, [fits, row(status, lease_until="2030-01-01T00:00Z")]))
    heading = {"settle": "1 to record", "cancel": "1 to cancel"}[action]
    assert refusal in page.html and heading in page.html and "1 is left out" in page.html


def test_where_nothing_fits_nothing_is_said_of_what_would_be_done(ada, row):
    page = Page(post(ada, "cancel", [row("unknown"), row("unknown")]))
    assert "Nothing can be done with the chosen ones" in page.html and "2 are left out" in page.html
    assert "None of these has left" not in page.html and "confirmed" not in page.html


def test_a_time_is_called_that_of_recording_for_not_every_row_was_sent(ada, row):
    waits = row("queued")
    for html in (
        ada.get("/history/").content.decode(),
        post(ada, "cancel", [waits]).content.decode(),
    ):
        assert ">Saved<" in html and ">Sent<" not in html


def test_the_list_says_of_each_row_what_its_state_lets_be_done(priya, row):
    for status in ("unknown", "queued", "rejected"):
        row(status)
    html = priya.get("/history/").content.decode()
    assert re.findall('data-deeds="([^"]*)"', html) == ["again", "cancel", "settle"]


@pytest.mark.parametrize("ids", [[], ["x"], ["\0"], ["0" * 5000]])
def test_nothing_ticked_says_so(priya, ids):
    answer = priya.post(
        "/history/ticked/",
        {"action": "cancel", "ids": ids, "address": "status=held&next=//evil.example"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/history/?status=held")


def test_no_more_than_a_page_at_once(priya, row):
    rows = [row("queued") for _ in range(52)]
    assert "More than 50 were chosen" in Page(post(priya, "cancel", rows)).html
    assert "More than 50 were chosen" not in Page(post(priya, "cancel", rows[:50])).html
    post(priya, "cancel", rows, confirmed="1")
    assert statuses(rows).count("cancelled") == 50


# --- sending again, while others send -------------------------------------------------------------


def test_two_people_who_send_the_same_rows_again_send_them_once(priya, ada, row):
    rows = [row("rejected"), row("expired")]
    said = confirmed(priya, "again", rows, meanwhile=lambda: confirmed(ada, "again", rows))
    assert Invocation.objects.filter(sent_again_from__in=rows).count() == 2
    assert "2 had changed meanwhile" in said


def test_what_a_colleague_sends_between_looking_and_confirming_is_asked_about(priya, ada, row):
    rows = [row("rejected"), row("expired")]
    said = confirmed(priya, "again", rows, meanwhile=lambda: row("accepted"))
    assert not Invocation.objects.filter(sent_again_from__in=rows).exists()
    assert "2 had changed meanwhile" in said


def test_rows_to_the_same_number_are_all_sent_again(priya, row):
    rows = [row("rejected"), row("expired"), row("cancelled")]
    confirmed(priya, "again", rows)
    assert Invocation.objects.filter(sent_again_from__in=rows).count() == 3


def test_a_row_is_left_out_once_another_message_went_to_its_number(priya, row):
    rows = [row("rejected"), row("rejected")]
    row("accepted")
    html = post(priya, "again", rows).content.decode()
    assert "Another message went to this number since" in html
