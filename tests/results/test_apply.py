"""A matched result updates its invocation; several results add up."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from invocations.history.state import meaning_of
from invocations.history.statuses import CONTRADICTED
from invocations.models import Account, Callback, Invocation
from invocations.results import apply, matching, suggestions, upkeep
from tests.results.conftest import NUMBER, body, stored_delivery, stored_result
from tests.sending.test_once import at_once
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def test_a_result_completes_the_delivery_of_an_accepted_message(accepted, report):
    invocation = accepted()
    callback = report(
        invocation.workflow_invocation_id + " ",
        "TIMEOUT",
        "DELIVERED",
        timestamp=timezone.now().isoformat(),
    )
    assert callback.invocation == invocation and callback.matched_at and callback.matched_by is None
    assert stored_result(invocation) == ("completed", 2, True)
    assert abs(invocation.result_at - timezone.now()) < timedelta(seconds=30)
    assert invocation.status == "accepted"


def test_the_first_result_marks_the_workflow_as_reporting(accepted, report, workflow):
    first = accepted()
    assert first.delivery == ""
    report(first.workflow_invocation_id, "DELIVERED")
    workflow.refresh_from_db()
    assert workflow.expects_callback
    assert workflow.history.first().history_change_reason == "first_result"
    assert accepted().delivery == "awaiting"


def test_a_result_is_read_with_the_channels_at_the_time_of_sending(accepted, report, workflow):
    invocation = accepted()
    workflow.channels.get(position=2).delete()
    report(invocation.workflow_invocation_id, "FAILED")
    assert stored_result(invocation)[1] is None, "its second channel may have delivered"
    report(invocation.workflow_invocation_id, "FAILED", "NOT-SENT")
    assert stored_result(invocation)[1] == 0


def test_a_result_accepts_an_unknown_outcome_and_stores_kaleyras_id(in_status, report):
    invocation = in_status("unknown")
    report("theirs", "DELIVERED", requestId=str(invocation.request_id))
    assert stored_result(invocation) == ("completed", 1, False)
    assert (invocation.status, invocation.reason, invocation.due_at) == (
        "accepted",
        "confirmed_by_result",
        None,
    )
    assert invocation.workflow_invocation_id == "theirs" and invocation.final_at


def test_a_report_of_a_running_flow_accepts_an_unknown_outcome_and_awaits_its_result(
    in_status, report
):
    invocation = in_status("unknown")
    report("theirs", status="IN-PROGRESS", requestId=str(invocation.request_id))
    assert stored_delivery(invocation) == "awaiting" and invocation.result_due_at > timezone.now()
    assert (invocation.status, invocation.workflow_invocation_id) == ("accepted", "theirs")
    report("theirs", "READ")
    assert stored_result(invocation) == ("completed", 1, False)


def test_a_report_of_a_refused_flow_does_not_settle_an_unknown_outcome(in_status, report):
    """It may be of a repeated attempt, while the first one was accepted."""
    invocation = in_status("unknown")
    callback = report("refused", status="REJECTED", requestId=str(invocation.request_id))
    assert callback.invocation == invocation and stored_delivery(invocation) == ""
    assert (invocation.status, invocation.workflow_invocation_id) == ("unknown", "")
    report("theirs", "READ", requestId=str(invocation.request_id))
    assert stored_result(invocation) == ("completed", 1, False)
    assert (invocation.status, invocation.workflow_invocation_id) == ("accepted", "theirs")


def test_a_report_of_a_refused_flow_does_not_contradict_a_rejected_message(in_status, report):
    invocation = in_status("rejected", workflow_invocation_id="A", reason="rejected")
    assert report("A", status="REJECTED").invocation == invocation
    assert stored_delivery(invocation) == ""
    assert meaning_of(invocation).name == "rejected"
    assert meaning_of(invocation) not in CONTRADICTED.values()
    report("A", "REJECTED", status="REJECTED")
    assert stored_delivery(invocation) == "completed"
    assert meaning_of(invocation) in CONTRADICTED.values()


@pytest.mark.parametrize("status", ["rejected", "cancelled", "expired", "accepted"])
def test_a_result_changes_only_the_delivery_of_a_message_in_any_other_final_status(
    in_status, report, status
):
    invocation = in_status(status, workflow_invocation_id="A", reason="as it was")
    report("A", "FAILED", "FAILED")
    assert stored_result(invocation) == ("completed", 0, False)
    assert (invocation.status, invocation.reason) == (status, "as it was")


def test_a_result_of_a_message_being_sent_is_matched_by_a_later_sweep(in_status, report):
    invocation = in_status("sending", workflow_invocation_id="A")
    callback = report("A", "DELIVERED")
    assert callback.invocation is None
    assert stored_delivery(invocation) == ""
    assert suggestions.diagnose(callback).why == "under_way"
    Invocation.objects.update(status="accepted", lease_until=None)
    assert upkeep.retry_unmatched(timezone.now()) == 1
    assert stored_delivery(invocation) == "completed"


def test_an_implausible_end_time_is_replaced_by_the_time_of_receipt(accepted, report):
    for reported_at in [
        datetime(2099, 1, 1, tzinfo=UTC),
        timezone.now() - 5 * HOUR,
        timezone.now() + 5 * HOUR,
    ]:
        invocation = accepted()
        callback = report(
            invocation.workflow_invocation_id, "DELIVERED", timestamp=reported_at.isoformat()
        )
        invocation.refresh_from_db()
        assert invocation.result_at == callback.received_at


RESULTS = [("TIMEOUT", "SENT"), ("TIMEOUT", "DELIVERED"), ()]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_several_results_add_up_in_any_order(accepted, report, order):
    invocation = accepted()
    for n in order:
        report(invocation.workflow_invocation_id, *RESULTS[n])
    assert stored_result(invocation) == ("completed", 2, True) and invocation.callbacks.count() == 3


def test_concurrent_results_add_up(accepted, account):
    for _ in range(5):
        invocation = accepted()
        bodies = [body(invocation.workflow_invocation_id, *codes) for codes in RESULTS]
        at_once(3, lambda bodies=bodies: store_result(account, bodies.pop()))
        assert stored_result(invocation) == ("completed", 2, True)
        assert invocation.callbacks.count() == 3


def test_a_report_of_a_running_flow_does_not_complete_the_delivery(accepted, report):
    invocation = accepted()
    report(invocation.workflow_invocation_id, "SENT", status="IN_PROGRESS")
    assert stored_delivery(invocation) == "awaiting" and invocation.callbacks.count() == 1
    report(invocation.workflow_invocation_id, "DELIVERED")
    assert stored_result(invocation) == ("completed", 1, False)


def test_a_match_by_hand_records_the_person(in_status, report, ada):
    invocation = in_status("unknown")
    callback = report("A", "TIMEOUT", "DELIVERED", to=NUMBER)
    apply.match_by_hand(callback, invocation, ada.person)
    callback.refresh_from_db()
    assert (callback.invocation, callback.matched_by) == (invocation, ada.person)
    assert stored_delivery(invocation) == "completed"
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_result")
    with pytest.raises(apply.NotMatched, match="gone"):
        apply.match_by_hand(callback, in_status("unknown"), ada.person)


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        ({"status": "accepted", "workflow_invocation_id": "B"}, "other_id"),
        ({"status": "accepted", "delivery": "completed"}, "has_result"),
        ({"status": "sending", "lease_until": timezone.now()}, "under_way"),
    ],
)
def test_a_match_by_hand_is_refused_if_the_message_has_changed_since(
    in_status, report, ada, meanwhile, code
):
    invocation = in_status("unknown")
    callback = report("A", "READ", to=NUMBER)
    Invocation.objects.filter(pk=suggestions.suggestion(callback).pk).update(**meanwhile)
    with pytest.raises(apply.NotMatched, match=code):
        apply.match_by_hand(callback, invocation, ada.person)
    assert matching.unmatched_results().get() == callback


def test_of_two_results_suggested_for_one_message_only_the_first_is_matched(in_status, report, ada):
    invocation = in_status("unknown")
    first, second = report("A", "READ", to=NUMBER), report("B", "FAILED", "FAILED", to=NUMBER)
    apply.match_by_hand(first, suggestions.suggestion(first), ada.person)
    with pytest.raises(apply.NotMatched, match="other_id"):
        apply.match_by_hand(second, invocation, ada.person)
    assert suggestions.suggestion(second) is None


def test_nothing_is_matched_by_hand_across_accounts_or_while_it_is_being_sent(
    in_status, report, ada, account
):
    callback = report("A", "DELIVERED", to=NUMBER)
    with pytest.raises(apply.NotMatched, match="under_way"):
        apply.match_by_hand(callback, in_status("sending"), ada.person)
    Callback.objects.update(
        account=Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    )
    callback.refresh_from_db()
    with pytest.raises(apply.NotMatched, match="gone"):
        apply.match_by_hand(callback, in_status("unknown"), ada.person)
    assert matching.unmatched_results().get() == callback
