"""Stopping all sending, and resuming what is paused: who may, who sees it, and what follows."""

import re
from html import unescape

import pytest
from django.db import connection
from django.utils.html import strip_tags

from invocations.models import Account, ApiKey, Attempt, Invocation, KillSwitch, WorkflowInstance
from invocations.sending.pause import is_stopped, pause_workflow
from tests.many import messages, real_account, workflow_of
from tests.views.conftest import NUMBER
from tests.views.pages import confirm, opened, send_form


@pytest.fixture
def stopped(ada):
    ada.post("/stop/", {"reason": "A wrong text went out"})


def test_it_needs_a_reason(ada):
    assert "Fill this in" in ada.post("/stop/", {"reason": " "}).content.decode()
    assert not is_stopped()


@pytest.mark.parametrize("page", ["/", "/send/", "/history/", "/unknown/", "/me/"])
def test_every_page_shows_that_sending_is_stopped_and_why(priya, ada, workflow, stopped, page):
    assert "A wrong text went out" in opened(priya, page).html
    assert "/stop/" not in opened(priya, page).links and "/stop/" in opened(ada, page).links


def test_the_admin_pages_show_it_too(ada, workflow, stopped):
    html = opened(ada, "/invocations/account/").html
    assert "All sending is stopped" in html and "See the stop" in html


def test_it_is_not_shown_before_sign_in(client, stopped):
    assert "wrong text" not in client.get("/login/").content.decode()


def test_a_message_sent_meanwhile_is_recorded_and_waits(priya, typed, stopped, receiver):
    form = send_form(priya, typed).fill(
        recipient=NUMBER, **{"value1-01": "a", "value1-02": "b", "value1-03": "c"}
    )
    html = priya.get(
        confirm(priya, form.press(priya, "review")).headers["Location"]
    ).content.decode()
    assert "All sending is stopped." in html and "Queued" in html
    assert not receiver.received and not Attempt.objects.exists()


def test_who_stopped_and_resumed_sending_is_recorded(ada, stopped):
    assert is_stopped()
    html = ada.post("/stop/off/", follow=True).content.decode()
    assert not is_stopped() and "Sending is resumed. Nothing waits." in html
    assert [
        (change.is_on, change.changed_by) for change in KillSwitch.history.order_by("history_id")
    ] == [(True, ada.person), (False, ada.person)]
    assert "A wrong text went out" in html and "ada stopped and resumed." in html


# --- Paused accounts and workflows ----------------------------------------------------------------


def text_of(answer):
    return re.sub(r"\s+", " ", unescape(strip_tags(answer.content.decode())))


def resume_forms(browser, address):
    return [form for form in opened(browser, address).forms if form.action.endswith("/resume/")]


@pytest.fixture
def unknown_to_kaleyra(workflow):
    """Kaleyra knows no such workflow, so the console paused it."""
    pause_workflow(workflow.pk, "no_such_workflow")


def test_a_paused_workflow_is_resumed_from_its_banner_and_what_waited_is_due(
    ada, priya, workflow, unknown_to_kaleyra, background_sender
):
    messages(workflow, [{"status": "queued"}] * 2)
    assert "Kaleyra answered that Acme has no such workflow" in text_of(priya.get("/"))
    assert not resume_forms(priya, "/")
    [button] = resume_forms(ada, "/")
    assert "Fix this first. Otherwise the next refusal pauses it again." in text_of(ada.get("/"))
    assert "Fix this first." not in text_of(priya.get("/"))
    assert ", just now" in text_of(priya.get("/"))
    answer = ada.post(button.action, button.fields, follow=True)
    assert "Order delayed is resumed" in text_of(answer)
    assert "If Kaleyra refuses again, it is paused again." in text_of(answer)
    assert not WorkflowInstance.objects.get().is_paused
    assert "was not paused" in text_of(ada.post(button.action, follow=True))
    assert (
        WorkflowInstance.history.first().history_user,
        WorkflowInstance.history.first().history_change_reason,
    ) == (ada.person, "resumed")


def test_resuming_a_workflow_needs_the_permission_to_change_it(
    rosa, priya, workflow, unknown_to_kaleyra
):
    for browser in (rosa, priya):
        assert browser.post(f"/workflows/{workflow.pk}/resume/").status_code == 403
    assert WorkflowInstance.objects.get().is_paused


def test_a_workflow_whose_account_is_paused_too_does_not_yet_go_on(
    ada, workflow, unknown_to_kaleyra
):
    Account.objects.update(is_paused=True)
    said = text_of(ada.post(f"/workflows/{workflow.pk}/resume/", follow=True))
    assert "Its account Acme is still paused, so nothing leaves yet." in said
    assert not WorkflowInstance.objects.get().is_paused


def test_while_all_sending_is_stopped_resume_promises_nothing(ada, account, stopped):
    Account.objects.update(is_paused=True)
    assert "Messages leave once all sending is resumed." in text_of(
        ada.post(f"/accounts/{account.pk}/resume/", follow=True)
    )


