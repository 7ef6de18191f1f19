"""A body is stored once, as it came, in one statement, and can be set aside by a person."""

from unittest.mock import Mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import (
    Account,
    Attempt,
    Callback,
    ChannelResult,
    Invocation,
    WorkflowInstance,
)
from invocations.monitoring.sweep import sweep
from invocations.results import apply, inbox, matching, pending, upkeep
from tests.results.conftest import body, stored_delivery, stored_result
from tests.sending.test_once import at_once
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_body_is_stored_unchanged_and_encrypted(account):
    raw = body("A", "TIMEOUT", to="919876543210", extra={"new": ["field"]})
    callback = store_result(account, raw)
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


def test_the_same_body_posted_a_hundred_times_concurrently_is_stored_once(account, accepted):
    invocation = accepted()
    raw = body(invocation.workflow_invocation_id, "DELIVERED")
    at_once(20, lambda: [store_result(account, raw) for _ in range(5)])
    callback = Callback.objects.get()
    assert callback.times == 100
    assert callback.invocation_id == invocation.pk
    assert ChannelResult.objects.count() == 1
    assert WorkflowInstance.history.filter(history_change_reason="first_result").count() == 1


def test_the_same_body_is_recognised_after_an_encryption_key_was_added(account, settings):
    raw = body("A", "DELIVERED")
    first = store_result(account, raw)
    settings.FIELD_ENCRYPTION_KEYS = [
        "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0=",
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert store_result(account, raw) == first and Callback.objects.get().times == 2


def test_the_same_body_at_two_accounts_is_stored_twice(account):
    other = Account.objects.create(title="Other", pod=account.pod, sid="HX0000000001")
    assert store_result(account, b"{}").pk != store_result(other, b"{}").pk


def test_a_body_that_is_not_text_is_stored(account):
    for raw in [b"\xff\xfe\x00\x01", b"\x00", b"", b"\x1f\x8b\x08", "Müller".encode("latin-1")]:
        assert store_result(account, raw).problem
    assert Callback.objects.count() == 5
    assert {each.invocation_id for each in Callback.objects.all()} == {None}


def test_an_invalid_number_gives_a_hint_and_no_digest(account):
    store_result(account, body("A", "TIMEOUT", to="919620838XXX"))
    channel = ChannelResult.objects.get()
    assert (channel.recipient_hint, channel.recipient_digest) == ("…8XXX", "")


def test_a_result_that_cannot_be_applied_is_stored_and_matched_later(
    account, accepted, monkeypatch, caplog
):
    invocation = accepted()
    with monkeypatch.context() as broken:
        fault = Mock(side_effect=ValueError("canary"))
        broken.setattr(apply, "update_from_results", fault)
        broken.setattr(pending, "update_from_results", fault)
        callback = store_result(
            account, body(invocation.workflow_invocation_id, "TIMEOUT", "DELIVERED")
        )
        assert upkeep.retry_unmatched(timezone.now()) == 0, "the error does not stop the sweep"
    callback.refresh_from_db()
    assert callback.invocation is None
    assert callback.results.count() == 2
    assert "ValueError" in caplog.text
    assert "canary" not in caplog.text
    assert upkeep.retry_unmatched(timezone.now()) == 1
    assert stored_result(invocation)[:2] == ("completed", 2)


def test_a_result_creates_sends_and_readdresses_nothing(account, in_status, receiver):
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
    store_result(account, raw)
    store_result(account, body("somebody's", "DELIVERED"))
    assert Invocation.objects.values(*before).get() == before
    assert not Attempt.objects.exists()
    assert not receiver.received


def test_storing_a_result_is_one_statement(account, accepted):
    content = body(accepted().workflow_invocation_id, "TIMEOUT", "DELIVERED")
    with CaptureQueriesContext(connection) as queries:
        inbox.store_result(account, content)
        inbox.store_result(account, content)
    assert [query["sql"].split()[0] for query in queries] == ["INSERT", "INSERT"]
    assert Callback.objects.get().times == 2


def test_setting_a_result_aside_records_person_and_reason_and_ends_its_review(report, ada, priya):
    callback, other = report("A", "READ"), report("B", "READ")
    assert inbox.set_aside(callback, "Sent by the shop’s own system", ada.person)
    callback.refresh_from_db()
    assert (callback.set_aside_by, callback.set_aside_reason) == (
        ada.person,
        "Sent by the shop’s own system",
    )
    assert callback.set_aside_at
    assert matching.results_to_review().get() == other and matching.unmatched_results().count() == 2
    assert not inbox.set_aside(callback, "Somebody else’s reason", priya.person)
    assert Callback.objects.get(pk=callback.pk).set_aside_by == ada.person


def test_a_result_that_was_set_aside_is_still_matched(report, in_status, ada):
    callback = report("A", "READ")
    inbox.set_aside(callback, "Nobody knows it", ada.person)
    invocation = in_status("accepted", workflow_invocation_id="A")
    assert sweep() == 1 and stored_delivery(invocation) == "completed"
    callback.refresh_from_db()
    assert callback.invocation == invocation and callback.set_aside_by == ada.person


def test_a_matched_result_cannot_be_set_aside(report, accepted, ada):
    callback = report(accepted().workflow_invocation_id, "READ")
    assert not inbox.set_aside(callback, "Nobody knows it", ada.person)
