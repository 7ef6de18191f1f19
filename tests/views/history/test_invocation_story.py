"""What became of one invocation: its story, its results, and those that did not find it, on its page."""

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from invocations.history import exports
from invocations.history.meanings import (
    ASKED_ABOUT,
    DELIVERIES,
    MAY_BE_DOUBLE,
    SCHEDULED,
    SETTLED,
    STATUSES,
)
from invocations.kaleyra.connection import NoAnswer
from invocations.models import Invocation, Parameter, Settlement
from invocations.models.permissions import Viewer
from invocations.results import apply
from invocations.results import inbox as results
from invocations.sending import decisions
from invocations.sending.deliver import deliver
from tests.conftest import KEY
from tests.reports import report
from tests.views.history.invocation_page import asked_about, page_of, press, text_of, todo
from tests.views.pages import opened

# --- results that did not find it, or that a person joined ------------------------------------------------------------


@pytest.fixture
def without_id(recorded, workflow):
    """Accepted, and Kaleyra's ID never came: the answer was lost, and a repetition was refused."""
    row = recorded()
    type(workflow).objects.update(expects_callback=True)
    asked_about(
        row,
        status="accepted",
        reason="confirmed_by_duplicate",
        delivery="awaiting",
        result_due_at=timezone.now(),
    )
    row.refresh_from_db()
    return row


def result_of(row, code="DELIVERED", number="919876543202"):
    """The result of `row`'s flow, under an ID that was never heard of."""
    channel = {
        "createdAt": row.created_at.isoformat(),
        "to": number,
        "channel": "whatsapp",
        "statusCode": code,
    }
    body = {
        "workflowInvocationId": "4AhJXi67x999",
        "executionStatus": "COMPLETED",
        "result": {"channel1": channel},
    }
    return results.store_result(row.account, json.dumps(body).encode())


def test_a_message_without_kaleyras_id_says_where_its_result_may_lie(priya, ada, without_id):
    assert "Kaleyra’s ID for it never came" in todo(priya, without_id)
    result_of(without_id, number="447700900123")
    assert "Kaleyra’s ID for it never came" in todo(priya, without_id)
    result_of(without_id)
    for client, by_an_admin in [(priya, True), (ada, False)]:
        told = todo(client, without_id)
        assert (
            "A result that may be its own has come" in told
            and ("An admin can say that it is" in told) == by_an_admin
        )


def test_what_stands_on_a_persons_word_says_so(priya, ada, admin_user, without_id):
    apply.match_by_hand(result_of(without_id), without_id, admin_user)
    page = page_of(priya, without_id)
    told = f"{admin_user.username} said that it is this message’s result: no ID did."
    assert text_of(page).count(told) == 3, "in the summary, in the story, and in the ticket"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": "unknown"}, "Only once the customer says that nothing came:"),
        ({"status": "rejected", "reason": "rejected"}, "A new message, with a new request ID:"),
        (
            {"status": "accepted", "delivery": "completed", "deciding_channel": 1},
            "Does the customer want it once more?",
        ),
        (
            {"status": "accepted", "delivery": "completed", "deciding_channel": 0},
            "A new message, with a new request ID:",
        ),
        (
            {"status": "accepted", "delivery": "no_result"},
            "Only once the customer says that nothing came:",
        ),
    ],
)
def test_sending_again_says_what_has_to_be_known_first(priya, recorded, columns, words):
    row = recorded()
    Invocation.objects.update(due_at=None, **columns)
    told = todo(priya, row)
    assert words in told and told.index(words) < told.index("Send again with these values")


# --- what became of it ------------------------------------------------------------------------------------------------


@pytest.fixture
def accepted(recorded, workflow):
    """accepted(): Kaleyra took it, and its result is awaited."""
    workflow.channels.update(delay_seconds=30)
    type(workflow).objects.update(expects_callback=True)

    def accepted(code="202", **changes):
        row = recorded(code, **changes)
        deliver(row.pk)
        row.refresh_from_db()
        return row

    return accepted


