"""A message in doubt is posted to its own host, SID and workflow ID alone, whatever was changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import (
    Account,
    ApiKey,
    Attempt,
    Invocation,
    Pod,
    WorkflowInstance,
)
from invocations.monitoring.sweep import run_once
from invocations.sending import attempt, pause, store_outcome, targets
from invocations.sending.deliver import deliver
from invocations.sending.due import claim_probes
from invocations.sending.outcomes import Status

from .moves import (
    edit_sid,
    edit_workflow_id,
    enter_keys_again,
    forget_targets,
    move_account,
    move_and_edit_all,
    paths,
    targets_claim,
)

pytestmark = pytest.mark.django_db(transaction=True)


CHANGES = [move_account, edit_sid, edit_workflow_id, move_and_edit_all]
change = pytest.mark.parametrize("change", CHANGES, ids=lambda function: function.__name__)


@change
def test_check_safely_asks_where_the_message_was_posted(
    in_doubt, account, workflow, receiver, elsewhere, other_pod, change
):
    first = paths(receiver)
    change(account, other_pod, workflow)
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    assert elsewhere.received == [] and paths(receiver) == first * 2
    in_doubt.refresh_from_db()
    assert (in_doubt.status, in_doubt.reason) == ("accepted", "confirmed_by_duplicate")


@change
def test_the_dispatcher_asks_where_the_message_was_posted(
    in_doubt, account, workflow, receiver, elsewhere, other_pod, change
):
    first = paths(receiver)
    change(account, other_pod, workflow)
    Invocation.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    run_once()
    assert elsewhere.received == [] and paths(receiver) == first * 2
    in_doubt.refresh_from_db()
    assert in_doubt.status == "accepted"


@change
def test_a_message_that_has_not_left_follows(
    recorded, account, workflow, receiver, elsewhere, other_pod, change
):
    row = recorded()
    change(account, other_pod, workflow)
    enter_keys_again()
    deliver(row.pk)
    row.refresh_from_db()
    [attempt] = row.attempts.all()
    now = WorkflowInstance.objects.select_related("account__pod").get(pk=workflow.pk)
    assert row.target == attempt.target
    assert row.target.parts == targets.current_parts(now)
    [path] = paths(receiver) + paths(elsewhere)
    assert row.target.url.endswith(path)


def test_a_refused_message_follows_too_and_each_attempt_keeps_its_own(
    recorded, account, workflow, other_pod, elsewhere, receiver, kaleyra_says
):
    row = recorded()
    kaleyra_says(401)
    deliver(row.pk)
    kaleyra_says.stop()
    move_account(account, other_pod, workflow)
    enter_keys_again()
    pause.resume(Account.objects.get())
    deliver(row.pk, starting_from=Status.HELD)
    hosts = [attempt.target.api_domain for attempt in row.attempts.order_by("number")]
    assert hosts == [receiver.api_domain, elsewhere.api_domain]
    assert elsewhere.accepted == [str(row.request_id)]


def test_a_pod_that_is_gone_leaves_it_unknown(in_doubt, account, workflow, receiver, other_pod):
    asked = len(receiver.received)
    Pod.objects.filter(pk=account.pod_id).update(api_domain="127.0.0.1:9")
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    in_doubt.refresh_from_db()
    assert (in_doubt.status, in_doubt.reason) == ("unknown", "own_host_gone")
    assert in_doubt.due_at is None and len(receiver.received) == asked
    assert not Account.objects.get().is_paused


def test_the_host_may_come_back(in_doubt, account, receiver, other_pod, workflow):
    move_account(account, other_pod, workflow)
    host = account.pod.api_domain
    account.pod.delete()
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    Pod.objects.create(code="BACK", title="Back", api_domain=host)
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    in_doubt.refresh_from_db()
    assert in_doubt.status == "accepted"


def test_a_key_that_was_entered_for_another_sid_is_not_used(
    in_doubt, account, workflow, receiver, other_pod
):
    asked = len(receiver.received)
    edit_sid(account, other_pod, workflow)
    key = ApiKey.objects.get()
    key.key = "practice-a-key-of-the-other-sid-0001"
    key.save()
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    in_doubt.refresh_from_db()
    assert (in_doubt.status, in_doubt.reason) == ("unknown", "own_key_gone")
    assert len(receiver.received) == asked


def test_another_account_with_that_sid_lends_its_key(
    in_doubt, account, workflow, receiver, other_pod
):
    test_a_key_that_was_entered_for_another_sid_is_not_used(
        in_doubt, account, workflow, receiver, other_pod
    )
    heir = Account.objects.create(title="Heir", pod=account.pod, sid=account.sid)
    key = "practice-the-key-of-the-heir-0c0fe99"
    heirs = ApiKey.objects.create(account=heir, title="console", key=key, is_primary=True)
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    in_doubt.refresh_from_db()
    assert in_doubt.status == "accepted"
    assert in_doubt.attempts.order_by("number").last().api_key_id == heirs.pk


def test_a_replaced_key_of_the_same_sid_is_used(in_doubt, account):
    key = ApiKey.objects.get()
    key.key = "practice-a-newer-key-of-the-sid-0002"
    key.save()
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    in_doubt.refresh_from_db()
    assert in_doubt.status == "accepted"
    assert [row.api_key_last_four for row in in_doubt.attempts.order_by("number")] == [
        "c0fe",
        "0002",
    ]


@pytest.mark.parametrize("status", [401, 404, 500, 429])
def test_an_answer_of_an_earlier_target_pauses_and_slows_nothing(
    in_doubt, account, workflow, other_pod, kaleyra_says, status
):
    move_account(account, other_pod, workflow)
    Account.objects.update(is_paused=False)
    kaleyra_says(status, Retry_After="50")
    before = list(Account.objects.values("pace__failures", "pace__wait_until"))
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    assert Attempt.objects.count() == 2
    assert not Account.objects.get().is_paused
    assert not WorkflowInstance.objects.get().is_paused
    assert list(Account.objects.values("pace__failures", "pace__wait_until")) == before
    in_doubt.refresh_from_db()
    assert in_doubt.status == "unknown"


def test_an_answer_of_an_earlier_target_does_not_resume_the_account(
    in_doubt, account, workflow, other_pod
):
    move_account(account, other_pod, workflow)
    claim = targets_claim(in_doubt)
    Account.objects.update(is_paused=True, paused_because="credentials")
    store_outcome.store_outcomes([(claim, attempt.post(claim))])
    in_doubt.refresh_from_db()
    assert in_doubt.status == "accepted" and Account.objects.get().is_paused


def test_a_probe_goes_to_todays_set_up(in_doubt, recorded, account, workflow, other_pod, elsewhere):
    """Else the account would stay paused, whatever the earlier target answers."""
    move_account(account, other_pod, workflow)
    Account.objects.update(is_paused=True, paused_because="credentials")
    account.pace.probe_at = timezone.now() - timedelta(seconds=1)
    account.pace.next_slot_at = None
    account.pace.save()
    Invocation.objects.update(due_at=timezone.now() - timedelta(seconds=9))
    waiting = recorded()
    Invocation.objects.filter(pk=waiting.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    [claim] = claim_probes()
    assert claim.invocation.pk == waiting.pk and claim.target.api_domain == elsewhere.api_domain


def test_a_row_without_a_target_is_asked_where_the_history_says(
    in_doubt, account, workflow, receiver, elsewhere, other_pod
):
    """As a process of the version before leaves it."""
    first = paths(receiver)
    forget_targets()
    saved = WorkflowInstance.objects.get()
    saved.workflow_instance_id = "edited"
    saved.save()
    moved = Account.objects.get()
    moved.pod = other_pod
    moved.save()
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    in_doubt.refresh_from_db()
    assert in_doubt.status == "accepted" and not in_doubt.target.is_assumed
    assert paths(receiver) == first * 2 and elsewhere.received == []


def test_a_row_whose_target_the_history_does_not_show_is_posted_nowhere(
    in_doubt, account, workflow, receiver, elsewhere, other_pod
):
    asked = len(receiver.received)
    forget_targets()
    Account.history.all().delete()
    moved = Account.objects.get()
    moved.pod = other_pod
    moved.save()  # the first entry: it does not show the pod before
    deliver(in_doubt.pk, starting_from=Status.UNKNOWN)
    in_doubt.refresh_from_db()
    assert (in_doubt.status, in_doubt.reason) == ("unknown", "own_target_unknown")
    assert elsewhere.received == [] and len(receiver.received) == asked


# --- a change of the set-up -----------------------------------------------------------------------


def test_follow_moves_what_waits_and_nothing_else(in_doubt, recorded, account, workflow, other_pod):
    waiting, held, gone = recorded("202"), recorded("203"), recorded("204")
    Invocation.objects.filter(pk=held.pk).update(status="held")
    Invocation.objects.filter(pk=gone.pk).update(status="cancelled")
    move_and_edit_all(account, other_pod, workflow)
    assert targets.follow(account) == 2
    edited = set(Invocation.objects.filter(target__workflow_instance_id="edited"))
    assert edited == {waiting, held}
    assert targets.follow(account) == 0


def test_a_claim_that_was_committed_before_the_change_goes_where_it_says(
    recorded, account, workflow, other_pod, receiver, elsewhere
):
    claim = targets_claim(recorded())
    move_and_edit_all(account, other_pod, workflow)
    assert targets.follow(account) == 0
    store_outcome.store_outcomes([(claim, attempt.post(claim))])
    row = Invocation.objects.get()
    assert row.status == "accepted" and receiver.accepted and not elsewhere.received
    assert row.target.url.endswith(paths(receiver)[0])
