"""What Kaleyra reported of one invocation, on its page: no more than the codes say."""

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from invocations.history import exports
from invocations.kaleyra.connection import NoAnswer
from invocations.models import Invocation, Settlement
from invocations.models.viewer import Viewer
from invocations.sending import decisions
from invocations.sending.deliver import deliver
from tests.reports import report
from tests.views.history.invocation_page import page_of, text_of, timeline_of, words_on
from tests.views.pages import opened


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (
            ["READ"],
            ["Delivered on WhatsApp", "The customer opened it.", "SMS did not have to go out"],
        ),
        (
            ["FAILED", "UNDELIVERED"],
            ["Not delivered", "WhatsApp failed", "SMS failed"],
        ),
        (["FAILED", "TIMEOUT"], ["Delivery not confirmed", "SMS: no delivery report within 30 s"]),
        (
            ["TIMEOUT", "INV-TEMPLATE-MATCH"],
            ["differs from the approved SMS template", "Delivery not confirmed"],
        ),
        (
            ["MOON-PHASE"],
            [
                "Kaleyra’s code: MOON-PHASE",
                "draws no conclusion from it",
                "the result says nothing of SMS",
            ],
        ),
        ([], ["Delivery not confirmed", "the result says nothing of WhatsApp"]),
    ],
)
def test_the_page_says_no_more_than_kaleyras_codes_do(priya, accepted, codes, words):
    row = accepted()
    report(row, *codes)
    text = words_on(priya, row)
    assert all(word in text for word in words), [word for word in words if word not in text]


def exported_line():
    """The one line of an export."""
    lines = exports.export_rows(
        Invocation.objects.all(), Viewer(None, frozenset(), ZoneInfo("UTC"))
    )
    (line,) = csv.DictReader(io.StringIO(b"".join(exports.as_csv(lines)).decode()))
    return line


def test_a_result_is_described_with_the_channels_at_the_time_of_sending(priya, accepted, workflow):
    row = accepted()
    report(row, "DELIVERED")
    workflow.channels.all().delete()
    for position, kind in [(1, "sms"), (2, "whatsapp")]:
        workflow.channels.create(position=position, kind=kind)
    assert "SMS did not have to go out" in timeline_of(priya, row)
    for address in [f"/history/{row.request_id}/", "/history/"]:
        text = opened(priya, address).html
        assert "Delivered on WhatsApp" in text and "Delivered by SMS" not in text
    assert exported_line()["Delivery"] == "Delivered on WhatsApp"


def test_a_channel_of_another_kind_than_ours_is_shown_as_kaleyra_names_it(priya, accepted):
    row = accepted()
    report(row, "READ", kinds=("sms", "whatsapp"))
    assert "This workflow was set up here with WhatsApp in this place" in words_on(priya, row)
    for address in [f"/history/{row.request_id}/", "/history/"]:
        html = opened(priya, address).html
        assert "Delivered by SMS" in html and "Delivered on WhatsApp" not in html
    assert exported_line()["Delivery"] == "Delivered by SMS"


@pytest.mark.parametrize(
    ("verdict", "codes", "next_step"),
    [
        ("delivered", ["FAILED", "FAILED"], "Ask the customer whether a message came."),
        ("not_delivered", ["READ", "FAILED"], "Delivered, nothing to do."),
    ],
)
def test_a_result_after_a_verdict_is_shown_beside_it(
    priya, ada, recorded, kaleyra_says, verdict, codes, next_step
):
    row = recorded()
    kaleyra_says(NoAnswer("timeout"))
    deliver(row.pk)
    decisions.settle(row, verdict=Settlement.Verdict(verdict), reason="They said so", by=ada.person)
    report(row, *codes)
    text = words_on(priya, row)
    assert row.reason == f"settled_{verdict}" and "They said so" in text and next_step in text
    assert "Kaleyra’s result came later and says otherwise" in text
    assert "A new message, with a new request ID" not in text


def test_contradicting_results_are_both_shown_and_named(priya, accepted):
    row = accepted()
    report(row, "FAILED", "FAILED")
    report(row, "FAILED", "DELIVERED")
    text = words_on(priya, row)
    assert "Delivered by SMS" in text
    assert text.count("contradict each other on SMS") == 2, "on the page, and in the ticket"
    assert "compare_arrows" in text
    assert "Nothing to do" not in text and "Ask the customer whether a message came." in text
    assert "Another result says that it failed." in text and text.count("Result from Kaleyra") == 2


def test_a_late_result_says_so(priya, accepted):
    row = accepted()
    Invocation.objects.update(
        result_due_at=timezone.now() - timedelta(minutes=1), delivery="no_result"
    )
    report(row, "READ")
    text = words_on(priya, row)
    assert "after it was due" in text
    assert "Delivered on WhatsApp" in text
    assert "Likely reasons" not in text


@pytest.mark.parametrize("codes", [["READ", "NOT-SENT"], ["READ", "NOT_REQUIRED"]])
def test_no_fallback_is_shown_after_a_channel_that_delivered(priya, accepted, codes):
    row = accepted()
    report(row, *codes)
    assert "Rescued" not in words_on(priya, row)


def test_a_refusal_with_a_result_shows_both(priya, accepted):
    row = accepted("400")
    report(row, "DELIVERED")
    page = page_of(priya, row)
    text = text_of(page)
    assert ">Rejected<" in text
    assert ">Delivered on WhatsApp<" in text
    assert "Nothing went to the customer" not in text
    assert "Both are shown as they came" in text
    assert "Do not send it again" in text
    assert "?again=" not in page.html
