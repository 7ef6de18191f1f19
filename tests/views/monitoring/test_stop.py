"""The stop page: the same facts before and after, and no more than is known."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from invocations.models import Account, Attempt, Invocation
from invocations.monitoring.stop_facts import stop_facts
from invocations.sending import pause
from tests.many import messages, workflow_of
from tests.views.pages import opened, words_of

MINUTE = timedelta(minutes=1)


@pytest.fixture
def waiting(workflow):
    """Three that leave, one scheduled, one of a paused account, one on its way, one too late."""
    now = timezone.now()
    soon = {"status": "queued", "not_after": now + 90 * MINUTE}
    messages(
        workflow,
        [
            *[soon] * 3,
            soon | {"not_before": now + 60 * MINUTE},
            {"status": "queued", "not_after": now - MINUTE},
            {"status": "sending", "lease_until": now + MINUTE},
        ],
    )
    paused = Account.objects.create(
        title="Other", pod=workflow.account.pod, sid="HXOTHER01IN", is_paused=True
    )
    messages(workflow_of(paused, "Elsewhere"), [{"status": "queued"}])


def said_by(answer):
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def test_before_the_stop_it_says_what_happens_then(ada, waiting, background_sender):
    said = words_of(ada.get("/stop/"))
    assert "Within a second nothing leaves any more, on any account." in said
    assert "What staff send in the meantime waits, too. 5 wait now. 1 of them scheduled." in said
    assert "1 message right now." in said and "Resume all sending" not in said


def test_after_it_says_the_same_in_the_same_words_and_once(ada, waiting, background_sender):
    answer = ada.post("/stop/", {"reason": "Wrong price"}, follow=True)
    said = words_of(answer)
    assert said.count("All sending is stopped") == 2, "the banner, and the heading for readers"
    assert "Messages wait and leave when sending is resumed." in said
    assert "3 messages leave at once, in about 1 second." in said
    assert "1 is scheduled and leaves at its time." in said
    assert "1 waits on: its account or workflow is paused." in said
    assert "and 1 still without an answer" in said and "See the stop" not in said
    assert not said_by(answer), "one message instead of three"


def test_resuming_says_what_leaves_and_what_has_expired(ada, waiting, workflow, background_sender):
    pause.stop_everything("Wrong price", ada.person)
    gone = {"status": "expired", "reason": "too_late", "final_at": timezone.now()}
    messages(workflow, [gone] * 2)
    assert "2 have expired and do not leave." in words_of(ada.get("/stop/"))
    answer = ada.post("/stop/off/")
    assert said_by(answer) == "Sending is resumed. 3 messages leave now, 2 have expired."
    assert said_by(ada.post("/stop/off/")).endswith("Sending was not stopped.")


def test_without_a_sender_resuming_promises_nothing(ada, waiting):
    pause.stop_everything("Wrong price", ada.person)
    said = words_of(ada.get("/stop/"))
    assert "leave at once" not in said
    assert "leave once the background sender runs: it is not running." in said
    assert "leave now" not in said_by(ada.post("/stop/off/"))
    Account.objects.update(is_paused=True)
    account = Account.objects.first()
    ada.get("/")
    said = said_by(ada.post(f"/accounts/{account.pk}/resume/"))
    assert "it is not running" in said and "leave now" not in said


def test_what_was_on_its_way_is_counted_once_its_answer_is_there(ada, recorded):
    row = recorded()
    started = timezone.now() - timedelta(seconds=2)
    Attempt.objects.create(invocation=row, number=1, started_at=started, outcome="accepted")
    pause.stop_everything("Wrong price", ada.person)
    Invocation.objects.filter(pk=row.pk).update(status="accepted", final_at=timezone.now())
    switch = pause.KillSwitch.objects.get()
    assert stop_facts(timezone.now(), switch).went_out == 1


def test_a_stop_that_is_on_is_not_among_the_earlier_ones(ada, rosa, background_sender):
    pause.stop_everything("Test of the stop", ada.person)
    pause.resume_everything(rosa.person)
    pause.stop_everything("Wrong price", ada.person)
    earlier = words_of(ada.get("/stop/")).partition("Earlier stops")[2]
    assert "Test of the stop" in earlier and "ada stopped, rosa resumed." in earlier
    assert "Wrong price" not in earlier


def test_what_waits_is_listed_by_workflow_with_links_to_it(ada, waiting, workflow):
    assert "What waits Order" not in words_of(ada.get("/stop/"))
    pause.stop_everything("Wrong price", ada.person)
    page = opened(ada, "/stop/")
    assert f"/history/?status=queued&workflow={workflow.pk}" in page.links
    said = words_of(ada.get("/stop/"))
    assert "Order delayed 3 messages" in said and "Elsewhere 1 message" in said
    assert "Scheduled for" in said


def test_all_that_waits_is_cancelled_after_a_question_and_nothing_that_came_later(
    ada, waiting, workflow
):
    assert ada.get("/stop/cancel/").headers["Location"] == "/stop/"
    pause.stop_everything("Wrong price", ada.person)
    form = opened(ada, "/stop/cancel/").form("newest")
    assert "Cancel all 6 messages" in words_of(ada.get("/stop/cancel/"))
    messages(workflow, [{"status": "queued"}])
    answer = ada.post("/stop/cancel/", form.fields)
    assert said_by(answer) == "6 messages are cancelled."
    assert Invocation.objects.filter(status="queued").count() == 1
    assert Invocation.objects.filter(status="sending").count() == 1
    assert set(
        Invocation.objects.filter(status="cancelled").values_list("cancelled_by", flat=True)
    ) == {ada.person.pk}


def test_it_leads_to_pausing_a_part_and_says_how_long_it_takes(ada, waiting, background_sender):
    page = opened(ada, "/stop/")
    assert "/invocations/account/" in page.links and "Only a part of it?" in page.html
    pause.stop_everything("Wrong price", ada.person)
    Account.objects.update(sends_per_second=1)
    assert "3 messages leave at once, in about 3 seconds." in words_of(ada.get("/stop/"))
