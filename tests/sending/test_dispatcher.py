"""What goes on by itself: what was put off, what nobody delivered, what was interrupted, what is too late."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.models import Account, ApiKey, Attempt, Invocation, WorkflowInstance
from invocations.monitoring.sweep import run_once, sweep
from invocations.sending import ask_again, attempt, expiry, pause, rate_limit, store_outcome
from invocations.sending import record as sending
from invocations.sending.deliver import deliver
from invocations.sending.dispatcher import Dispatcher
from invocations.sending.due import accounts_with_work, claim_due, claim_probes, due_invocations

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)


@pytest.fixture
def waiting(recorded):
    """waiting(due_at=…): a row that has been due for a moment, with these columns."""

    def waiting(code="202", **columns):
        invocation = recorded(code)
        Invocation.objects.filter(pk=invocation.pk).update(
            **({"due_at": timezone.now() - SECOND} | columns)
        )
        return invocation.pk

    return waiting


def statuses():
    return list(Invocation.objects.order_by("id").values_list("status", flat=True))


# --- what is due ----------------------------------------------------------------------------------


def test_a_row_that_its_request_did_not_deliver_is_due_after_the_grace(recorded, account):
    invocation = recorded()
    assert not due_invocations(account)
    Invocation.objects.update(due_at=invocation.due_at - sending.GRACE)
    assert [row.pk for row in due_invocations(account)] == [
        invocation.pk
    ] and accounts_with_work() == [account]


def test_what_is_due_longest_comes_first(waiting, account):
    later, sooner = (
        waiting(due_at=timezone.now() - SECOND),
        waiting(due_at=timezone.now() - 5 * SECOND),
    )
    assert [row.pk for row in due_invocations(account)] == [sooner, later]


@pytest.mark.parametrize("status", sorted(set(Invocation.Status) - {"queued", "unknown"}))
def test_only_what_waits_is_due(waiting, account, status):
    waiting(status=status, lease_until=timezone.now() + SECOND)
    assert not due_invocations(account) and accounts_with_work() == []


@pytest.mark.parametrize("paused", [Account, WorkflowInstance])
def test_a_round_leaves_a_paused_account_and_a_paused_workflow_alone(waiting, receiver, paused):
    waiting()
    paused.objects.update(is_paused=True)
    assert run_once() == 0 and not receiver.received and not Attempt.objects.exists()


def test_a_round_leaves_what_waits_for_its_account_alone(waiting, account, receiver):
    waiting()
    account.pace = rate_limit.Pace.objects.create(
        account=account, wait_until=timezone.now() + 30 * SECOND
    )
    assert run_once() == 0 and not receiver.received


# --- a round --------------------------------------------------------------------------------------


def test_a_round_delivers_what_is_due(waiting, receiver):
    waiting()
    waiting("400")
    assert run_once() == 2 and statuses() == ["accepted", "rejected"]
    assert run_once() == 0 and len(receiver.received) == 2


def test_many_rows_leave_each_once_with_their_bytes(waiting, account, receiver):
    Account.objects.update(sends_per_second=1000)
    ids = [waiting() for _ in range(60)]
    assert run_once(width=8) == 60
    assert len(receiver.received) == len(set(receiver.accepted)) == 60
    sent = {item.body.decode() for item in receiver.received}
    assert sent == {row.payload for row in Invocation.objects.filter(pk__in=ids)}


def test_two_dispatchers_share_the_work(waiting, receiver):
    Account.objects.update(sends_per_second=1000)
    for _ in range(20):
        waiting()
    first, second = claim_due(12), claim_due(12)
    ours = [claim.invocation.pk for claim in first + second]
    assert len(first) == 12 and len(second) == 8 and len(set(ours)) == 20


def test_a_round_goes_on_after_a_dispatcher_that_did_not_come_back(waiting, receiver):
    waiting()
    assert len(claim_due(5)) == 1  # and then it died
    assert run_once() == 0 and statuses() == ["sending"]
    Invocation.objects.update(lease_until=timezone.now() - SECOND)
    assert run_once() == 2 and statuses() == ["accepted"]
    assert list(Attempt.objects.order_by("number").values_list("outcome", flat=True)) == [
        "doubtful",
        "accepted",
    ]


def test_what_was_claimed_and_not_begun_is_handed_back_when_it_is_told_to_stop(waiting, receiver):
    waiting()
    dispatcher = Dispatcher(sweep, width=1)
    dispatcher.stop()
    dispatcher._take(claim_due(5))
    dispatcher.run()
    assert statuses() == ["queued"] and not receiver.received
    assert Attempt.objects.get().reason == "handed_back" and Invocation.objects.get().due_at
    assert run_once() == 1 and statuses() == ["accepted"]


def test_what_an_account_waits_for_stops_the_rest_of_a_batch(waiting, kaleyra_says, account):
    Account.objects.update(sends_per_second=1000)
    kaleyra_says(429, retry_after="30")
    for _ in range(30):
        waiting()
    run_once(width=2)
    assert set(statuses()) == {"queued"}
    assert (
        Attempt.objects.filter(reason="asked_to_wait").count() <= 4
    )  # who was posting at that moment
    assert account.pace.wait_until > timezone.now() + 20 * SECOND


# --- doubt ----------------------------------------------------------------------------------------


def test_a_doubt_is_asked_about_again_with_the_same_id(waiting, kaleyra_says, receiver):
    waiting("499")  # counts it, and hangs up
    run_once()
    row = Invocation.objects.get()
    assert (
        row.status == "unknown"
        and not row.is_final
        and timezone.now() < row.due_at < timezone.now() + 4 * SECOND
    )
    Invocation.objects.update(due_at=timezone.now())
    run_once()
    row.refresh_from_db()
    assert (row.status, row.reason) == ("accepted", "confirmed_by_duplicate") and row.is_final
    assert receiver.accepted == [str(row.request_id)]


def test_where_the_policy_is_never_a_doubt_stays(waiting, receiver):
    Account.objects.update(retry_ambiguous="never")
    waiting("499")
    run_once()
    row = Invocation.objects.get()
    assert row.status == "unknown" and row.is_final and row.due_at is None
    assert run_once() == 0 and len(receiver.received) == 1


def test_it_asks_six_times_at_most(waiting, kaleyra_says):
    kaleyra_says(NoAnswer("timeout"))
    waiting()
    for asked in range(1, 7):
        rate_limit.Pace.objects.update(wait_until=None, failures=0)
        run_once()
        row = Invocation.objects.get()
        assert row.doubt_count == asked and row.is_final == (asked == 6)
        Invocation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    assert run_once() == 0


@pytest.mark.parametrize(
    "over", [{"doubtful_since": ask_again.SAME_ID_WINDOW}, {"not_after": timedelta(0)}]
)
def test_it_asks_no_more_once_its_window_is_over(waiting, receiver, over):
    past = {name: timezone.now() - age for name, age in over.items()}
    waiting(**{"status": "unknown", "doubtful_since": timezone.now(), "doubt_count": 1} | past)
    run_once()
    row = Invocation.objects.get()
    assert row.status == "unknown" and row.is_final and not receiver.received


# --- the set-up -----------------------------------------------------------------------------------


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
    assert (
        set(statuses()) == {"held", "queued"}
        and Attempt.objects.filter(reason="credentials").count() <= 4
    )
    assert caplog.text.count("is paused") == 1


def test_after_mending_all_go_on_with_their_ids(waiting, kaleyra_says, account, receiver):
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


def test_one_held_message_asks_after_a_while_whether_it_was_mended(
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
def test_an_account_without_held_messages_is_asked_about_with_what_is_due(
    waiting, account, receiver, left
):
    rate_limit.Pace.objects.create(account=account, probe_at=timezone.now())
    Account.objects.update(is_paused=True, paused_because="credentials")
    if left == "nothing, and then a new one":
        assert run_once() == 0
    waiting(
        **(
            {"status": "unknown", "doubtful_since": timezone.now(), "doubt_count": 1}
            if left == "in doubt"
            else {}
        )
    )
    run_once()
    account.refresh_from_db()
    assert not account.is_paused and statuses() == ["accepted"] and len(receiver.received) == 1


@pytest.mark.parametrize("answer", [503, 429, NotSent("refused")])
def test_a_probe_that_led_nowhere_is_followed_by_another(waiting, kaleyra_says, account, answer):
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


def test_a_probe_that_found_nothing_to_ask_with_is_not_lost(waiting, account):
    waiting()
    rate_limit.Pace.objects.create(
        account=account, probe_at=timezone.now(), wait_until=timezone.now() + 60 * SECOND
    )
    Account.objects.update(is_paused=True, paused_because="credentials")
    assert claim_probes() == []
    rate_limit.Pace.objects.update(wait_until=None)
    assert len(claim_probes()) == 1


def test_of_a_round_that_refuses_the_key_and_takes_it_the_last_word_holds(account, caplog):
    for reasons, is_paused in [
        (["credentials", "accepted"], False),
        (["accepted", "credentials", "timeout"], True),
    ]:
        rate_limit.update_from_attempts(account, [(reason, None) for reason in reasons])
        assert Account.objects.get().is_paused is is_paused
    assert caplog.text.count("is paused") == 1


def test_a_persons_pause_is_not_asked_about(waiting, account, receiver):
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


def test_an_alarm_is_raised_where_kaleyra_contradicts_itself(waiting, kaleyra_says, caplog):
    kaleyra_says(202, {"success": True, "requestId": "another", "executionStatus": "ACCEPTED"})
    waiting()
    run_once()
    assert statuses() == ["unknown"] and Invocation.objects.get().is_final
    assert "another_request" in caplog.text


def test_an_answer_that_could_not_be_written_in_time_is_written_before_anything_is_swept(
    waiting, account, monkeypatch
):
    """The database was away for longer than the lease: the dispatcher knows what came, and its own sweep must not say nobody does."""
    waiting()
    dispatcher = Dispatcher(sweep)
    [claim] = claim_due(1)
    dispatcher._unwritten = [(claim, attempt.post(claim))]
    Invocation.objects.update(lease_until=timezone.now() - SECOND)
    dispatcher._turn()
    assert statuses() == ["accepted"]


# --- pace -----------------------------------------------------------------------------------------


def test_all_processes_together_keep_the_rate(waiting, account):
    Account.objects.update(sends_per_second=4)
    for _ in range(20):
        waiting()
    with time_machine.travel(timezone.now(), tick=False):
        claims = claim_due(10) + claim_due(10)
    slots = sorted(claim.slot for claim in claims)
    assert len(slots) == 5  # the next second's, and no more
    assert all(timedelta(seconds=0.25) == later - slot for slot, later in pairwise(slots))


def test_a_receiver_that_is_down_is_asked_once_in_ten_seconds(
    waiting, kaleyra_says, account, caplog
):
    Account.objects.update(sends_per_second=1000)
    kaleyra_says(NotSent("refused"))
    for _ in range(40):
        waiting()
    run_once(width=4)
    made = Attempt.objects.filter(reason="refused").count()
    assert rate_limit.FAILURES <= made <= 40
    account.pace.refresh_from_db()
    assert account.pace.wait_until > timezone.now() and caplog.text.count("led nowhere") == 1
    Invocation.objects.update(due_at=timezone.now())
    account.pace.wait_until = None
    account.pace.save()
    assert len(claim_due(30)) == 1 and claim_due(30) == []


def test_after_it_was_down_the_rate_is_ramped_up(waiting, account):
    Account.objects.update(sends_per_second=100)
    pace = rate_limit.Pace.objects.create(account=account, failures=rate_limit.FAILURES)
    waiting()
    run_once()
    pace.refresh_from_db()
    account.refresh_from_db()
    now = pace.ramp_from
    assert pace.failures == 0 and pace.wait_until is None
    assert [
        rate_limit._rate(pace, account, now + part * rate_limit.RAMP) for part in (0, 0.5, 1, 2)
    ] == [10, 50, 100, 100]


# --- the brake ------------------------------------------------------------------------------------


def test_nothing_leaves_while_everything_is_stopped(waiting, recorded, receiver):
    waiting()
    pause.stop_everything("wrong text", None)
    assert run_once() == 0 and not deliver(recorded().pk)
    assert not receiver.received and not Attempt.objects.exists()
    pause.resume_everything(None)
    assert run_once() == 1


# --- time -----------------------------------------------------------------------------------------


def test_what_never_left_is_tried_until_its_time_is_over_and_then_expires(waiting, kaleyra_says):
    kaleyra_says(NotSent("refused"))
    waiting()
    for _ in range(3):
        assert run_once() == 1
        Invocation.objects.update(due_at=timezone.now())
    Invocation.objects.update(not_after=timezone.now())
    assert run_once() == 1
    row = Invocation.objects.get()
    assert (row.status, row.reason, row.due_at) == ("expired", "too_late", None) and row.final_at
    assert (
        set(row.attempts.values_list("outcome", flat=True)) == {"not_sent"}
        and row.attempts.count() == 3
    )


@pytest.mark.parametrize("status", sorted(set(Invocation.Status) - {"queued", "held"}))
def test_only_what_certainly_never_left_expires(waiting, status):
    waiting(status=status, lease_until=timezone.now() + SECOND, not_after=timezone.now() - SECOND)
    assert expiry.expire_overdue(timezone.now()) == 0 and statuses() == [status]


def test_a_message_does_not_leave_before_its_time(waiting, recorded, workflow, receiver):
    invocation = recorded(not_before=timezone.now() + timedelta(hours=1))
    assert not deliver(invocation.pk) and run_once() == 0 and not receiver.received
    assert invocation.due_at == invocation.not_before
    assert invocation.not_after == invocation.not_before + timedelta(minutes=240)


def test_a_passcode_is_not_sent_half_an_hour_late(recorded, workflow, receiver):
    workflow.channels.update(is_otp=True)
    invocation = recorded()
    assert invocation.not_after - invocation.created_at <= timedelta(minutes=10)
    Invocation.objects.update(not_after=timezone.now() - SECOND, due_at=timezone.now())
    assert run_once() == 1 and statuses() == ["expired"] and not receiver.received


def test_an_attempt_whose_lease_is_over_is_settled_as_unknown(waiting):
    now = timezone.now()
    over = waiting(status="sending", lease_until=now - SECOND, due_at=None)
    running = waiting(status="sending", lease_until=now + SECOND, due_at=None)
    for pk in [over, running]:
        Invocation.objects.get(pk=pk).attempts.create(number=1, started_at=now)
    assert expiry.settle_interrupted(now) == 1
    assert list(Invocation.objects.order_by("id").values_list("status", "reason")) == [
        ("unknown", "interrupted"),
        ("sending", ""),
    ]
    assert list(Invocation.objects.order_by("id").values_list("attempts__outcome", flat=True)) == [
        "doubtful",
        "under_way",
    ]
    assert expiry.settle_interrupted(now) == 0
    assert ApiKey.objects.get().last_refused_at is None