def story(client, row):
    """The timeline's text, blanks made one."""
    page = page_of(client, row)
    html = page.html[page.html.index('class="timeline"') : page.html.index('id="h-at"')]
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def test_an_awaited_result_has_its_time_and_the_page_goes_on_looking(priya, accepted):
    row = accepted()
    page = page_of(priya, row)
    due = timezone.localtime(row.result_due_at).strftime("%H:%M:%S")
    assert f"Result due by {due}." in story(priya, row) and "WhatsApp first: up to 30 s" in story(
        priya, row
    )
    assert 'hx-trigger="every 2s"' in page.html and 'http-equiv="refresh"' in page.html
    assert "Awaiting result" in page.html and "?again=" not in page.html


def test_the_page_looks_less_often_once_nothing_changes(priya, accepted):
    row = accepted()
    long_ago = timezone.now() - timedelta(minutes=5)
    row.attempts.update(started_at=long_ago)
    Invocation.objects.update(created_at=long_ago, final_at=long_ago)
    assert 'hx-trigger="every 5s"' in page_of(priya, row).html


def test_a_fallback_is_told_with_its_wait_and_kaleyras_codes(priya, accepted):
    row = accepted()
    report(row, "TIMEOUT", "DELIVERED", wait=5)
    told = story(priya, row)
    steps = [
        "Recorded",
        "Accepted by Kaleyra",
        "HTTP 202 after",
        "WhatsApp started",
        "waited 5 s",
        "no final report within 5 s",
    ]
    steps += [
        "code: TIMEOUT",
        "It may still arrive",
        "SMS started",
        "Fell back",
        "SMS delivered",
        "code: DELIVERED",
        "Flow ended",
    ]
    places = [told.index(step) for step in steps]
    assert places == sorted(places) and "+5.0 s after the step before" in told
    page = page_of(priya, row)
    assert (
        "Fell back: delivered by SMS" in page.html and "May have been received twice" in page.html
    )
    assert 'hx-trigger="every' not in page.html and 'http-equiv="refresh"' not in page.html


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (
            ["READ"],
            ["Delivered on WhatsApp", "The customer opened it.", "SMS did not have to go out"],
        ),
        (
            ["FAILED", "UNDELIVERED"],
            ["Not delivered (every channel failed)", "WhatsApp failed", "SMS failed"],
        ),
        (["FAILED", "TIMEOUT"], ["Delivery not confirmed", "SMS: no final report within 30 s"]),
        (
            ["TIMEOUT", "INV-TEMPLATE-MATCH"],
            ["differs from the approved SMS template", "Delivery not confirmed"],
        ),
        (
            ["MOON-PHASE"],
            [
                "Kaleyra’s code: MOON-PHASE",
                "concludes nothing from it",
                "the result says nothing of SMS",
            ],
        ),
        ([], ["Delivery not confirmed", "the result says nothing of WhatsApp"]),
    ],
)
def test_no_code_is_made_to_say_more_than_it_does(priya, accepted, codes, words):
    row = accepted()
    report(row, *codes)
    text = " ".join(re.sub("<[^>]+>", " ", text_of(page_of(priya, row))).split())
    assert all(word in text for word in words), [word for word in words if word not in text]


def test_its_story_is_told_with_the_channels_that_the_workflow_had_then(priya, accepted, workflow):
    row = accepted()
    report(row, "DELIVERED")
    workflow.channels.all().delete()
    for position, kind in [(1, "sms"), (2, "whatsapp")]:
        workflow.channels.create(position=position, kind=kind)
    assert "SMS did not have to go out" in story(priya, row)
    for address in [f"/history/{row.request_id}/", "/history/"]:
        text = opened(priya, address).html
        assert "Delivered on WhatsApp" in text and "Delivered by SMS" not in text
    assert exported()["Delivery"] == "Delivered on WhatsApp"


def exported():
    """The one line of an export."""
    lines = exports.export_rows(
        Invocation.objects.all(), Viewer(None, frozenset(), ZoneInfo("UTC"))
    )
    (line,) = csv.DictReader(io.StringIO(b"".join(exports.as_csv(lines)).decode()))
    return line


def words_on(client, row):
    return " ".join(re.sub("<[^>]+>", " ", text_of(page_of(client, row))).split())


