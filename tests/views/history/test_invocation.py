"""One invocation's page: its status, its reasons, and what each person may see of it."""

import json
import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from invocations.history.reasons import REASONS
from invocations.history.statuses import ASKED_ABOUT, STATUSES
from invocations.history.steps import WAIT_FOR_RETRY
from invocations.kaleyra.payload import Send
from invocations.models import Attempt, Invocation, Parameter
from invocations.sending import pause
from invocations.sending.deliver import deliver
from invocations.sending.record import record
from tests.views.conftest import DIGITS, NUMBER, VALUES
from tests.views.history.invocation_page import page_of, revealed, text_of
from tests.views.pages import opened

ANOTHER_KEY = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="]
HOSTILE = '<script>alert(1)</script>"\'{{ 7 }}{% now "Y" %}\u202e'


@pytest.mark.parametrize("status", Invocation.Status.values)
def test_every_status_says_what_it_means_and_what_comes_next(
    ada, recorded, background_sender, status
):
    row = recorded()
    Invocation.objects.update(status=status, due_at=None, lease_until="2020-01-01T00:00Z")
    page = page_of(ada, row)
    text = text_of(page)
    assert str(STATUSES[status].says) in text
    expires_at = row.not_after.strftime("%H:%M")
    steps = [
        f"keeps trying until {expires_at}." if step == WAIT_FOR_RETRY else str(step)
        for step in STATUSES[status].next
    ]
    assert all(step in text for step in steps)
    button = {"queued": "Try now", "held": "Try now", "unknown": "Check safely"}.get(status)
    assert any(form.action.endswith("/try-again/") for form in page.forms) == bool(button)
    assert not button or button in text
    assert any(form.action.endswith("/cancel/") for form in page.forms) == (
        status in {"queued", "held"}
    )
    is_open = status in {"queued", "sending", "held"}
    assert ('hx-trigger="every' in page.html) == is_open
    assert ("?again=" in page.html) == (not is_open)


def test_an_unknown_outcome_that_is_asked_about_again_says_so_and_the_page_refreshes(
    priya, recorded, background_sender
):
    row, now = recorded(), timezone.now()
    Invocation.objects.update(status="unknown", doubtful_since=now, doubt_count=1)
    Invocation.objects.update(due_at=now + timedelta(minutes=1))
    page = page_of(priya, row)
    assert str(ASKED_ABOUT.next[0]) in text_of(page) and "Kaleyra is asked again at" in page.html
    Invocation.objects.update(due_at=now - timedelta(minutes=1))
    assert "Kaleyra is asked again when its turn comes." in page_of(priya, row).html
    assert 'hx-trigger="every' in page.html and "?again=" not in page.html


def test_a_message_with_a_later_start_is_scheduled(priya, recorded):
    row = recorded(not_before=timezone.now() + timedelta(hours=3))
    page = page_of(priya, row)
    assert ">Scheduled<" in page.html.replace("\n", "") and "Scheduled for" in page.html
    assert not any(form.action.endswith("/try-again/") for form in page.forms)
    history = opened(priya, "/history/").html
    assert ">Scheduled<" in history
    assert ">Not sent<" not in history and ">Not sent yet<" in history
    assert '<span class="quiet" aria-hidden="true">–</span>' in history, "one label is seen"


def test_the_time_of_a_scheduled_message_has_seconds_only_where_some_were_chosen(priya, recorded):
    whole = (timezone.now() + timedelta(hours=3)).replace(second=0, microsecond=0)
    said = text_of(page_of(priya, recorded(not_before=whole)))
    assert re.search(r"Scheduled for \d+ \w+ \d{4}, \d\d:\d\d\. Expires at [^:]*:\d\d\.", said)
    exact = recorded("203", not_before=whole + timedelta(seconds=30))
    assert re.search(r"Scheduled for [^:]*:\d\d:30\.", text_of(page_of(priya, exact)))


def test_a_message_past_its_time_cannot_be_checked(priya, recorded):
    row = recorded()
    Invocation.objects.update(status="unknown", due_at=None, not_after=timezone.now())
    page = page_of(priya, row)
    assert "so it is not checked any more" in page.html
    assert not any("/try-again/" in form.action for form in page.forms)


@pytest.mark.parametrize(
    "why",
    [
        "All sending is stopped.",
        "The account Acme is paused.",
        "The workflow Order delayed is paused.",
    ],
)
def test_the_page_says_what_is_paused(priya, recorded, workflow, account, why):
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


def test_a_refusal_is_shown_in_kaleyras_words_and_ours(priya, recorded):
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
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "{{ 7 }}" in html
    assert "{% now" in html


def test_an_answer_that_repeats_the_number_is_shown_without_it(ada, typed, kaleyra_says):
    sends = [Send(DIGITS, VALUES)] * 2
    row, _ = record(typed, sends, request_id=uuid.uuid4(), created_by=None)
    kaleyra_says(400, json.dumps({"success": False, "errors": [f"{DIGITS} is wrong"]}).encode())
    deliver(row.pk)
    assert "[number ending in 4581] is wrong" in text_of(page_of(ada, row))


def test_numbers_and_values_are_shown_by_permission(priya, ada, rosa, typed):
    row = record(
        typed,
        [Send(DIGITS, {"01": "Asha", "02": "b", "03": "c"})] * 2,
        request_id=uuid.uuid4(),
        created_by=None,
    )[0]
    for browser in (priya, rosa):
        html = page_of(browser, row).html
        assert "6123" not in html
        assert "Asha" in html
        assert "+91 •• •••• 4581" in html
        assert "masked for you" in html
    assert NUMBER not in page_of(ada, row).html
    assert NUMBER in revealed(ada, row)
    Permission.objects.get(codename="view_values").delete()
    page = page_of(priya, row)
    assert "Asha" not in page.html and "••••" in page.html and "?again=" not in page.html


def test_a_value_that_was_or_became_sensitive_is_masked_for_everybody(sven, typed):
    parameter = Parameter.objects.get(channel__position=1, key="01")
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
        [Send(DIGITS, {**VALUES, "#verification_code#": "81XXX23"})] * 2,
        request_id=uuid.uuid4(),
        created_by=None,
    )[0]
    assert "81XXX23" not in page_of(sven, row).html


def test_the_sent_message_is_shown_with_the_templates_at_the_time_of_sending(
    priya, recorded, workflow
):
    row = recorded()
    workflow.channels.filter(position=1).update(template_text="Bye {{1}}")
    html = page_of(priya, row).html
    assert "Hello <mark>Asha</mark>" in html and "Bye" not in html


def test_without_the_encryption_key_the_page_still_renders(priya, recorded, settings):
    row = recorded("400", note="a note")
    deliver(row.pk)
    settings.FIELD_ENCRYPTION_KEYS = ANOTHER_KEY
    text = text_of(page_of(priya, row))
    assert "cannot be decrypted any more" in text
    assert "(cannot be read any more)" in text
    assert "Asha" not in text
    assert priya.get("/history/").status_code == priya.get("/").status_code == 200
