"""A body is kept once, and told to the invocation that it names."""

import uuid
from datetime import UTC, datetime, timedelta
from itertools import permutations
from unittest.mock import Mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.history.meanings import CONTRADICTED, meaning_of
from invocations.models import (
    Account,
    Attempt,
    Callback,
    ChannelResult,
    Invocation,
    WorkflowInstance,
)
from invocations.results import apply, suggestions, upkeep
from invocations.results import inbox as results
from tests.results.conftest import body
from tests.sending.test_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def told(invocation):
    invocation.refresh_from_db()
    return invocation.delivery, invocation.deciding_channel, invocation.may_be_double


# --- kept -------------------------------------------------------------------------------------------------------------


def test_the_body_stands_as_it_came_and_not_in_clear(account):
    raw = body("A", "TIMEOUT", to="919876543210", extra={"new": ["field"]})
    callback = results.store_result(account, raw)
    assert Callback.objects.get().body.encode() == raw and callback.times == 1
    channel = ChannelResult.objects.get()
    assert (channel.position, channel.kind, channel.code, channel.recipient_hint) == (
        1,
        "whatsapp",
        "TIMEOUT",
        "+91 ••••• •3210",
    )
    with connection.cursor() as cursor:
        for table in ("invocations_callback", "invocations_channelresult"):
            cursor.execute(f"SELECT * FROM {table}")
            assert "919876543210" not in str(cursor.fetchall())


def test_the_same_bytes_a_hundred_times_at_once_are_one_result(account, accepted):
    invocation = accepted()
    raw = body(invocation.workflow_invocation_id, "DELIVERED")
    at_once(20, lambda: [results.store_result(account, raw) for _ in range(5)])
    callback = Callback.objects.get()
    assert (
        callback.times == 100
        and callback.invocation_id == invocation.pk
        and ChannelResult.objects.count() == 1
    )
    assert WorkflowInstance.history.filter(history_change_reason="first_result").count() == 1