@pytest.mark.parametrize(
    ("verdict", "codes", "next_step"),
    [
        ("delivered", ["FAILED", "FAILED"], "Ask the customer whether a message came."),
        ("not_delivered", ["READ", "FAILED"], "Kaleyra reports the delivery."),
    ],
)
def test_a_result_after_a_person_settled_it_takes_nothing_back_and_is_told_beside_it(
    priya, ada, recorded, kaleyra_says, verdict, codes, next_step
):
    row = recorded()
    kaleyra_says(NoAnswer("timeout"))
    deliver(row.pk)
    decisions.settle(row, verdict=Settlement.Verdict(verdict), reason="They said so", by=ada.person)
    report(row, *codes)
    text = words_on(priya, row)
    assert row.reason == f"settled_{verdict}" and "They said so" in text and next_step in text
    assert (
        "Kaleyra’s result came later and says otherwise" in text
        and "A new message, with a new request ID" not in text
    )


def test_results_that_contradict_each_other_are_both_shown_and_named(priya, accepted):
    row = accepted()
    report(row, "FAILED", "FAILED")
    report(row, "FAILED", "DELIVERED")
    text = words_on(priya, row)
    assert (
        "Fell back: delivered by SMS" in text and text.count("contradict each other on SMS") == 2
    ), "on the page, and in the ticket"
    assert "compare_arrows" in text
    assert "Nothing to do" not in text and "Ask the customer whether a message came." in text
    assert "Another result says that it failed." in text and text.count("Result from Kaleyra") == 2


def test_a_result_that_came_after_it_was_missed_says_so(priya, accepted):
    row = accepted()
    Invocation.objects.update(
        result_due_at=timezone.now() - timedelta(minutes=1), delivery="no_result"
    )
    report(row, "READ")
    text = words_on(priya, row)
    assert (
        "after it was due" in text
        and "Delivered on WhatsApp" in text
        and "Likely reasons" not in text
    )


@pytest.mark.parametrize("codes", [["READ", "NOT-SENT"], ["READ", "NOT_REQUIRED"]])
def test_nothing_fell_back_behind_a_channel_that_delivered(priya, accepted, codes):
    row = accepted()
    report(row, *codes)
    assert "Fell back" not in words_on(priya, row)


def test_a_channel_that_is_only_named_is_not_said_to_have_started(priya, accepted):
    row = accepted()
    body = {
        "workflowInvocationId": row.workflow_invocation_id,
        "result": {"channel1": {"statusCode": "NOT-SENT"}, "channel2": {"x": 1}},
    }
    results.store_result(row.account, json.dumps(body).encode())
    told = story(priya, row)
    assert "started" not in told and "Fell back" not in told and "WhatsApp failed" in told


def test_a_channel_of_another_kind_than_ours_is_told_in_kaleyras_words_everywhere(priya, accepted):
    row = accepted()
    report(row, "READ", kinds=("sms", "whatsapp"))
    assert "This workflow was set up here with WhatsApp in this place" in words_on(priya, row)
    for address in [f"/history/{row.request_id}/", "/history/"]:
        html = opened(priya, address).html
        assert "Delivered by SMS" in html and "Delivered on WhatsApp" not in html
    assert exported()["Delivery"] == "Delivered by SMS"


def test_a_result_that_does_not_come_has_likely_reasons(priya, ada, accepted):
    row = accepted()
    Invocation.objects.update(delivery="no_result")
    for browser in (priya, ada):
        told = story(browser, row)
        assert (
            "No result received" in told
            and "no callback profile" in told
            and "Auto-Disabled" in told
        )
    assert 'hx-trigger="every' not in page_of(priya, row).html


def test_a_workflow_without_results_is_not_said_to_await_one(priya, ada, recorded):
    row = recorded()
    deliver(row.pk)
    assert "This workflow reports no results to this console" in story(
        priya, row
    ) and "Open the workflow" not in story(priya, row)
    assert (
        f"/invocations/workflowinstance/{row.workflow_instance_id}/change/"
        in page_of(ada, row).html
    )


def test_a_refusal_with_a_result_shows_both(priya, accepted):
    row = accepted("400")
    report(row, "DELIVERED")
    page = page_of(priya, row)
    text = text_of(page)
    assert (
        ">Rejected<" in text
        and ">Delivered on WhatsApp<" in text
        and "Nothing went to the customer" not in text
    )
    assert (
        "Both are shown as they came" in text
        and "Do not send it again" in text
        and "?again=" not in page.html
    )


