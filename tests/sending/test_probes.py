"""A refused key or an unknown workflow pauses, and one message probes whether it works again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NotSent
from invocations.models import Account, Attempt, Invocation
from invocations.monitoring.sweep import run_once
from invocations.sending import ask_again, attempt, pause, rate_limit, store_outcome
from invocations.sending.due import claim_due, claim_probes

from .deliveries import DUPLICATE
from .moves import move_account
from .rows import statuses

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


def test_a_refused_key_pauses_the_account_once_and_the_rest_waits(
    waiting, kaleyra_says, account, caplog
):
    Account.objects.update(sends_per_second=1000)
    kaleyra_says(401)
    for _ in range(20):
        waiting()
    run_once(width=2)
    account.refresh_from_db()
    assert account.is_paused and account.paused_because == "credentials"
    assert set(statuses()) == {"held", "queued"}
    assert Attempt.objects.filter(reason="credentials").count() <= 4
    assert caplog.text.count("is paused") == 1


def test_all_messages_go_on_with_their_ids_after_the_pause(
    waiting, kaleyra_says, account, receiver
):
    kaleyra_says(401)
    for _ in range(3):
        waiting()
    run_once()
    kaleyra_says.stop()
    pause.resume(account)
    run_once()
    assert statuses() == ["accepted"] * 3
    assert sorted(receiver.accepted) == sorted(
        str(row.request_id) for row in Invocation.objects.all()
    )


def test_one_held_message_probes_later_whether_the_key_works(
    waiting, kaleyra_says, account, receiver
):
    kaleyra_says(401)
    waiting()
    waiting()
    run_once()
    kaleyra_says.stop()
    assert run_once() == 0 and not receiver.received
    account.pace.probe_at = timezone.now()
    account.pace.save()
    [probe] = claim_probes()
    assert claim_probes() == []
    store_outcome.store_outcomes([(probe, attempt.post(probe))])
    account.refresh_from_db()
    assert not account.is_paused
    run_once()
    assert statuses() == ["accepted", "accepted"]


@pytest.mark.parametrize("left", ["in doubt", "queued", "nothing, and then a new one"])
def test_an_account_without_held_messages_is_probed_with_what_is_due(
    waiting, account, receiver, left
):
    rate_limit.Pace.objects.create(account=account, probe_at=timezone.now())
    Account.objects.update(is_paused=True, paused_because="credentials")
    if left == "nothing, and then a new one":
        assert run_once() == 0
    doubt = {"status": "unknown", "doubtful_since": timezone.now(), "doubt_count": 1}
    waiting(**(doubt if left == "in doubt" else {}))
    run_once()
    account.refresh_from_db()
    assert not account.is_paused and statuses() == ["accepted"] and len(receiver.received) == 1


@pytest.mark.parametrize("answer", [503, 429, NotSent("refused")])
def test_a_probe_without_a_clear_answer_is_followed_by_another(
    waiting, kaleyra_says, account, answer
):
    kaleyra_says(401)
    waiting()
    run_once()
    kaleyra_says(answer)
    for _ in range(2):
        rate_limit.Pace.objects.update(probe_at=timezone.now(), wait_until=None)
        Invocation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        run_once()
        kaleyra_says.stop()
    account.refresh_from_db()
    assert not account.is_paused and statuses() == ["accepted"]


def test_a_probe_that_finds_no_message_is_not_lost(waiting, account):
    waiting()
    rate_limit.Pace.objects.create(
        account=account, probe_at=timezone.now(), wait_until=timezone.now() + 60 * SECOND
    )
    Account.objects.update(is_paused=True, paused_because="credentials")
    assert claim_probes() == []
    rate_limit.Pace.objects.update(wait_until=None)
    assert len(claim_probes()) == 1


def test_of_several_answers_in_a_round_the_last_one_counts(account, caplog):
    for reasons, is_paused in [
        (["credentials", "accepted"], False),
        (["accepted", "credentials", "timeout"], True),
    ]:
        rate_limit.update_from_attempts(account, [(reason, None) for reason in reasons])
        assert Account.objects.get().is_paused is is_paused
    assert caplog.text.count("is paused") == 1


def test_a_pause_by_a_person_is_not_probed(waiting, account, receiver):
    waiting(status="held", reason="credentials")
    rate_limit.Pace.objects.create(account=account, probe_at=timezone.now())
    Account.objects.update(is_paused=True, paused_reason="weekend")
    assert claim_probes() == [] and run_once() == 0
    assert not receiver.received


def test_an_unknown_workflow_is_paused_and_the_others_go_on(waiting, kaleyra_says, workflow):
    kaleyra_says(404)
    waiting()
    run_once()
    waiting()
    workflow.refresh_from_db()
    assert workflow.is_paused and run_once() == 0 and statuses() == ["rejected", "queued"]


def test_an_alarm_is_raised_if_kaleyra_contradicts_itself(waiting, kaleyra_says, caplog):
    kaleyra_says(202, {"success": True, "requestId": "another", "executionStatus": "ACCEPTED"})
    waiting()
    run_once()
    assert statuses() == ["unknown"] and Invocation.objects.get().is_final
    assert "another_request" in caplog.text


# --- an open circuit ------------------------------------------------------------------------------


@pytest.fixture
def open_circuit(account):
    return rate_limit.Pace.objects.create(account=account, failures=rate_limit.FAILURES)


def probed(pace):
    rate_limit.Pace.objects.filter(pk=pace.pk).update(wait_until=None, next_slot_at=None)
    [probe] = claim_due(30)
    return probe


def doubt_of(age, **columns):
    since = timezone.now() - age
    return {"status": "unknown", "doubtful_since": since, "doubt_count": 1} | columns


def test_a_probe_takes_a_message_in_doubt_even_if_it_is_not_its_turn(waiting, open_circuit):
    waiting(due_at=timezone.now() - 60 * SECOND)
    doubt = waiting(**doubt_of(SECOND, due_at=timezone.now() + 60 * SECOND))
    assert probed(open_circuit).invocation.pk == doubt


@pytest.mark.parametrize(
    "columns",
    [
        {"doubtful_since": -2 * ask_again.SAME_ID_WINDOW},
        {"not_after": -SECOND},
        {"due_at": None},
    ],
)
def test_a_probe_takes_another_message_if_that_in_doubt_is_not_asked_about(
    waiting, open_circuit, columns
):
    given = {name: by and timezone.now() + by for name, by in columns.items()}
    waiting(**doubt_of(SECOND, **given))
    queued = waiting()
    assert probed(open_circuit).invocation.pk == queued


def test_probes_put_one_message_in_doubt_and_do_not_use_up_its_attempts(
    waiting, open_circuit, kaleyra_says
):
    kaleyra_says(503)
    for _ in range(5):
        waiting()
    for _ in range(3 * ask_again.MOST_DOUBTS):
        probe = probed(open_circuit)
        store_outcome.store_outcomes([(probe, attempt.post(probe))])
    row = Invocation.objects.get(doubtful_since__isnull=False)
    assert row.doubt_count == 1 and row.due_at and statuses().count("queued") == 4


def test_a_paused_account_is_probed_with_a_message_in_doubt_before_a_queued_one(
    waiting, account, receiver
):
    rate_limit.Pace.objects.create(account=account, probe_at=timezone.now())
    Account.objects.update(is_paused=True, paused_because="credentials")
    waiting(due_at=timezone.now() - 60 * SECOND)
    doubt = waiting(**doubt_of(SECOND))
    [probe] = claim_probes()
    assert probe.invocation.pk == doubt


def test_the_answer_that_an_id_was_used_ends_a_pause(waiting, account, kaleyra_says):
    kaleyra_says(400, DUPLICATE)
    rate_limit.Pace.objects.create(account=account, probe_at=timezone.now())
    Account.objects.update(is_paused=True, paused_because="credentials")
    waiting(**doubt_of(SECOND))
    run_once()
    account.refresh_from_db()
    assert not account.is_paused and statuses() == ["accepted"]


def test_a_doubt_elsewhere_does_not_wait_for_a_message_to_todays_pod(
    in_doubt, account, workflow, other_pod
):
    move_account(account, other_pod, workflow)
    Invocation.objects.update(due_at=timezone.now() - SECOND)
    rate_limit.Pace.objects.update(failures=rate_limit.FAILURES, next_slot_at=None)
    [claim] = claim_due(30)
    store_outcome.store_outcomes([(claim, attempt.post(claim))])
    assert statuses() == ["accepted"]
    assert rate_limit.Pace.objects.get().failures == rate_limit.FAILURES
