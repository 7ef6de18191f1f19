"""What is paused: since when, by whom and why, what waits for it, and where it is mended."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import Account, ApiKey, KillSwitch, WorkflowInstance
from invocations.models.reading import WHOLE
from invocations.monitoring import pause_overview, pauses
from invocations.sending import rate_limit
from invocations.sending.pause import pause_workflow, resume, resume_workflow
from tests.many import messages, real_account, workflow_of

pytestmark = pytest.mark.django_db


def only():
    [pause] = pauses.all_pauses(WHOLE).pauses
    return pause


def test_nothing_is_paused(workflow):
    with CaptureQueriesContext(connection) as queries:
        assert pauses.all_pauses(WHOLE) == pause_overview.PauseOverview()
    assert len(queries) == 2, "every look at the dashboard asks this"


def test_an_account_that_the_console_paused(account):
    rate_limit.update_from_attempts(account, [("credentials", None)])
    pause = only()
    assert (pause.title, pause.because, pause.by) == (
        "The account Acme is paused",
        "credentials",
        "",
    )
    assert "Kaleyra refused the API key" in pause.why and pause.since <= timezone.now()
    assert pause.mend.label == "Check the API key, or replace it"
    assert str(account.primary_key.pk) in pause.mend.address


def test_an_account_that_a_person_paused(ada, account):
    account.is_paused, account.paused_reason, account._history_user = (
        True,
        "Stock-taking",
        ada.person,
    )
    account.save()
    assert (only().why, only().by, only().because) == ("Stock-taking", "ada", "")
    assert only().mend.label == "Open the account"


def test_a_workflow_that_kaleyra_does_not_know_and_one_that_a_person_paused(ada, workflow):
    pause_workflow(workflow.pk, "no_such_workflow")
    assert "Kaleyra answered that Acme has no such workflow" in only().why
    assert only().mend.label == "Check the workflow ID"
    resume_workflow(workflow)
    workflow.is_paused, workflow._history_user = True, ada.person
    workflow.save()
    assert only().why == "ada paused it, and gave no reason." and only().because == ""


@pytest.mark.parametrize(
    ("reason", "label"),
    [
        ("key", "Enter the API key again"),
        ("certificate", "Check the region’s host"),
        ("redirect", "Check the region’s host"),
    ],
)
def test_the_cure_is_where_the_cause_is(account, reason, label):
    rate_limit.update_from_attempts(account, [(reason, None)])
    assert only().mend.label == label


def test_without_a_usable_key_the_cure_is_a_key_and_it_cannot_be_resumed(account):
    rate_limit.update_from_attempts(account, [("credentials", None)])
    assert only().resume == f"/accounts/{account.pk}/resume/"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_apikey SET key = 'nothing that can be decrypted'")
    assert (only().key_trouble, only().mend.label, only().resume) == (
        "unreadable_key",
        "Enter the API key again",
        "",
    )
    ApiKey.objects.all().delete()
    assert (only().key_trouble, only().mend.label, only().resume) == (
        "no_key",
        "Store an API key",
        "",
    )


def test_what_else_is_missing_is_said_with_a_persons_reason(account):
    Account.objects.update(is_paused=True, paused_reason="Stock-taking.")
    ApiKey.objects.all().delete()
    assert only().why == "Stock-taking. The account has no primary API key."
    assert only().mend.label == "Store an API key"


def test_since_when_is_told_by_the_version_that_began_it(account):
    rate_limit.update_from_attempts(account, [("credentials", None)])
    resume(account)
    rate_limit.update_from_attempts(account, [("credentials", None)])
    begun = Account.history.latest("history_id")
    account.refresh_from_db()
    account.title = "Acme India"
    account.save()  # a change while it is paused begins nothing
    assert only().since == begun.history_date


def test_a_pause_that_nobody_wrote_down_has_no_beginning(account):
    Account.objects.update(is_paused=True)
    assert (only().since, only().by, only().why) == (None, "", "")


def test_what_waits_is_counted_for_each_and_once_for_all(account, workflow):
    other = workflow_of(account, "Another")
    now = timezone.now()
    messages(
        workflow,
        [
            {"status": status, "created_at": now - timedelta(hours=n)}
            for n, status in enumerate(("queued", "held", "rejected"))
        ],
    )
    messages(other, [{"status": "queued"}, {"status": "accepted"}])
    messages(workflow_of(real_account(), "Elsewhere"), [{"status": "queued"}])
    Account.objects.filter(pk=account.pk).update(is_paused=True)
    WorkflowInstance.objects.filter(pk=workflow.pk).update(is_paused=True)
    found = pauses.all_pauses(WHOLE)
    assert [(pause.kind, pause.queued.n, pause.held.n) for pause in found.pauses] == [
        ("account", 2, 1),
        ("workflow", 1, 1),
    ]
    assert found.pauses[0].oldest == now - timedelta(hours=1)
    assert found.title == "1 account and 1 workflow are paused – 3 messages wait"


def test_many_are_not_counted_to_the_end(account, workflow, monkeypatch):
    monkeypatch.setattr(pauses, "MAX_WAITING_COUNTED", 2)
    messages(workflow, [{"status": "queued"}] * 3)
    Account.objects.update(is_paused=True)
    assert pauses.all_pauses(WHOLE).title == "1 account is paused – at least 2 messages wait"


@pytest.mark.parametrize(("waits", "shown"), [([], 0), ([{"status": "queued"}], 1)])
def test_a_workflow_that_is_off_counts_only_while_something_waits_for_it(workflow, waits, shown):
    messages(workflow, waits)
    WorkflowInstance.objects.update(is_paused=True, is_active=False)
    assert len(pauses.all_pauses(WHOLE).pauses) == shown


def test_what_keeps_a_message_back_the_widest_first(ada, account, workflow):
    assert pauses.blocking_pauses(account, workflow) == []
    KillSwitch.objects.create(pk=1, is_on=True, changed_by=ada.person)
    account.is_paused, workflow.is_paused = True, True
    found = pauses.blocking_pauses(account, workflow)
    assert [pause.kind for pause in found] == ["everything", "account", "workflow"]
    assert found[0].by == "ada" and found[0].told == "All sending is stopped."


def test_how_often_the_database_is_asked_does_not_grow_with_what_is_paused(account):
    counts = []
    for n in range(2):
        for k in range(3):
            other = real_account(f"Account {n}{k}")
            ApiKey.objects.create(account=other, title="console", key="k" * 20, is_primary=True)
            messages(workflow_of(other, "Flow", is_paused=True), [{"status": "queued"}])
        Account.objects.update(is_paused=True)
        with CaptureQueriesContext(connection) as queries:
            pauses.all_pauses(WHOLE)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9