def test_the_same_bytes_after_a_key_was_added_are_still_one_result(account, settings):
    raw = body("A", "DELIVERED")
    first = results.store_result(account, raw)
    settings.FIELD_ENCRYPTION_KEYS = [
        "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0=",
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert results.store_result(account, raw) == first and Callback.objects.get().times == 2


def test_what_cannot_be_told_is_kept_and_told_later(account, accepted, monkeypatch, caplog):
    invocation = accepted()
    with monkeypatch.context() as broken:
        fault = Mock(side_effect=ValueError("canary"))
        broken.setattr(apply, "update_from_results", fault)
        broken.setattr(results, "update_from_results", fault)
        callback = results.store_result(
            account, body(invocation.workflow_invocation_id, "TIMEOUT", "DELIVERED")
        )
        assert upkeep.retry_unmatched(timezone.now()) == 0, "the dispatcher lives on"
    callback.refresh_from_db()
    assert (
        callback.invocation is None
        and callback.results.count() == 2
        and "ValueError" in caplog.text
        and "canary" not in caplog.text
    )
    assert upkeep.retry_unmatched(timezone.now()) == 1 and told(invocation)[:2] == ("completed", 2)


def test_the_same_bytes_to_two_accounts_are_two(account):
    other = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    assert results.store_result(account, b"{}").pk != results.store_result(other, b"{}").pk


def test_bytes_that_are_no_text_are_kept(account):
    for raw in [b"\xff\xfe\x00\x01", b"\x00", b"", b"\x1f\x8b\x08", "Müller".encode("latin-1")]:
        assert results.store_result(account, raw).problem
    assert Callback.objects.count() == 5 and {
        each.invocation_id for each in Callback.objects.all()
    } == {None}


def test_a_number_that_is_none_gives_a_hint_and_no_digest(account):
    results.store_result(account, body("A", "TIMEOUT", to="919620838XXX"))
    channel = ChannelResult.objects.get()
    assert (channel.recipient_hint, channel.recipient_digest) == ("…8XXX", "")


# --- told to its invocation -------------------------------------------------------------------------------------------


def test_an_accepted_message_learns_what_became_of_it(accepted, report):
    invocation = accepted()
    callback = report(
        invocation.workflow_invocation_id + " ",
        "TIMEOUT",
        "DELIVERED",
        timestamp=timezone.now().isoformat(),
    )
    assert callback.invocation == invocation and callback.matched_at and callback.matched_by is None
    assert told(invocation) == ("completed", 2, True)
    assert (
        abs(invocation.result_at - timezone.now()) < timedelta(seconds=30)
        and invocation.status == "accepted"
    )


def test_from_the_first_result_on_the_workflow_is_known_to_report(accepted, report, workflow):
    first = accepted()
    assert first.delivery == ""
    report(first.workflow_invocation_id, "DELIVERED")
    workflow.refresh_from_db()
    assert (
        workflow.expects_callback
        and workflow.history.first().history_change_reason == "first_result"
    )
    assert accepted().delivery == "awaiting"


def test_what_became_of_it_is_told_with_the_channels_of_then(accepted, report, workflow):
    invocation = accepted()
    workflow.channels.get(position=2).delete()
    report(invocation.workflow_invocation_id, "FAILED")
    assert told(invocation)[1] is None, "its second channel may have reached them"
    report(invocation.workflow_invocation_id, "FAILED", "NOT-SENT")
    assert told(invocation)[1] == 0


def test_an_id_of_ours_is_enough(accepted, report):
    invocation = accepted()
    assert report(requestId=str(invocation.request_id)).invocation == invocation


def test_an_unknown_outcome_is_accepted_and_learns_its_id(in_status, report):
    invocation = in_status("unknown")
    report("theirs", "DELIVERED", requestId=str(invocation.request_id))
    assert told(invocation) == ("completed", 1, False)
    assert (invocation.status, invocation.reason, invocation.due_at) == (
        "accepted",
        "confirmed_by_result",
        None,
    )
    assert invocation.workflow_invocation_id == "theirs" and invocation.final_at


def test_a_flow_that_is_reported_to_run_has_been_taken_and_its_result_is_awaited(in_status, report):
    invocation = in_status("unknown")
    report("theirs", status="IN-PROGRESS", requestId=str(invocation.request_id))
    assert told(invocation)[0] == "awaiting" and invocation.result_due_at > timezone.now()
    assert (invocation.status, invocation.workflow_invocation_id) == ("accepted", "theirs")
    report("theirs", "READ")
    assert told(invocation) == ("completed", 1, False)


def test_a_flow_that_is_reported_refused_settles_no_unknown_outcome(in_status, report):
    """It may be that of a repetition, and the first had got in."""
    invocation = in_status("unknown")
    callback = report("refused", status="REJECTED", requestId=str(invocation.request_id))
    assert callback.invocation == invocation and told(invocation)[0] == ""
    assert (invocation.status, invocation.workflow_invocation_id) == ("unknown", "")
    report("theirs", "READ", requestId=str(invocation.request_id))
    assert told(invocation) == ("completed", 1, False)
    assert (invocation.status, invocation.workflow_invocation_id) == ("accepted", "theirs")


def test_a_refused_message_whose_flow_is_reported_refused_is_no_contradiction(in_status, report):
    invocation = in_status("rejected", workflow_invocation_id="A", reason="rejected")
    assert report("A", status="REJECTED").invocation == invocation and told(invocation)[0] == ""
    assert (
        meaning_of(invocation).name == "rejected"
        and meaning_of(invocation) not in CONTRADICTED.values()
    )
    report("A", "REJECTED", status="REJECTED")
    assert told(invocation)[0] == "completed" and meaning_of(invocation) in CONTRADICTED.values()


@pytest.mark.parametrize("status", ["rejected", "cancelled", "expired", "accepted"])
def test_every_other_end_stays_and_is_told_the_delivery_alone(in_status, report, status):
    invocation = in_status(status, workflow_invocation_id="A", reason="as it was")
    report("A", "FAILED", "FAILED")
    assert told(invocation) == ("completed", 0, False) and (
        invocation.status,
        invocation.reason,
    ) == (status, "as it was")


@pytest.mark.parametrize(
    ("status", "why"), [("sending", "under_way"), ("queued", "waits"), ("held", "waits")]
)
def test_what_is_not_settled_yet_is_told_by_the_sweep_later(in_status, report, status, why):
    invocation = in_status(status, workflow_invocation_id="A")
    callback = report("A", "DELIVERED")
    assert (
        callback.invocation is None
        and told(invocation)[0] == ""
        and suggestions.diagnose(callback).why == why
    )
    Invocation.objects.update(status="accepted", lease_until=None)
    assert upkeep.retry_unmatched(timezone.now()) == 1 and told(invocation)[0] == "completed"


def test_another_accounts_result_is_nobodys(accepted, account):
    invocation = accepted()
    other = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    for raw in [
        body(invocation.workflow_invocation_id, "DELIVERED"),
        body(requestId=str(invocation.request_id)),
    ]:
        assert results.store_result(other, raw).invocation is None
    assert told(invocation)[0] == ""


@pytest.mark.parametrize("status", ["accepted", "unknown"])
def test_ids_that_contradict_each_other_are_left_to_a_person(in_status, report, status):
    first, second = (
        in_status(status, workflow_invocation_id="A"),
        in_status(status, workflow_invocation_id="B"),
    )
    assert suggestions.diagnose(report("A", "READ", requestId=str(second.request_id))) == (
        "disagrees",
        None,
    )
    assert suggestions.diagnose(report("C", "READ", requestId=str(first.request_id))) == (
        "disagrees",
        None,
    )
    Invocation.objects.update(workflow_invocation_id="A")
    assert suggestions.diagnose(report("A", "SENT")) == ("several", None)
    assert told(first)[0] == told(second)[0] == "" and upkeep.retry_unmatched(timezone.now()) == 0


def test_a_request_id_that_was_made_up_says_nothing_against_the_id_that_an_acceptance_told(
    accepted, report
):
    invocation = accepted()
    assert (
        report(invocation.workflow_invocation_id, "READ", requestId=str(uuid.uuid4())).invocation
        == invocation
    )


def test_an_id_that_no_acceptance_told_is_not_enough_where_the_request_id_is_foreign(
    in_status, report
):
    invocation = in_status("accepted", workflow_invocation_id="A", reason="confirmed_by_result")
    assert suggestions.diagnose(report("A", "READ", requestId=str(uuid.uuid4()))) == (
        "disagrees",
        invocation,
    )
    assert told(invocation)[0] == ""


def test_a_request_id_of_another_accounts_message_is_not_made_up(
    accepted, in_status, report, account
):
    invocation, other = accepted(), in_status("unknown")
    elsewhere = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    workflow = WorkflowInstance.objects.create(
        account=elsewhere, title="There", workflow_instance_id="w2"
    )
    clone = Invocation.objects.get(pk=other.pk)
    clone.pk, clone.request_id, clone.account, clone.workflow_instance = (
        None,
        uuid.uuid4(),
        elsewhere,
        workflow,
    )
    clone.payload = "{}"
    clone.save(force_insert=True)
    assert (
        suggestions.diagnose(
            report(invocation.workflow_invocation_id, "READ", requestId=str(clone.request_id))
        ).why
        == "disagrees"
    )


def test_a_clock_that_is_wrong_is_not_believed(accepted, report):
    for told_at in [
        datetime(2099, 1, 1, tzinfo=UTC),
        timezone.now() - 5 * HOUR,
        timezone.now() + 5 * HOUR,
    ]:
        invocation = accepted()
        callback = report(
            invocation.workflow_invocation_id, "DELIVERED", timestamp=told_at.isoformat()
        )
        invocation.refresh_from_db()
        assert invocation.result_at == callback.received_at


# --- more than one result ---------------------------------------------------------------------------------------------

SAID = [("TIMEOUT", "SENT"), ("TIMEOUT", "DELIVERED"), ()]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_comes_later_takes_nothing_back(accepted, report, order):
    invocation = accepted()
    for n in order:
        report(invocation.workflow_invocation_id, *SAID[n])
    assert told(invocation) == ("completed", 2, True) and invocation.callbacks.count() == 3


def test_two_at_once_add_up(accepted, account):
    for _ in range(5):
        invocation = accepted()
        bodies = [body(invocation.workflow_invocation_id, *codes) for codes in SAID]
        at_once(3, lambda bodies=bodies: results.store_result(account, bodies.pop()))
        assert told(invocation) == ("completed", 2, True) and invocation.callbacks.count() == 3


def test_a_report_of_a_flow_that_is_still_running_does_not_end_it(accepted, report):
    invocation = accepted()
    report(invocation.workflow_invocation_id, "SENT", status="IN_PROGRESS")
    assert told(invocation)[0] == "awaiting" and invocation.callbacks.count() == 1
    report(invocation.workflow_invocation_id, "DELIVERED")
    assert told(invocation) == ("completed", 1, False)


# --- what it never does -----------------------------------------------------------------------------------------------


def test_nothing_is_made_sent_or_readdressed(account, in_status, receiver):
    invocation = in_status("unknown")
    before = Invocation.objects.values(
        "recipient_digest", "recipient_hint", "payload_digest", "request_id"
    ).get()
    raw = body(
        "new",
        "DELIVERED",
        to="918061234581",
        requestId=str(invocation.request_id),
        recipient="918061234581",
    )
    results.store_result(account, raw)
    results.store_result(account, body("somebody's", "DELIVERED"))
    assert (
        Invocation.objects.values(*before).get() == before
        and not Attempt.objects.exists()
        and not receiver.received
    )


# --- a flood ----------------------------------------------------------------------------------------------------------


def test_a_result_of_a_known_flow_asks_the_database_five_times(account, accepted):
    results.store_result(account, body(accepted().workflow_invocation_id, "DELIVERED"))
    invocation = accepted()
    with CaptureQueriesContext(connection) as queries:
        results.store_result(
            account, body(invocation.workflow_invocation_id, "TIMEOUT", "DELIVERED")
        )
    assert told(invocation)[:2] == ("completed", 2)
    assert (
        len([query for query in queries if query["sql"].startswith(("SELECT", "INSERT", "UPDATE"))])
        == 5
    )
