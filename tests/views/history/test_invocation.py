"""One invocation's page, and trying again from it."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.history.meanings import ASKED_ABOUT, STATUSES
from invocations.history.reasons import REASONS
from invocations.kaleyra.connection import NoAnswer
from invocations.kaleyra.payload import Send
from invocations.models import Attempt, Invocation, Parameter
from invocations.monitoring import sweep
from invocations.sending import pause
from invocations.sending.deliver import deliver
from invocations.sending.record import record
from tests.views.conftest import DIGITS, NUMBER
from tests.views.history.invocation_page import asked_about, page_of, press, text_of, todo
from tests.views.pages import opened

ANOTHER_KEY = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="]
HOSTILE = '<script>alert(1)</script>"\'{{ 7 }}{% now "Y" %}\u202e'


@pytest.mark.parametrize("status", Invocation.Status.values)
def test_every_status_says_what_it_means_and_what_comes_next(ada, recorded, status):
    row = recorded()
    Invocation.objects.update(status=status, due_at=None, lease_until="2020-01-01T00:00Z")
    page = page_of(ada, row)
    text = text_of(page)
    assert str(STATUSES[status].says) in text and all(
        str(step) in text for step in STATUSES[status].next
    )
    button = {"queued": "Try now", "held": "Try now", "unknown": "Check safely"}.get(status)
    assert any(form.action.endswith("/try-again/") for form in page.forms) == bool(button) and (
        not button or button in text
    )
    assert any(form.action.endswith("/cancel/") for form in page.forms) == (
        status in {"queued", "held"}
    )
    is_open = status in {"queued", "sending", "held"}
    assert ('hx-trigger="every' in page.html) == is_open and ("?again=" in page.html) == (
        not is_open
    )


def test_a_doubt_that_is_still_asked_about_says_so_and_goes_on_looking(priya, recorded):
    row = recorded()
    Invocation.objects.update(status="unknown", doubtful_since=timezone.now(), doubt_count=1)
    page = page_of(priya, row)
    assert str(ASKED_ABOUT.next[0]) in text_of(page) and "Asked again at" in page.html
    assert 'hx-trigger="every' in page.html and "?again=" not in page.html


def test_what_has_its_time_before_it_is_scheduled(priya, recorded):
    row = recorded(not_before=timezone.now() + timedelta(hours=3))
    page = page_of(priya, row)
    assert ">Scheduled<" in page.html.replace("\n", "") and "Not to leave before" in page.html
    assert not any(form.action.endswith("/try-again/") for form in page.forms)
    assert ">Scheduled<" in opened(priya, "/history/").html


def test_what_is_over_is_not_checked_any_more(priya, recorded):
    row = recorded()
    Invocation.objects.update(status="unknown", due_at=None, not_after=timezone.now())
    page = page_of(priya, row)
    assert "not asked about with its ID any more" in page.html and not any(
        "/try-again/" in form.action for form in page.forms
    )


@pytest.mark.parametrize(
    "why",
    [
        "All sending is stopped.",
        "The account Acme is paused.",
        "The workflow Order delayed is paused.",
    ],
)
def test_what_keeps_it_back_is_said(priya, recorded, workflow, account, why):
    row = recorded()
    if "workflow" in why:
        type(workflow).objects.update(is_paused=True)
    elif "account" in why:
        type(account).objects.update(is_paused=True)
    else:
        pause.stop_everything("wrong text", None)
    assert why in text_of(page_of(priya, row))


def test_every_reason_has_its_words(priya, recorded):
    row = recorded()
    Attempt.objects.create(
        invocation=row, number=1, started_at="2026-01-01T00:00Z", outcome="doubtful"
    )
    for reason, words in REASONS.items():
        if reason == "accepted":
            continue
        Invocation.objects.update(status="unknown", reason=reason)
        assert str(words) in text_of(page_of(priya, row)), reason


def test_a_refusal_is_told_in_kaleyras_words_and_ours(priya, recorded):
    row = recorded("400")
    deliver(row.pk)
    text = text_of(page_of(priya, row))
    assert "is not published." in text and "somebody is editing it" in text and "HTTP 400" in text


def test_a_hostile_answer_is_inert(priya, recorded, kaleyra_says):
    row = recorded()
    kaleyra_says(
        400,
        {
            "success": False,
            "executionStatus": "REJECTED",
            "message": HOSTILE,
            "errors": [HOSTILE, {"a": HOSTILE}, None],
            "workflowInvocationId": HOSTILE,
        },
    )
    deliver(row.pk)
    html = page_of(priya, row).html
    assert (
        "<script>alert" not in html
        and "&lt;script&gt;alert(1)" in html
        and "{{ 7 }}" in html
        and "{% now" in html
    )


def test_numbers_and_values_are_shown_by_right(priya, ada, rosa, typed):
    row = record(
        typed,
        [Send(DIGITS, {"01": "Asha", "02": "b", "03": "c"})] * 2,
        request_id=uuid.uuid4(),
        created_by=None,
    )[0]
    for browser in (priya, rosa):
        html = page_of(browser, row).html
        assert (
            "6123" not in html
            and "Asha" in html
            and "+91 •• •••• 4581" in html
            and "masked for you" in html
        )
    assert NUMBER in page_of(ada, row).html
    priya.person.groups.get().permissions.get(codename="view_values").delete()
    page = page_of(priya, row)
    assert "Asha" not in page.html and "••••" in page.html and "?again=" not in page.html


def test_a_value_that_was_or_became_sensitive_is_dots_for_everybody(sven, typed):
    parameter = Parameter.objects.get(channel__position=1, key="01")
    row = None
    for then, now in [(True, False), (False, True)]:
        Parameter.objects.filter(pk=parameter.pk).update(is_sensitive=then)
        row = record(
            typed,
            [Send(DIGITS, {"01": "4711", "02": "b", "03": "c"})] * 2,
            request_id=uuid.uuid4(),
            created_by=None,
        )[0]
        Parameter.objects.filter(pk=parameter.pk).update(is_sensitive=now)
        assert "4711" not in page_of(sven, row).html


def test_a_verification_code_is_never_shown(sven, typed):
    row = record(
        typed,
        [Send(DIGITS, {"#verification_code#": "81XXX23"})] * 2,
        request_id=uuid.uuid4(),
        created_by=None,
    )[0]
    assert "81XXX23" not in page_of(sven, row).html


def test_what_was_sent_is_shown_with_the_texts_of_then(priya, recorded, workflow):
    row = recorded()
    workflow.channels.filter(position=1).update(template_text="Bye {{1}}")
    html = page_of(priya, row).html
    assert "Hello <mark>Asha</mark>" in html and "Bye" not in html


def test_with_another_encryption_key_the_page_still_stands(priya, recorded, settings):
    row = recorded("400", note="a note")
    deliver(row.pk)
    settings.FIELD_ENCRYPTION_KEYS = ANOTHER_KEY
    text = text_of(page_of(priya, row))
    assert (
        "cannot be decrypted any more" in text
        and "(cannot be read any more)" in text
        and "Asha" not in text
    )
    assert priya.get("/history/").status_code == priya.get("/").status_code == 200


# --- trying again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["queued", "held"])
def test_trying_now_sends_once_a_click_and_with_the_same_id(priya, recorded, receiver, status):
    row = recorded()
    Invocation.objects.update(status=status)
    button = press(priya, row)
    button()
    assert receiver.accepted == [str(row.request_id)]
    assert "moved on in the meantime. Nothing was sent." in button() and len(receiver.received) == 1
    row.refresh_from_db()
    assert row.status == "accepted"


def test_checking_safely_asks_once_with_the_same_bytes(priya, recorded, receiver):
    row = recorded("499")  # accepted, but the connection is reset
    deliver(row.pk)
    row.refresh_from_db()
    assert row.status == "unknown"
    press(priya, row)()
    row.refresh_from_db()
    assert (row.status, row.reason) == ("accepted", "confirmed_by_duplicate")
    assert (
        receiver.accepted == [str(row.request_id)]
        and len({request.body for request in receiver.received}) == 1
    )


def test_an_unknown_one_stays_unknown_when_nobody_answers(priya, recorded, kaleyra_says):
    row = recorded()
    kaleyra_says(NoAnswer("timeout"))
    deliver(row.pk)
    press(priya, row)()
    row.refresh_from_db()
    assert row.status == "unknown" and row.attempts.count() == 2


def test_what_moved_on_since_the_page_was_shown_is_not_sent(priya, recorded, receiver):
    row = recorded()
    button = press(priya, row)
    Invocation.objects.update(status="held")
    assert "Nothing was sent" in button() and not receiver.received


@pytest.mark.parametrize(
    "status", ["accepted", "rejected", "sending", "expired", "cancelled", "nonsense", ""]
)
def test_no_other_status_can_be_tried_again(priya, recorded, receiver, status):
    row = recorded()
    if status in Invocation.Status.values:
        Invocation.objects.update(status=status, lease_until="2030-01-01T00:00Z")
    priya.post(f"/history/{row.request_id}/try-again/", {"status": status})
    assert not receiver.received and not Attempt.objects.exists()


def test_a_paused_account_sends_nothing(priya, recorded, receiver, account):
    row = recorded()
    button = press(priya, row)
    type(account).objects.update(is_paused=True)
    assert "The account Acme is paused. Nothing was sent." in button() and not receiver.received


def test_only_who_may_send_the_workflow_tries_again(priya, rosa, recorded, receiver, workflow):
    row = recorded()
    assert (
        rosa.post(f"/history/{row.request_id}/try-again/", {"status": "queued"}).status_code == 403
    )
    workflow.is_active = False
    workflow.save()
    assert (
        priya.post(f"/history/{row.request_id}/try-again/", {"status": "queued"}).status_code == 403
    )
    assert (
        not [form for form in page_of(priya, row).forms if form.action.endswith("/try-again/")]
        and not receiver.received
    )


def test_an_answer_that_repeats_the_number_is_shown_without_it(ada, typed, kaleyra_says):
    row = record(typed, [Send(DIGITS, {"01": "a"})] * 2, request_id=uuid.uuid4(), created_by=None)[
        0
    ]
    kaleyra_says(400, json.dumps({"success": False, "errors": [f"{DIGITS} is wrong"]}).encode())
    deliver(row.pk)
    assert "[number ending in 4581] is wrong" in text_of(page_of(ada, row))


# --- what to do next ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [{"status": "queued"}, {"status": "unknown"}])
def test_a_step_names_the_button_only_where_it_is(priya, rosa, recorded, account, columns):
    row = recorded()
    asked_about(row, **columns)
    named = "Press “Check safely”" if columns["status"] == "unknown" else "press “Try now”"
    assert named in todo(priya, row) and named not in todo(rosa, row)
    type(account).objects.update(is_paused=True, paused_reason="The contract is being renewed.")
    told = todo(priya, row)
    assert named not in told and "Once sending goes on, " in told
    assert "The account Acme is paused. The contract is being renewed." in told


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_question_that_is_over_is_not_offered(priya, recorded, account, is_paused):
    row = recorded()
    asked_about(row)
    Invocation.objects.update(created_at=timezone.now() - timedelta(days=2))
    type(account).objects.update(is_paused=is_paused)
    assert "Its time is over" in todo(priya, row) and "“Check safely”" not in todo(priya, row)


def test_who_may_settle_is_told_to_and_the_others_whom_to_ask(priya, ada, recorded):
    row = recorded()
    asked_about(row)
    assert "whether a message came, and settle it" in todo(
        ada, row
    ) and "have an admin settle it" in todo(priya, row)


def test_who_only_reads_is_told_whose_steps_these_are(priya, rosa, recorded):
    row = recorded()
    asked_about(row, status="rejected", reason="rejected")
    assert "the steps of whoever may send" in todo(
        rosa, row
    ) and "the steps of whoever may send" not in todo(priya, row)


def test_a_workflow_that_kaleyra_does_not_know_is_called_paused_only_while_it_is(
    ada, recorded, workflow
):
    row = recorded()
    asked_about(row, status="rejected", reason="no_such_workflow")
    assert "is paused" not in text_of(page_of(ada, row))
    pause.pause_workflow(workflow.pk, "no_such_workflow")
    assert f"The workflow {workflow.title} is paused" in todo(ada, row)


def test_an_attempt_that_was_the_repetition_is_not_told_as_somebody_elses(priya, recorded):
    row = recorded()
    asked_about(row, status="accepted", reason="confirmed_by_duplicate")
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


# --- cancelling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["queued", "held"])
def test_what_has_not_left_can_be_cancelled_and_never_leaves(priya, recorded, receiver, status):
    row = recorded()
    Invocation.objects.update(status=status)
    form = next(form for form in page_of(priya, row).forms if form.action.endswith("/cancel/"))
    assert (
        "Cancelled. Nothing was sent"
        in priya.post(form.action, form.fields, follow=True).content.decode()
    )
    row.refresh_from_db()
    assert (row.status, row.cancelled_by, row.due_at) == (
        "cancelled",
        priya.person,
        None,
    ) and row.final_at
    assert "priya cancelled it." in text_of(page_of(priya, row))
    Invocation.objects.update(due_at=timezone.now())
    assert sweep.run_once(2) == 0 and not receiver.received


@pytest.mark.parametrize("status", sorted(set(Invocation.Status) - {"queued", "held"}))
def test_nothing_else_can_be_cancelled(priya, recorded, status):
    row = recorded()
    Invocation.objects.update(status=status, lease_until="2030-01-01T00:00Z")
    html = priya.post(f"/history/{row.request_id}/cancel/", follow=True).content.decode()
    assert "could not be cancelled" in html and Invocation.objects.get().status == status