@pytest.mark.parametrize(
    ("broken", "words"),
    [("no_key", "Store an API key"), ("unreadable_key", "Enter the API key again")],
)
def test_an_account_without_a_usable_key_stays_paused_and_the_fix_is_linked(
    ada, account, broken, words
):
    Account.objects.update(is_paused=True, paused_because="credentials")
    if broken == "no_key":
        ApiKey.objects.all().delete()
    else:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE invocations_apikey SET key = 'nothing that can be decrypted'")
    assert not resume_forms(ada, "/needs-you/") and words in text_of(ada.get("/needs-you/"))
    there = {"back": "/needs-you/"}
    answer = ada.post(f"/accounts/{account.pk}/resume/", there, follow=True)
    assert "Acme stays paused: the cause is not fixed yet." in text_of(answer)
    assert Account.objects.get().is_paused
    assert answer.content.decode().count(f">{words}</a>") == 2, "in its row, and beside the refusal"


@pytest.mark.parametrize(
    ("because", "says"),
    [
        ("credentials", "If Kaleyra refuses again, it is paused again."),
        ("", "Messages that are still in time leave now."),
    ],
)
def test_resume_promises_no_more_than_will_happen(ada, account, background_sender, because, says):
    Account.objects.update(is_paused=True, paused_because=because)
    assert (
        says
        in text_of(ada.post(f"/accounts/{account.pk}/resume/", follow=True)).partition(
            "Dashboard Today"
        )[0]
    )


def test_a_pause_by_the_console_is_not_recorded_as_the_senders(priya, ada, recorded, account):
    row = recorded("401")
    priya.post(f"/history/{row.request_id}/try-again/", {"status": "queued"})
    assert Account.objects.get().is_paused and Account.history.first().history_user is None
    ada.post(f"/accounts/{account.pk}/resume/")
    assert Account.history.first().history_user == ada.person


def test_resume_redirects_to_its_own_page_and_to_no_other_site(ada, recorded, account):
    there = f"/history/{recorded().request_id}/"
    Account.objects.update(is_paused=True)
    [button] = resume_forms(ada, there)
    assert ada.post(button.action, button.fields).headers["Location"] == there
    for elsewhere in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
    ):
        assert ada.post(button.action, {"back": elsewhere}).headers["Location"] == "/"


def test_the_page_of_a_message_offers_to_resume_its_account_and_workflow(
    ada, priya, recorded, workflow, account
):
    there = f"/history/{recorded().request_id}/"
    pause_workflow(workflow.pk, "no_such_workflow")
    Account.objects.update(is_paused=True)
    assert [form.action for form in resume_forms(ada, there)] == [
        f"/accounts/{account.pk}/resume/",
        f"/workflows/{workflow.pk}/resume/",
    ]
    assert "The workflow Order delayed is paused. Kaleyra answered" in text_of(priya.get(there))
    assert not resume_forms(priya, there)


def test_the_send_page_shows_both_pauses(priya, workflow):
    pause_workflow(workflow.pk, "no_such_workflow")
    Account.objects.update(is_paused=True, paused_reason="Stock-taking")
    said = text_of(priya.get(f"/send/{workflow.pk}/"))
    assert "The account Acme is paused (practice) Stock-taking" in said
    assert "The workflow Order delayed is paused" in said
    assert re.search(r"If this is not resumed by [\w ]*\d\d:\d\d, it is not sent.", said)
    assert "Workflow paused" in text_of(priya.get("/send/"))


def test_the_review_says_that_the_message_will_wait(ada, typed):
    pause_workflow(typed.pk, "no_such_workflow")
    form = send_form(ada, typed).fill(
        recipient=NUMBER, **{"value1-01": "a", "value1-02": "b", "value1-03": "c"}
    )
    answer = form.press(ada, "review")
    assert (
        "The workflow Typed is paused" in text_of(answer)
        and "/resume/" not in answer.content.decode()
    ), "what is typed would be lost"


def test_many_pauses_share_one_banner_and_each_has_its_own_fix(ada, priya, account, workflow):
    for n in range(3):
        other = real_account(f"Account {n}")
        ApiKey.objects.create(account=other, title="console", key="k" * 20, is_primary=True)
        messages(workflow_of(other, "Flow"), [{"status": "held"}, {"status": "queued"}])
    Account.objects.exclude(pk=account.pk).update(is_paused=True, paused_because="credentials")
    pause_workflow(workflow.pk, "no_such_workflow")
    answer = priya.get("/")
    assert answer.content.decode().count('class="banner') == 1
    assert "3 accounts and 1 workflow are paused – 6 messages wait" in text_of(answer)
    assert not resume_forms(priya, "/")
    assert len(resume_forms(ada, "/needs-you/")) == 4
    html = ada.get("/needs-you/").content.decode()
    assert html.count(">Check the API key, or replace it</a>") == 3


def test_the_counts_of_a_pause_link_to_exactly_these_messages(priya, account, workflow):
    messages(workflow, [{"status": "queued"}] * 3 + [{"status": "held"}] * 2)
    messages(workflow_of(real_account(), "Elsewhere"), [{"status": "queued"}, {"status": "held"}])
    Account.objects.filter(pk=account.pk).update(is_paused=True)
    [pause] = priya.get("/").context["paused"].pauses
    for waiting in (pause.queued, pause.held):
        assert len(priya.get(waiting.address).context["rows"]) == waiting.n
    assert Invocation.objects.count() == 7
