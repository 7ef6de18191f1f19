"""An erased person is found nowhere: not in a table, a history, a file or a session."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from invocations.models import (
    Callback,
    ChannelResult,
    DoNotContact,
    Erasure,
    Export,
    Invocation,
    ListedNumber,
    Note,
    PurgeRun,
    TrailRow,
)
from invocations.privacy import erasure
from invocations.privacy.erase_texts import tables
from invocations.privacy.erasure import StillOpen
from tests.batches.built import running_batch
from tests.privacy.conftest import (
    DIGITS,
    NOTE,
    SPELLINGS,
    VALUE,
    columns_with,
    final,
    plant_elsewhere,
    surround,
)
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db
NATIONAL = DIGITS.removeprefix("91")


@pytest.fixture
def planted(sent, workflow, django_user_model, exports_dir):
    person = django_user_model.objects.create_user("ada")
    row, other = sent(), sent("919876500009", "Asha")
    surround(row, person)
    plant_elsewhere(workflow, person, other)
    return row


def erase() -> Erasure:
    begun = erasure.start(DIGITS, None)
    erasure.work_off(begun)
    return begun


def test_the_search_for_canaries_finds_them_before(planted):
    found = columns_with(NATIONAL)
    assert {
        "invocations.Invocation.payload",
        "invocations.Callback.body",
        "invocations.HistoricalParameter.sample",
        "invocations.BatchPart.content",
        "invocations.KeptForm.body",
        "session",
    } <= set(found)


def test_number_and_values_are_found_nowhere_afterwards(planted, exports_dir):
    erase()
    assert columns_with(NATIONAL, VALUE) == []
    assert list(exports_dir.glob("*")) == []
    assert not Export.objects.exists()


def test_what_tells_a_repetition_stays(planted):
    erase()
    row = Invocation.objects.get(pk=planted.pk)
    assert (row.request_id, row.payload_digest) == (planted.request_id, planted.payload_digest)
    assert (row.status, row.delivery) == ("accepted", "completed")
    assert (row.recipient_digest, row.recipient_hint, row.recipient_last_four) == ("", "", "")


def test_the_messages_of_others_keep_their_values(planted):
    erase()
    other = Invocation.objects.exclude(pk=planted.pk).get()
    assert "Asha" in other.payload
    assert other.note == NOTE
    assert other.reference == "[number removed]"


def test_the_receipt_counts_and_has_no_number(planted):
    done = erase()
    assert done.state == Erasure.State.DONE
    assert done.number is None
    assert done.counts["messages"] == 1
    assert done.counts["notes"] == 1
    states = [row.facts for row in TrailRow.objects.filter(verb="person_erased")]
    assert len(states) == 2
    assert not any(NATIONAL in facts for facts in states)


def test_a_result_that_comes_later_does_not_bring_the_number_back(planted, account):
    Invocation.objects.filter(pk=planted.pk).update(workflow_invocation_id="k-1")
    erase()
    body = (
        b'{"workflowInvocationId": "k-1", "executionStatus": "COMPLETED", "result": {"channel1":'
        b' {"channel": "sms", "statusCode": "DELIVERED", "to": "%s"}}}' % DIGITS.encode()
    )
    callback = store_result(account, body)
    assert callback.invocation_id == planted.pk
    assert callback.body is None
    assert columns_with(NATIONAL) == []
    assert not ChannelResult.objects.exclude(recipient_digest="").exists()
    assert store_result(account, body).times == 2
    assert columns_with(NATIONAL) == []


def test_messages_that_may_still_leave_refuse_it(recorded):
    open_one = recorded("202")
    with pytest.raises(StillOpen) as refusal:
        erasure.start("919876543202", None)
    assert refusal.value.found.open == 1
    assert Invocation.objects.get(pk=open_one.pk).payload
    assert not Erasure.objects.exists()


def test_rows_that_wait_in_a_batch_refuse_it(workflow):
    running_batch(workflow, [[DIGITS, "Asha"]])
    with pytest.raises(StillOpen):
        erasure.start(DIGITS, None)


def test_a_killed_process_is_followed_by_another_that_goes_on(planted):
    begun = erasure.start(DIGITS, None)
    for _step in range(4):
        assert erasure.go_on(begun.pk)
    while erasure.erase_a_little(timezone.now()):
        pass
    assert columns_with(NATIONAL, VALUE) == []
    assert Erasure.objects.get().state == Erasure.State.DONE


def test_asked_for_again_it_goes_on_where_it_was(planted):
    begun = erasure.start(DIGITS, None)
    assert erasure.go_on(begun.pk)
    assert erasure.start(DIGITS, None).cursor == Erasure.objects.get().cursor


def test_lists_forget_the_number_but_for_do_not_contact(planted):
    erase()
    assert not ListedNumber.objects.exists()
    assert DoNotContact.objects.get().reason == "he also has [number removed]"


def test_it_waits_for_a_message_sent_meanwhile_that_is_not_final(planted, sent):
    begun = erasure.start(DIGITS, None)
    late = sent(status="queued")
    Invocation.objects.filter(pk=late.pk).update(final_at=None)
    erasure.work_off(begun)
    assert begun.state == Erasure.State.UNDER_WAY
    assert erasure.erase_a_little(timezone.now()) == 0
    final(late)
    erasure.work_off(begun)
    assert begun.state == Erasure.State.DONE
    assert columns_with(NATIONAL, VALUE) == []


def test_a_message_sent_meanwhile_is_erased_too(planted, sent):
    begun = erasure.start(DIGITS, None)
    erasure.go_on(begun.pk)
    sent()
    erasure.work_off(begun)
    assert columns_with(NATIONAL, VALUE) == []


def test_what_is_left_is_counted_once_when_it_begins_anew(recorded, sent):
    recorded(reference=SPELLINGS[1])
    begun = erasure.start(DIGITS, None)
    erasure.go_on(begun.pk)
    sent()
    erasure.work_off(begun)
    assert (begun.texts_left, begun.removed["messages"]) == (1, 1)


def test_history_tables_are_among_those_looked_through():
    names = {table.name for table in tables()}
    assert {"invocations.HistoricalParameter", "invocations.HistoricalChannel"} <= names
    assert "admin.LogEntry" in names


def test_a_note_is_removed_and_never_becomes_another(planted):
    erase()
    assert Note.objects.get(invocation=planted).text is None


def test_an_unmatched_result_loses_the_number_alone(planted):
    erase()
    [unmatched] = Callback.objects.filter(invocation__isnull=True)
    assert unmatched.body == '{"to": "[number removed]"}'


def test_what_another_message_says_that_may_still_leave_is_left_and_said(recorded, capsys):
    row = recorded(reference=SPELLINGS[1])
    with pytest.raises(CommandError, match="1 texts still have the number") as refusal:
        call_command("erase", SPELLINGS[1], "--yes")
    assert refusal.value.returncode == 1
    row.refresh_from_db()
    assert row.reference == SPELLINGS[1]
    assert Erasure.objects.get().removed == {}
    final(row)
    call_command("erase", SPELLINGS[1], "--yes")
    assert Erasure.objects.first().texts_left == 0
    assert columns_with(NATIONAL) == []


def test_the_command_changes_nothing_without_yes(planted, capsys):
    call_command("erase", "+91 98123 45067")
    assert "1 messages" in capsys.readouterr().out
    assert Invocation.objects.get(pk=planted.pk).payload


def test_the_command_erases_any_spelling(planted, capsys):
    call_command("erase", "+91-98123-45067", yes=True)
    assert "Receipt" in capsys.readouterr().out
    assert columns_with(NATIONAL, VALUE) == []


def test_the_command_refuses_what_is_no_number(db):
    with pytest.raises(CommandError) as refusal:
        call_command("erase", "nobody")
    assert refusal.value.returncode == 2
    assert not PurgeRun.objects.exists()