@pytest.mark.parametrize("status", ["queued", "held", "cancelled", "expired"])
def test_what_never_left_is_not_said_to_have_been_sent(priya, recorded, status):
    row = recorded()
    row.attempts.create(
        number=1, started_at=row.created_at, outcome="not_sent", reason="handed_back", duration_ms=0
    )
    Invocation.objects.update(status=status)
    text = text_of(page_of(priya, row))
    assert (
        "What was sent" not in text
        and "It was sent in full" not in text
        and "What would have been posted" in text
    )


def test_values_have_the_names_that_they_had_when_they_were_sent(priya, accepted, workflow):
    Parameter.objects.create(
        channel=workflow.channels.get(position=1), key="01", label="First name"
    )
    row = accepted()
    Parameter.objects.update(label="Nickname")
    html = page_of(priya, row).html
    assert "First name <code>01</code>" in html and "Nickname" not in html


def test_an_attempt_that_was_put_back_before_it_began_is_no_step(priya, recorded):
    row = recorded()
    row.attempts.create(
        number=1, started_at=row.created_at, outcome="not_sent", reason="handed_back", duration_ms=0
    )
    assert (
        "Attempt" not in story(priya, row)
        and "put back before it began" in page_of(priya, row).html
    )


def test_a_second_attempt_leaves_both_in_the_story(priya, recorded, kaleyra_says):
    row = recorded()
    kaleyra_says(NoAnswer("timeout"))
    deliver(row.pk)
    kaleyra_says.stop()
    press(priya, row)()
    told = story(priya, row)
    assert told.index("Attempt 1") < told.index("Attempt 2") < told.index("Accepted by Kaleyra")


def test_an_attempt_unfolds_to_what_was_posted_as_this_person_may_see_it(
    priya, ada, accepted, workflow
):
    row = accepted()
    shown = page_of(priya, row).text("request-1")
    assert shown.startswith("POST http://127.0.0.1") and "api-key: $KALEYRA_API_KEY" in shown
    assert '"recipient": "…3202"' in shown and '"01": "Asha"' in shown and KEY not in shown
    assert '"recipient": "919876543202"' in page_of(ada, row).text("request-1")
    Parameter.objects.create(channel=workflow.channels.get(position=1), key="01", is_sensitive=True)
    assert "Asha" not in page_of(ada, row).text("request-1")


def test_a_result_as_it_came_is_shown_by_right(priya, ada, accepted):
    row = accepted()
    callback = report(row, "DELIVERED")
    redacted, whole = (
        page_of(browser, row).text(f"body-{callback.pk}") for browser in (priya, ada)
    )
    assert (
        "918061234581" in whole
        and "918061234581" not in redacted
        and "[number ending in 4581]" in redacted
    )
    assert '"messageId": "9db24eba-eeae-41be-97a5-3ac45551ec01"' in redacted


def test_the_text_for_a_ticket_has_what_is_looked_up_and_no_number_or_value(ada, accepted):
    row = accepted("400", reference="CARE-7728")
    report(row, "TIMEOUT", "FAILED")
    text = page_of(ada, row).text("ticket")
    for part in [
        row.request_id,
        row.workflow_invocation_id,
        "Order delayed",
        "Acme",
        "Practice pod",
        "Rejected",
        "HTTP 400",
        "CARE-7728",
    ]:
        assert str(part) in text
    assert "is not published" in text and "TIMEOUT, given 30 s, message ID 9db24eba" in text
    assert (
        "919876543400" not in text
        and "918061234581" not in text
        and "Asha" not in text
        and "+91" in text
    )


def test_every_badge_leads_to_its_words(priya, accepted):
    row = accepted()
    report(row, "TIMEOUT", "TIMEOUT")
    glossary = opened(priya, "/help/statuses/").html
    anchors = re.findall(r'href="/help/statuses/#([a-z-]+)"', page_of(priya, row).html)
    assert {"accepted", "no-confirmation", "may-be-double"} <= set(anchors)
    assert all(f'id="{anchor}"' in glossary for anchor in anchors)


def test_the_glossary_has_every_word_once(nina):
    html = opened(nina, "/help/statuses/").html
    names = [
        each.name
        for each in [
            *STATUSES.values(),
            SCHEDULED,
            ASKED_ABOUT,
            *SETTLED.values(),
            *DELIVERIES.values(),
            MAY_BE_DOUBLE,
        ]
    ]
    assert len(set(names)) == len(names) and all(
        html.count(f'<dt id="{name}"') == 1 for name in names
    )
