"""What to do next, on one invocation's page, for the person who reads it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from invocations.models import Attempt, Invocation
from invocations.results import apply
from invocations.sending import pause
from tests.stored_results import store_result
from tests.views.history.invocation_page import make_unknown, next_steps_of, page_of, text_of


@pytest.mark.parametrize("columns", [{"status": "queued"}, {"status": "unknown"}])
def test_a_step_names_a_button_only_where_it_is_shown(
    priya, rosa, recorded, account, background_sender, columns
):
    row = recorded()
    make_unknown(row, **columns)
    step = "Press “Check safely”" if columns["status"] == "unknown" else "press “Try now”"
    assert step in next_steps_of(priya, row) and step not in next_steps_of(rosa, row)
    type(account).objects.update(is_paused=True, paused_reason="The contract is being renewed.")
    steps = next_steps_of(priya, row)
    assert step not in steps and "Once sending is resumed, " in steps
    assert "The account Acme is paused. The contract is being renewed." in steps


@pytest.mark.parametrize("is_paused", [False, True])
def test_checking_is_not_offered_after_its_time(priya, recorded, account, is_paused):
    row = recorded()
    make_unknown(row)
    Invocation.objects.update(created_at=timezone.now() - timedelta(days=2))
    type(account).objects.update(is_paused=is_paused)
    assert "Its time is over" in next_steps_of(priya, row)
    assert "“Check safely”" not in next_steps_of(priya, row)


def test_settling_is_suggested_by_permission(priya, ada, recorded):
    row = recorded()
    make_unknown(row)
    assert "if the message came, and record what happened" in next_steps_of(ada, row)
    assert "if the message came, and tell an admin" in next_steps_of(priya, row)


def test_permission_and_button_decide_the_steps_in_any_language(
    priya, rosa, ada, recorded, monkeypatch
):
    row = recorded()
    make_unknown(row)
    monkeypatch.setattr(translation._trans, "gettext", lambda text: f"[{text}]")
    steps = {client: next_steps_of(client, row) for client in (ada, priya, rosa)}
    assert "if the message came, and record what happened.]" in steps[ada]
    assert "and tell an admin.]" in steps[priya]
    assert "and record what happened.]" not in steps[priya]
    assert "[Press “Check safely”" in steps[priya] and "“Check safely”" not in steps[rosa]


def test_a_reviewer_reads_that_the_steps_are_for_senders(priya, rosa, recorded):
    row = recorded()
    make_unknown(row, status="rejected", reason="rejected")
    assert "the steps for those who may send" in next_steps_of(rosa, row)
    assert "the steps for those who may send" not in next_steps_of(priya, row)


def test_an_unknown_workflow_is_called_paused_only_while_it_is(ada, recorded, workflow):
    row = recorded()
    make_unknown(row, status="rejected", reason="no_such_workflow")
    assert "is paused" not in text_of(page_of(ada, row))
    pause.pause_workflow(workflow.pk, "no_such_workflow")
    assert f"The workflow {workflow.title} is paused" in next_steps_of(ada, row)


def test_an_accepted_repetition_is_not_described_as_somebody_elses(priya, recorded):
    row = recorded()
    make_unknown(row, status="accepted", reason="confirmed_by_duplicate")
    Attempt.objects.create(
        invocation=row, number=1, outcome="doubtful", reason="timeout", started_at=row.created_at
    )
    Attempt.objects.create(
        invocation=row,
        number=2,
        outcome="rejected",
        reason="id_used_before",
        started_at=row.created_at,
    )
    text = text_of(page_of(priya, row))
    assert "not by an attempt of ours" not in text and "this request ID was used before" in text


@pytest.fixture
def without_id(recorded, workflow):
    """Accepted without Kaleyra's ID: the answer was lost, and the repetition was refused."""
    row = recorded()
    type(workflow).objects.update(expects_callback=True)
    make_unknown(
        row,
        status="accepted",
        reason="confirmed_by_duplicate",
        delivery="awaiting",
        result_due_at=timezone.now(),
    )
    row.refresh_from_db()
    return row


def result_of(row, code="DELIVERED", number="919876543202"):
    """The result of `row`'s flow, under an ID that no answer named."""
    channel = {
        "createdAt": row.created_at.isoformat(),
        "to": number,
        "channel": "whatsapp",
        "statusCode": code,
    }
    body = {
        "workflowInvocationId": "4AhJXi67x999",
        "executionStatus": "COMPLETED",
        "result": {"channel1": channel},
    }
    return store_result(row.account, json.dumps(body).encode())


def test_a_message_without_kaleyras_id_says_where_its_result_may_be(priya, ada, without_id):
    assert "Kaleyra’s ID for it never came" in next_steps_of(priya, without_id)
    result_of(without_id, number="447700900123")
    assert "Kaleyra’s ID for it never came" in next_steps_of(priya, without_id)
    result_of(without_id)
    for client, by_an_admin in [(priya, True), (ada, False)]:
        steps = next_steps_of(client, without_id)
        assert "A result has come that may belong to this message" in steps
        assert ("An admin can say that it is" in steps) == by_an_admin


def test_a_result_matched_by_hand_names_the_person(priya, ada, admin_user, without_id):
    apply.match_by_hand(result_of(without_id), without_id, admin_user)
    page = page_of(priya, without_id)
    words = f"{admin_user.username} matched this result to the message by hand: no ID did."
    assert text_of(page).count(words) == 3, "in the summary, in the timeline, and in the ticket"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": "unknown"}, "Only once the customer says that nothing came:"),
        ({"status": "rejected", "reason": "rejected"}, "A new message, with a new request ID:"),
        (
            {"status": "accepted", "delivery": "completed", "deciding_channel": 1},
            "Does the customer want it once more?",
        ),
        (
            {"status": "accepted", "delivery": "completed", "deciding_channel": 0},
            "A new message, with a new request ID:",
        ),
        (
            {"status": "accepted", "delivery": "no_result"},
            "Only once the customer says that nothing came:",
        ),
    ],
)
def test_sending_again_says_what_to_find_out_first(priya, recorded, columns, words):
    row = recorded()
    Invocation.objects.update(due_at=None, **columns)
    steps = next_steps_of(priya, row)
    assert words in steps and steps.index(words) < steps.index("Send again with these values")
