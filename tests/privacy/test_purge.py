"""What is kept for longer than account and workflow say is removed, in short steps."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import (
    Account,
    Attempt,
    Batch,
    Callback,
    Invocation,
    Note,
    PurgeRun,
    SearchableValue,
    Settlement,
    TrailRow,
    WorkflowInstance,
)
from invocations.models.encryption import ValuesRemoved
from invocations.models.invocations import sends_in
from invocations.models.searchable_values import value_digests
from invocations.privacy import purge
from invocations.privacy.purge import Purge, end_run, purge_a_little
from invocations.sending.record import record
from tests.batches.built import running_batch
from tests.privacy.conftest import DIGITS, VALUE, columns_with, final, later, surround

pytestmark = pytest.mark.django_db
CODE = "590213"


def run(now=None) -> None:
    for _step in Purge(now).steps():
        pass
    end_run()


@pytest.fixture
def old(sent, django_user_model):
    row = sent(days=90.1)
    surround(row, django_user_model.objects.create_user("ada"))
    return row


def test_numbers_values_and_notes_go_after_the_days(old):
    run()
    assert columns_with(DIGITS, VALUE) == []
    assert Note.objects.get().text is None
    assert Settlement.objects.get().reason is None
    assert Attempt.objects.get().reply is None
    assert Callback.objects.get().body is None
    assert not SearchableValue.objects.exists()


def test_what_tells_a_repetition_stays(old):
    run()
    row = Invocation.objects.get()
    kept = ("request_id", "payload_digest", "recipient_digest", "status", "delivery", "reason")
    assert [getattr(row, name) for name in kept] == [getattr(old, name) for name in kept]
    again, is_new = record(
        row.workflow_instance,
        [Send(DIGITS, {"01": VALUE})] * 2,
        request_id=row.request_id,
        created_by=None,
    )
    assert (again.pk, is_new) == (row.pk, False)


def test_reading_what_was_sent_says_that_it_was_removed(old):
    run()
    with pytest.raises(ValuesRemoved):
        sends_in(Invocation.objects.get())


def test_younger_ones_stay(sent):
    sent(days=89.9)
    run()
    assert Invocation.objects.get().payload


def test_the_days_of_the_workflow_come_before_those_of_the_account(sent, workflow):
    sent(days=10)
    Account.objects.update(values_kept_days=20)
    run()
    assert Invocation.objects.get().payload
    WorkflowInstance.objects.update(values_kept_days=9)
    run()
    assert Invocation.objects.get().payload is None


@pytest.mark.parametrize("columns", [{"status": "sending"}, {"status": "queued"}])
def test_what_is_not_final_stays_however_old(sent, columns):
    row = sent(days=900)
    lease = {"lease_until": timezone.now()}
    Invocation.objects.filter(pk=row.pk).update(**columns, **lease)
    run()
    assert Invocation.objects.get().payload


def test_an_unknown_outcome_that_is_asked_about_again_stays(sent):
    row = sent(days=900, status="unknown", delivery="")
    Invocation.objects.filter(pk=row.pk).update(due_at=timezone.now())
    run()
    assert Invocation.objects.get().payload


def test_a_number_in_the_ticket_is_masked(old):
    Invocation.objects.update(reference=DIGITS)
    run()
    assert Invocation.objects.get().reference == "[number ending in 5067]"


def test_a_run_stands_in_the_trail_once(old, sent):
    sent(days=100)
    run()
    [row] = TrailRow.objects.filter(verb="purged")
    assert json.loads(row.facts)["removed"]["messages"] == 2
    run()
    assert TrailRow.objects.filter(verb="purged").count() == 1


def test_the_sweep_does_one_step_and_then_looks_again_after_a_while(old, monkeypatch):
    monkeypatch.setattr(purge, "MOST", 1)
    now = timezone.now()
    assert purge_a_little(now) > 0
    assert PurgeRun.objects.exists()
    while purge_a_little(now):
        pass
    assert purge._Looks.next_at > 0
    purge._Looks.next_at = 0.0
    assert purge_a_little(now + timedelta(hours=2)) == 0
    assert TrailRow.objects.filter(verb="purged").count() == 1


@pytest.mark.parametrize("by", [lambda: purge_a_little(timezone.now()), run])
def test_where_the_trail_cannot_be_written_nothing_is_removed(old, refusing_trail, by):
    with suppress(IntegrityError):  # the sweep goes on, the command ends
        by()
    assert Note.objects.get().text and not PurgeRun.objects.exists()


def test_the_command_tells_what_it_removed(old, capsys):
    call_command("purge")
    assert "1 messages" in capsys.readouterr().out
    assert columns_with(VALUE) == []


# --- codes ----------------------------------------------------------------------------------------


@pytest.fixture
def code_sent(workflow):
    channel = workflow.channels.get(position=1)
    channel.is_otp, channel.template_text = True, "Your code is {{1}}"
    channel.save()

    def code_sent(minutes, **columns):
        sends = [
            Send(DIGITS, {"#verification_code#": CODE}),
            Send(DIGITS, {"01": f"Code {CODE} it is"}),
        ]
        options = {"request_id": uuid.uuid4(), "created_by": None}
        row, _ = record(workflow, sends, **options)
        return final(row, days=minutes / 1440, **columns)

    return code_sent


def test_a_code_goes_an_hour_after_the_end_and_the_number_stays(code_sent):
    row = code_sent(61)
    now = timezone.now()
    Attempt.objects.create(
        invocation=row, number=1, started_at=now, reply=json.dumps([f"bad value {CODE}"])
    )
    Callback.objects.create(
        account_id=row.account_id,
        digest="d",
        body=json.dumps({"sent": CODE}),
        received_at=now,
        last_received_at=now,
        invocation=row,
        matched_at=now,
    )
    SearchableValue.objects.create(invocation=row, label="Code", digest=value_digests(CODE)[0])
    run()
    assert columns_with(CODE) == []
    row = Invocation.objects.get()
    assert [send.recipient for send in sends_in(row)] == [DIGITS] * 2
    assert row.codes_removed_at
    assert "[code removed]" in Attempt.objects.get().reply
    assert not SearchableValue.objects.exists()


def test_a_code_stays_for_an_hour(code_sent):
    code_sent(59)
    run()
    assert CODE in Invocation.objects.get().payload


def test_codes_of_later_messages_go_too(code_sent):
    code_sent(90)
    run()
    code_sent(0)
    run(later(2 / 24))
    assert columns_with(CODE) == []


def test_codes_go_in_steps(code_sent, monkeypatch):
    monkeypatch.setattr(purge, "MOST", 1)
    for _each in range(3):
        code_sent(70)
    run()
    assert columns_with(CODE) == []


def test_the_code_of_an_old_version_is_recognised(code_sent, workflow):
    row = code_sent(70)
    workflow.channels.filter(position=1).update(is_otp=False, template_text="Hello {{1}}")
    assert row.version
    run()
    assert columns_with(CODE) == []


def test_codes_go_from_the_rows_of_a_batch(workflow):
    channel = workflow.channels.get(position=1)
    channel.is_otp, channel.template_text = True, "Your code is {{1}}"
    channel.save()
    from invocations.batches.columns import ColumnMap

    columns = ColumnMap(("recipient", "#verification_code#"))
    batch = running_batch(workflow, [[DIGITS, CODE]], columns=columns)
    ended = timezone.now() - timedelta(minutes=61)
    Batch.objects.filter(pk=batch.pk).update(state="done", ended_at=ended, next_part=1, fed=1)
    run()
    assert columns_with(CODE) == []
    assert columns_with(DIGITS) == ["invocations.BatchPart.content"]


def test_files_are_kept_no_longer_than_the_values(workflow):
    Account.objects.update(values_kept_days=1)
    batch = running_batch(workflow, [[DIGITS, "Asha"]])
    ended = timezone.now() - timedelta(days=2)
    Batch.objects.filter(pk=batch.pk).update(
        state="done", ended_at=ended, delete_at=later(5), next_part=1, fed=1
    )
    run()
    assert Batch.objects.get().delete_at <= timezone.now()
