"""An incident's text: what is wrong and what to do; the same under "Needs you" and by email."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.html import strip_tags

from invocations.models import ApiKey, Heartbeat, Incident, Pace
from invocations.models.viewer import Viewer
from invocations.monitoring import incident_emails
from invocations.monitoring.incident_text import words_of
from tests.many import messages, real_account, workflow_of

pytestmark = pytest.mark.django_db
SAID = "Recipient Asha 918061234581 is not valid"
OF_THE_ACCOUNT = ("unreachable", "paused")


@pytest.fixture
def flow(db):
    return workflow_of(real_account(), "Order delayed")


@pytest.fixture
def incident(flow):
    def incident(kind, reason="", of_the_account=None):
        now = timezone.now()
        of_the_account = kind in OF_THE_ACCOUNT if of_the_account is None else of_the_account
        named = {"account": flow.account, "workflow_instance": None if of_the_account else flow}
        return Incident.objects.create(
            kind=kind, reason=reason, opened_at=now, last_at=now, count=3, **named
        )

    return incident


EVERY = [
    ("refusals", SAID, False),
    ("refusals", "Workflow Instance … is not published.", False),
    ("paused", "credentials", True),
    ("paused", "certificate", True),
    ("paused", "no_such_workflow", False),
    ("unreachable", "", True),
    ("unknown", "", False),
    ("no_results", "", False),
]


@pytest.mark.parametrize(("kind", "reason", "of_the_account"), EVERY)
def test_the_list_and_the_mail_say_the_same_and_what_to_do(
    ada, incident, settings, kind, reason, of_the_account
):
    settings.ALERT_EMAILS, settings.CONSOLE_URL = ["ops@example.com"], "https://console.example.com"
    Heartbeat.objects.create(pk=1, at=timezone.now())  # the background sender sends the emails
    words = words_of(incident(kind, reason, of_the_account), Viewer.operator())
    incident_emails.send_due_emails(timezone.now()).join()
    [sent] = mail.outbox
    page = re.sub(r"\s+", " ", unescape(strip_tags(ada.get("/needs-you/").content.decode())))
    assert words.says and words.next and words.title in sent.body
    assert words.says in sent.body
    assert f"What to do: {words.next}" in sent.body
    # What is paused has a row of its own (tests/views/monitoring/test_needs_you.py).
    assert words.next in page or kind == "paused"
    assert "Asha" not in sent.body
    assert "918061234581" not in sent.body
    assert "published" not in sent.body.partition("What to do")[0]


@pytest.mark.parametrize(
    ("kind", "reason", "columns"),
    [
        (
            "refusals",
            "Recipient … is not valid",
            {"status": "rejected", "error_kind": "Recipient … is not valid"},
        ),
        ("no_results", "", {"status": "accepted", "delivery": "no_result"}),
        ("unknown", "", {"status": "unknown"}),
        ("paused", "no_such_workflow", {"status": "queued"}),
    ],
)
def test_it_leads_to_the_messages_it_is_about(priya, flow, incident, kind, reason, columns):
    other = workflow_of(flow.account, "Another")
    earlier = {"created_at": timezone.now() - timedelta(minutes=50)}
    messages(
        flow,
        [
            {**columns, **earlier},
            columns,
            {"status": "accepted"},
            {"status": "rejected", "error_kind": "something else"},
        ],
    )
    messages(other, [columns])
    assert (
        len(
            priya.get(words_of(incident(kind, reason, False), Viewer.operator()).address).context[
                "rows"
            ]
        )
        == 2
    )


def test_a_pauses_incident_names_what_mends_it(incident):
    account = incident("paused", "credentials")
    assert account.account.api_keys.count() == 0
    assert words_of(account, Viewer.operator()).next.startswith("Store an API key.")
    assert (
        "Check the workflow ID"
        in words_of(
            incident("paused", "no_such_workflow", of_the_account=False), Viewer.operator()
        ).next
    )


@pytest.mark.parametrize(
    ("kind", "reason", "of_the_account"),
    [each for each in EVERY if each[0] not in ("refusals", "unreachable")],
)
def test_who_lacks_the_right_is_told_whom_to_ask_and_reads_of_no_button(
    priya, ada, flow, incident, kind, reason, of_the_account
):
    ApiKey.objects.create(account=flow.account, title="console", key="k" * 20, is_primary=True)
    one = incident(kind, reason, of_the_account)
    to_support, to_an_admin = (words_of(one, Viewer.of(each.person)).next for each in (priya, ada))
    assert "sk an admin" in to_support
    assert "Resume" not in to_support
    assert "Check this key" not in to_support
    assert "admin" not in to_an_admin


def test_while_it_is_paused_no_incident_speaks_of_checking(ada, flow, incident):
    one = incident("unknown")
    assert "Check safely" in words_of(one, Viewer.of(ada.person)).next
    assert "Check safely" not in words_of(one, Viewer.of(ada.person), is_stopped=True).next
    one.workflow_instance.is_paused = True
    assert "While it is paused none can be checked." in words_of(one, Viewer.of(ada.person)).next
    assert "Each of these" in words_of(one, Viewer.operator()).says, "there are three"


def test_an_unreachable_account_is_said_to_be_tried_only_while_something_tries_it(ada, incident):
    one, ada = incident("unreachable"), Viewer.of(ada.person)
    assert "one is tried every 10 seconds" in words_of(one, ada).says
    idle = words_of(one, ada, has_sender=False)
    assert "Nothing is tried: the background sender is not running." in idle.says
    assert "every 10 seconds" not in idle.says and "Wait" not in idle.next
    assert "while sending is stopped" in words_of(one, ada, is_stopped=True).says
    one.account.is_paused = True
    assert "while the account is paused" in words_of(one, ada).says


def test_no_account_is_said_to_be_resumed_in_time_without_a_background_sender(ada, flow, incident):
    one = incident("paused", "credentials")
    for_ada = Viewer.of(ada.person)
    assert "within five minutes" in words_of(one, for_ada).next
    assert words_of(one, for_ada, has_sender=False).next == (
        "Store an API key. It is resumed once the background sender runs again."
    )
    ApiKey.objects.create(account=flow.account, title="console", key="k" * 20, is_primary=True)
    keyed = Incident.objects.get(pk=one.pk)
    assert words_of(keyed, for_ada, has_sender=False).next == (
        "Check the API key, or replace it. Then press “Resume the account” under “Needs you”."
    )


def test_the_list_promises_no_attempts_while_no_background_sender_runs(ada, incident):
    incident("unreachable")
    html = ada.get("/needs-you/").content.decode()
    assert "Nothing is tried: the background sender is not running." in html
    assert "every 10 seconds" not in html
    Heartbeat.objects.create(pk=1, at=timezone.now())
    assert "one is tried every 10 seconds" in ada.get("/needs-you/").content.decode()


def test_each_is_a_row_with_what_to_do(ada, flow, incident):
    Pace.objects.create(account=flow.account)
    ApiKey.objects.create(account=flow.account, title="console", key="k" * 20, is_primary=True)
    for kind, reason, of_the_account in EVERY[:2] + EVERY[5:]:
        incident(kind, reason, of_the_account)
    needs = ada.get("/needs-you/").context["needs"]
    assert len(needs) == 5 and all(need.says and need.button for need in needs)


def test_more_incidents_than_the_list_holds_are_said(rosa, flow, incident):
    for n in range(8):
        incident("refusals", f"kind {n}")
    assert "2 more are open, for longer than these." in rosa.get("/").content.decode()
