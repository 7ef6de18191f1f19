"""A change between practice and live makes what was tested or live there a draft again."""

import html

import pytest
from django.utils import timezone

from invocations.models import Account, Pod, WorkflowInstance
from tests.admin.pages import messages_of
from tests.admin.test_change_history import said
from tests.admin.test_target_change import address_of
from tests.views.pages import Page, opened, words_of

pytestmark = pytest.mark.django_db
BEFORE = "1 workflow is tested or live: a change between practice and live makes it a draft."
AFTER = "1 workflow is a draft again, for its account changed between practice and live."


@pytest.fixture(autouse=True)
def tested(workflow):
    """The practice account has a workflow that is live and was tested, and one never tested."""
    WorkflowInstance.objects.update(tested_version=1, tested_at=timezone.now())
    WorkflowInstance.objects.create(
        account=workflow.account, title="New", workflow_instance_id="new", stage="draft"
    )


def change(browser, record, **values):
    form = next(form for form in opened(browser, address_of(record)).forms if "title" in form)
    return browser.post(address_of(record), {**form.fields, **values}, follow=True)


def kept_test(workflow):
    workflow.refresh_from_db()
    return workflow.stage, workflow.tested_version, workflow.tested_at


@pytest.mark.parametrize("stage", ["tested", "live"])
@pytest.mark.parametrize("what", ["region of the account", "host of the region"])
def test_it_is_told_before_and_after_and_in_the_changes(
    ada, account, workflow, what, stage, settings
):
    settings.EXTRA_API_DOMAINS = ["api.xx.kaleyra.io"]
    WorkflowInstance.objects.filter(pk=workflow.pk).update(stage=stage)
    record, values = {
        "region of the account": (account, {"pod": Pod.objects.get(code="IN").pk}),
        "host of the region": (account.pod, {"api_domain": "api.xx.kaleyra.io"}),
    }[what]
    before = html.unescape(ada.get(address_of(record)).content.decode())
    assert BEFORE in before and "cannot be used until it is entered again" in before
    assert AFTER in messages_of(change(ada, record, **values))
    assert kept_test(workflow) == ("draft", None, None)
    reason = "its account has changed between practice and live"
    assert f"The console set Order delayed back to draft: {reason}" in said(ada)


def test_a_change_from_live_to_practice_does_the_same(ada, account, workflow):
    Account.objects.update(pod=Pod.objects.get(code="IN"))
    assert AFTER in messages_of(change(ada, account, pod=account.pod_id))
    assert kept_test(workflow) == ("draft", None, None)


def test_a_change_of_region_within_practice_leaves_the_stage(ada, account, workflow):
    other = Pod.objects.create(code="OTHER", title="Other", api_domain="127.0.0.1:2")
    assert "draft again" not in messages_of(change(ada, account, pod=other.pk))
    assert kept_test(workflow)[:2] == ("live", 1)


def test_a_draft_that_was_tested_once_is_tested_no_more(ada, account, workflow):
    WorkflowInstance.objects.update(stage="draft")
    change(ada, account, pod=Pod.objects.get(code="IN").pk)
    assert kept_test(workflow) == ("draft", None, None)


# --- a workflow that is moved to another account --------------------------------------------------


@pytest.fixture
def at_kaleyra(db):
    pod = Pod.objects.get(code="IN")
    return Account.objects.create(title="Acme India", pod=pod, sid="HXAP1600000097IN")


def test_a_live_one_that_moves_to_the_other_kind_asks_first_and_is_a_draft(
    ada, workflow, at_kaleyra
):
    page = opened(ada, address_of(workflow))
    assert "A change between practice and live makes it a draft again." in page.html
    form = page.form("title")
    page = Page(ada.post(address_of(workflow), {**form.fields, "account": at_kaleyra.pk}))
    assert "so the workflow becomes a draft" in page.html and "Acme India" in page.html
    assert kept_test(workflow)[0] == "live" and workflow.account_id != at_kaleyra.pk
    asked = page.form("reason").fill({"reason": "The flow is published"})
    answer = ada.post(address_of(workflow), asked.fields, follow=True)
    assert "It is a draft again, for its account changed" in words_of(answer)
    assert kept_test(workflow) == ("draft", None, None) and workflow.account_id == at_kaleyra.pk
    assert "The console set Order delayed back to draft: its account has changed" in said(ada)


def test_a_tested_one_that_moves_to_the_other_kind_is_told_the_reason(ada, workflow, at_kaleyra):
    WorkflowInstance.objects.filter(pk=workflow.pk).update(stage="tested")
    form = opened(ada, address_of(workflow)).form("title")
    ada.post(address_of(workflow), {**form.fields, "account": at_kaleyra.pk})
    assert kept_test(workflow) == ("draft", None, None)
    assert "back to draft: its account has changed between practice and live" in said(ada)
