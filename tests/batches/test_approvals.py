"""A second person approves: never one's own, once, within a day, and only what was asked."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.utils import timezone

from invocations.batches import approvals, mending
from invocations.batches.approval_rules import NeedsApproval, content_of
from invocations.batches.approvals import Decision
from invocations.batches.start import start
from invocations.models import (
    Account,
    Approval,
    Batch,
    Channel,
    Invocation,
    TrailRow,
    WorkflowInstance,
)
from invocations.models.viewer import Viewer
from invocations.monitoring import approval_emails
from invocations.monitoring.needs import needs_you
from invocations.sending import decisions
from invocations.sending.deliver import deliver
from invocations.sending.schedule import change_time, may_change_time
from tests.batches.built import checked_batch
from tests.limited import limit, live_workflow, send
from tests.sending.test_once import at_once

pytestmark = pytest.mark.django_db
State, Status = Approval.State, Invocation.Status
CHOICES = {"not_before": None, "not_after": None, "per_second": 5, "reference": "CARE-1"}


def _asked(by, **options):
    limit(approve_above=2)
    batch = checked_batch(live_workflow(), 3, created_by=by, **options)
    with pytest.raises(NeedsApproval):
        start(batch, by, **CHOICES)
    return batch, approvals.ask(batch, by, CHOICES)


def _asked_message(by):
    WorkflowInstance.objects.filter(pk=(workflow := live_workflow()).pk).update(needs_approval=True)
    message = send(workflow, created_by=by)
    return message, message.approval


def test_a_small_batch_starts_at_once_and_a_larger_one_does_not(ada):
    limit(approve_above=3)
    workflow = live_workflow()
    assert start(checked_batch(workflow, 3, created_by=ada.person), ada.person)
    with pytest.raises(NeedsApproval):  # not from the command line either
        start(checked_batch(workflow, 4), None)


def test_a_batch_of_a_marked_workflow_needs_approval_whatever_its_size(ada):
    workflow = live_workflow()
    WorkflowInstance.objects.update(needs_approval=True)
    with pytest.raises(NeedsApproval):
        start(checked_batch(workflow, 1), ada.person)


def test_practice_needs_none(workflow):
    limit(approve_above=0)
    WorkflowInstance.objects.update(needs_approval=True)
    assert start(checked_batch(workflow, 3), None)


def test_what_is_approved_starts_by_itself_as_it_was_to_start(ada, sven):
    batch, approval = _asked(ada.person)
    assert approvals.approve(approval, sven.person) is Decision.DONE
    batch.refresh_from_db()
    approval.refresh_from_db()
    assert (batch.state, batch.started_by, batch.per_second) == ("running", ada.person, 5)
    assert (approval.state, approval.decided_by) == (State.APPROVED, sven.person)
    assert list(
        TrailRow.objects.filter(about_kind="batch", verb__startswith="appr")
        .order_by("id")
        .values_list("verb", flat=True)
    ) == ["approval_asked", "approved"]


def test_nobody_approves_their_own_and_none_without_the_right(ada, sven, priya):
    batch, approval = _asked(ada.person)
    Approval.objects.update(asked_by=sven.person)  # who brought the file is another
    approval.refresh_from_db()
    for person in (ada.person, sven.person, priya.person):
        assert approvals.approve(approval, person) is Decision.OWN
        assert approvals.refuse(approval, person, "no") is Decision.OWN
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED


def test_nobody_approves_with_a_second_account_of_theirs(ada, client):
    second = User.objects.create_user("ada2", password="x", is_staff=True, email="Ada@example.com")
    second.groups.add(Group.objects.get(name="Approver"))
    User.objects.filter(pk=ada.person.pk).update(email="ada@example.com")
    _batch, approval = _asked(User.objects.get(pk=ada.person.pk))
    assert approvals.approve(approval, second) is Decision.MAYBE_OWN
    User.objects.filter(pk=second.pk).update(email="other@example.com")
    address = f"/auth/user/{second.pk}/password/"
    new = {"password1": "long enough to be good", "password2": "long enough to be good"}
    assert ada.post(address, new | {"usable_password": "true"}).status_code == 302
    second = User.objects.get(pk=second.pk)
    client.force_login(second)
    assert "cannot approve it yet" in client.get(f"/approvals/{approval.pk}/").content.decode()
    assert approvals.approve(approval, second) is Decision.MAYBE_OWN
    old = {"old_password": new["password1"], "new_password1": "only I know this one"}
    client.post("/password_change/", old | {"new_password2": "only I know this one"})
    assert approvals.approve(approval, User.objects.get(pk=second.pk)) is Decision.DONE


def test_what_was_approved_keeps_its_time(ada, sven):
    WorkflowInstance.objects.filter(pk=(workflow := live_workflow()).pk).update(needs_approval=True)
    leaves = timezone.now() + timedelta(hours=2)
    message = send(workflow, created_by=ada.person, not_before=leaves)
    assert approvals.approve(message.approval, sven.person) is Decision.DONE
    message.refresh_from_db()
    assert not may_change_time(message)
    assert not change_time(message, leaves + timedelta(hours=1), ada.person, acknowledged=[])
    given = ada.get(f"/history/{message.request_id}/time/", follow=True).content.decode()
    assert "It was approved for its time" in given


def test_what_is_kept_for_groups_is_not_approved_from_outside_them(ada, sven, client):
    batch, approval = _asked(ada.person)
    approver = User.objects.create_user("lena", is_staff=True, email="lena@example.com")
    approver.groups.add(Group.objects.get(name="Approver"))
    batch.workflow.groups.add(Group.objects.create(name="Ops"))
    client.force_login(approver)
    assert client.get(f"/approvals/{approval.pk}/").status_code == 404
    assert batch.workflow.title not in client.get("/approvals/").content.decode()
    assert batch.workflow.title not in client.get("/needs-you/").content.decode()
    assert approvals.approve(approval, approver) is Decision.OWN
    assert approval_emails.send_due_emails(timezone.now()) is None  # nobody may be told


def test_after_a_day_it_lapses(ada, sven, monkeypatch):
    _batch, approval = _asked(ada.person)
    later = timezone.now() + timedelta(hours=24, seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert approvals.approve(approval, sven.person) is Decision.GONE
    approval.refresh_from_db()
    assert approval.state == State.LAPSED
    assert TrailRow.objects.filter(verb="approval_lapsed", about_kind="batch").count() == 1


def _mended(batch):
    mending.mend_cells(batch, {(2, 1): "Ben"})


def _left_out(batch):
    mending.leave_out(batch, [2])


def _other_text(batch):
    Channel.objects.update(template_text="Bye {#var#}")


def _other_account(batch):
    WorkflowInstance.objects.update(
        account=Account.objects.create(title="B", pod=batch.account.pod, sid="HX0000000002IN")
    )


def _off(batch):
    WorkflowInstance.objects.update(is_active=False)


@pytest.mark.parametrize("change", [_mended, _left_out, _other_text, _other_account, _off])
def test_any_change_makes_it_void(ada, sven, change):
    batch, approval = _asked(ada.person)
    change(Batch.objects.select_related("workflow", "account").get(pk=batch.pk))
    assert approvals.refresh(timezone.now()) == 1
    assert approvals.approve(approval, sven.person) is Decision.GONE
    approval.refresh_from_db()
    batch.refresh_from_db()
    assert approval.state == State.VOID and batch.state not in Batch.STARTED


def test_a_change_between_the_look_and_the_press_makes_it_void(ada, sven, monkeypatch):
    batch, approval = _asked(ada.person)
    monkeypatch.setattr(approvals, "refresh", lambda now: 0)
    _mended(Batch.objects.get(pk=batch.pk))
    assert approvals.approve(approval, sven.person) is Decision.VOID
    approval.refresh_from_db()
    assert approval.state == State.VOID and approval.decided_by is None


def test_to_ask_twice_is_to_ask_once_and_after_a_change_anew(ada):
    batch, approval = _asked(ada.person)
    assert approvals.ask(batch, ada.person, CHOICES) == approval
    _mended(batch)
    batch.refresh_from_db()
    assert approvals.ask(batch, ada.person, CHOICES).content == content_of(batch)
    assert [each.state for each in Approval.objects.order_by("id")] == [State.VOID, State.OPEN]


def test_a_refused_batch_stays_and_who_asked_can_withdraw(ada, sven):
    batch, approval = _asked(ada.person)
    assert approvals.refuse(approval, sven.person, "wrong price") is Decision.DONE
    assert approvals.approve(approval, sven.person) is Decision.GONE
    again = approvals.ask(batch, ada.person, CHOICES)
    assert not approvals.withdraw(again, sven.person)
    assert approvals.withdraw(again, ada.person)
    assert approvals.approve(again, sven.person) is Decision.GONE
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED
    told = TrailRow.objects.filter(verb__in=["refused", "approval_withdrawn"]).order_by("id")
    assert list(told.values_list("verb", "who_name")) == [
        ("refused", "sven"),
        ("approval_withdrawn", "ada"),
    ]


@pytest.mark.django_db(transaction=True)
def test_of_many_decisions_at_once_one_holds(ada, sven):
    batch, approval = _asked(ada.person)
    turns = iter(range(20))

    def decide():
        if next(turns) % 2:
            return approvals.approve(approval, sven.person)
        return approvals.refuse(approval, sven.person, "no")

    assert at_once(20, decide).count(Decision.DONE) == 1
    batch.refresh_from_db()
    approval.refresh_from_db()
    assert (approval.state == State.APPROVED) == (batch.state == Batch.State.RUNNING)


# --- single messages ------------------------------------------------------------------------------


def test_a_message_waits_and_leaves_once_it_is_approved(ada, sven):
    message, approval = _asked_message(ada.person)
    assert (message.status, message.due_at) == (Status.HELD, None)
    assert not deliver(message.pk) and not deliver(message.pk, starting_from=Status.HELD)
    assert approvals.approve(approval, ada.person) is Decision.OWN
    assert approvals.approve(approval, sven.person) is Decision.DONE
    message.refresh_from_db()
    assert message.status == Status.QUEUED and message.due_at


def test_a_refused_message_ends_and_so_does_one_whose_workflow_changed(ada, sven):
    message, approval = _asked_message(ada.person)
    assert approvals.refuse(approval, sven.person, "no") is Decision.DONE
    message.refresh_from_db()
    assert (message.status, message.reason) == (Status.CANCELLED, "approval_refused")
    other = send(message.workflow_instance, created_by=ada.person)
    _other_text(None)
    assert approvals.approve(other.approval, sven.person) is Decision.GONE
    other.refresh_from_db()
    assert (other.status, other.reason) == (Status.CANCELLED, "approval_void")


def test_a_message_that_was_cancelled_waits_for_nobody(ada, sven):
    message, approval = _asked_message(ada.person)
    assert decisions.cancel(message, ada.person)
    assert approvals.refresh(timezone.now()) == 1
    assert approvals.approve(approval, sven.person) is Decision.GONE


# --- who is told ----------------------------------------------------------------------------------


def test_approvers_are_told_once_by_email_and_on_their_home_and_the_asker_is_not(ada, sven):
    for client in (ada, sven):
        client.person.email = f"{client.person.username}@example.com"
        client.person.save()
    _asked(ada.person)
    thread = approval_emails.send_due_emails(timezone.now())
    thread.join()
    assert approval_emails.send_due_emails(timezone.now()) is None
    assert [each.bcc for each in mail.outbox] == [["sven@example.com"]]
    assert "9198" not in mail.outbox[0].body

    def causes(client):
        needs = needs_you(Viewer.of(client.person), timezone.now())
        return [need for need in needs if need.cause.startswith("approval:")]

    assert len(causes(sven)) == 1 and not causes(ada)
