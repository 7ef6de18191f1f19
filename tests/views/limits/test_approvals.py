"""The pages of approvals, from the press that asks to the press that decides."""

import pytest
from django.urls import reverse

from invocations.batches.approvals import ask
from invocations.models import Approval, Batch, WorkflowInstance
from tests.batches.built import checked_batch
from tests.conftest import signed_in
from tests.limited import NUMBER, OTHER, limit, list_number, live_workflow, send
from tests.views.pages import opened

pytestmark = pytest.mark.django_db
CHOICES = {"not_before": None, "not_after": None, "per_second": None, "reference": ""}


@pytest.fixture
def asked(ada):
    limit(approve_above=1)
    batch = checked_batch(live_workflow(), 3, created_by=ada.person)
    return ask(batch, ada.person, CHOICES)


def _page(approval):
    return reverse("approval", args=[approval.pk])


def test_start_asks_for_approval_and_the_button_says_so(ada):
    limit(approve_above=1)
    batch = checked_batch(live_workflow(), 3, created_by=ada.person)
    confirm = reverse("batch_confirm", args=[batch.uid])
    page = opened(ada, confirm)
    assert "Ask for approval of" in page.html
    form = next(form for form in page.forms if form.action == confirm and form.method == "post")
    answer = ada.post(confirm, {**form.fields, "when": "now"})
    approval = Approval.objects.get()
    assert answer.headers["Location"] == _page(approval)
    assert "Waiting for approval" in ada.get("/batches/").content.decode()
    assert "Withdraw the request" in ada.get(_page(approval)).content.decode()
    assert ada.get(reverse("batch", args=[batch.uid])).headers["Location"] == _page(approval)


def test_another_person_sees_it_masked_and_approves(sven, asked):
    assert _page(asked) in sven.get("/approvals/").content.decode()
    page = sven.get(_page(asked)).content.decode()
    assert "Approve and send" in page and "9198" not in page and "Asha" not in page
    sven.post(_page(asked), {"action": "approve"})
    assert Batch.objects.get().state == Batch.State.RUNNING
    assert "Approved" in sven.get(_page(asked)).content.decode()


def test_to_refuse_needs_a_reason_and_the_asker_reads_it(ada, sven, asked):
    assert sven.post(_page(asked), {"action": "refuse"}).status_code == 200
    sven.post(_page(asked), {"action": "refuse", "reason": "the price is wrong"})
    assert Batch.objects.get().state == Batch.State.CHECKED
    assert "the price is wrong" in ada.get(_page(asked)).content.decode()


def test_the_asker_cannot_approve_and_others_see_nothing(ada, priya, asked):
    ada.post(_page(asked), {"action": "approve"})
    assert Batch.objects.get().state == Batch.State.CHECKED
    assert priya.get(_page(asked)).status_code == 403
    assert _page(asked) not in priya.get("/approvals/").content.decode()
    ada.post(_page(asked), {"action": "withdraw"})
    assert Approval.objects.get().state == Approval.State.WITHDRAWN


def test_a_message_that_waits_says_so_and_has_no_button_to_send_it(ada):
    workflow = live_workflow()
    WorkflowInstance.objects.update(needs_approval=True)
    message = send(workflow, created_by=ada.person)
    page = ada.get(reverse("invocation", args=[message.request_id])).content.decode()
    assert "Waiting for approval" in page and "Try now" not in page and "Cancel it" in page
    assert _page(message.approval) in page
    assert message.recipient_hint in ada.get(_page(message.approval)).content.decode()


def test_what_waits_stands_on_the_home_of_who_may_approve_it(ada):
    WorkflowInstance.objects.filter(pk=live_workflow().pk).update(needs_approval=True)
    message = send(WorkflowInstance.objects.get(), created_by=ada.person)
    home = signed_in("anna", "Approver").get("/").content.decode()
    assert _page(message.approval) in home


def test_the_review_says_that_pressing_asks_for_approval(ada):
    workflow = live_workflow()
    WorkflowInstance.objects.update(needs_approval=True)
    page = opened(ada, reverse("compose", args=[workflow.pk]))
    form = next(one for one in page.forms if "recipient" in one)
    review = form.fill({"recipient": f"+{NUMBER}", "value1-01": "Asha"}).press(ada)
    assert "Ask for approval of 1 message" in review.content.decode()
    assert "Send 1 message" not in review.content.decode()


def test_the_send_form_says_why_a_number_or_a_cap_refuses(ada):
    workflow = live_workflow()
    list_number()
    limit(account_day=1)
    compose = reverse("compose", args=[workflow.pk])
    form = opened(ada, compose).forms
    fields = next(one for one in form if "recipient" in one)
    answer = fields.fill({"recipient": f"+{NUMBER}", "values-1-01": "Asha"}).press(ada)
    assert "do-not-contact list" in answer.content.decode()
    send(workflow, OTHER)
    answer = fields.fill({"recipient": "+919876543204"}).press(ada)
    assert "at most 1 messages in a day" in answer.content.decode()
