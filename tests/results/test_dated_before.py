"""A result that is dated before its message proves no delivery. It is kept, and flagged."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.results import apply
from tests.results.conftest import NUMBER, stored_result
from tests.views.history.invocation_page import words_on
from tests.views.pages import opened

pytestmark = pytest.mark.django_db(transaction=True)
TOO_EARLY = [timedelta(hours=2), timedelta(days=400)]
PLAUSIBLE = [timedelta(minutes=30), timedelta(0)]
NOT_CONFIRMED = ("completed", None, False)


def at(age):
    return (timezone.now() - age).isoformat()


@pytest.mark.parametrize("age", TOO_EARLY)
def test_a_result_dated_before_its_message_confirms_no_delivery(accepted, report, age):
    invocation = accepted()
    result = report(invocation.workflow_invocation_id, "READ", "DELIVERED", timestamp=at(age))
    assert result.invocation == invocation and result.is_doubtful
    assert stored_result(invocation) == NOT_CONFIRMED


@pytest.mark.parametrize("age", PLAUSIBLE)
def test_a_difference_of_the_clocks_is_no_reason_to_doubt(accepted, report, age):
    invocation = accepted()
    result = report(invocation.workflow_invocation_id, "READ", timestamp=at(age))
    assert not result.is_doubtful and stored_result(invocation) == ("completed", 1, False)


def test_a_channel_that_started_before_its_message_is_doubtful_too(accepted, report):
    invocation = accepted()
    early = {"channel": "whatsapp", "statusCode": "READ", "createdAt": at(TOO_EARLY[0])}
    result = report(invocation.workflow_invocation_id, result={"channel1": early})
    assert result.is_doubtful and stored_result(invocation) == NOT_CONFIRMED


@pytest.mark.parametrize("doubtful_first", [True, False])
def test_another_result_counts_in_any_order(accepted, report, doubtful_first):
    invocation = accepted()
    for is_doubtful in (doubtful_first, not doubtful_first):
        codes = ["READ"] if is_doubtful else ["FAILED", "FAILED"]
        age = TOO_EARLY[0] if is_doubtful else PLAUSIBLE[1]
        report(invocation.workflow_invocation_id, *codes, timestamp=at(age))
    assert stored_result(invocation) == ("completed", 0, False)


def test_a_result_dated_before_its_message_settles_no_unknown_outcome(in_status, report):
    invocation = in_status("unknown")
    request_id = str(invocation.request_id)
    report("theirs", "READ", requestId=request_id, timestamp=at(TOO_EARLY[0]))
    invocation.refresh_from_db()
    assert (invocation.status, invocation.workflow_invocation_id) == ("unknown", "")
    report("theirs", "READ", requestId=request_id, timestamp=at(PLAUSIBLE[0]))
    assert stored_result(invocation) == ("completed", 1, False)
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_result")


def test_a_person_who_matches_it_decides(in_status, report, ada):
    invocation = in_status("unknown")
    result = report("A", "READ", to=NUMBER, timestamp=at(TOO_EARLY[0]))
    apply.match_by_hand(result, invocation, ada.person)
    result.refresh_from_db()
    assert not result.is_doubtful and stored_result(invocation) == ("completed", 1, False)


def test_it_is_flagged_wherever_it_is_shown(accepted, report, priya):
    invocation = accepted()
    report(invocation.workflow_invocation_id, "READ", timestamp=at(TOO_EARLY[0]))
    text = words_on(priya, invocation)
    assert "Dated before the message" in text
    assert "1 result is dated before the message was saved" in text
    assert "Delivery not confirmed" in text and "Delivered on WhatsApp" not in text
    assert "WhatsApp was delivered" not in text and "Nothing to do" not in text
    assert "Delivered on WhatsApp" not in opened(priya, "/history/").html
