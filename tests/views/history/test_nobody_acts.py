"""Pages about messages that wait promise nothing while nobody acts on them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import ApiKey, Invocation, Pace
from invocations.sending import pause
from tests.views.history.invocation_page import make_unknown, page_of, words_on
from tests.views.pages import words_of

PROMISES = [
    "keeps trying until",
    "asks Kaleyra again",
    "is asked again at",
    "asked again at",
    "Tried again at",
    "leaves by itself",
    "by itself",
    "Within a minute its status becomes",
]
SOON = timedelta(seconds=30)
STATES = {
    "queued": {"status": "queued"},
    "scheduled": {"status": "queued", "not_before": "2030-01-01T00:00Z"},
    "held": {"status": "held", "reason": "certificate", "due_at": None},
    "interrupted": {"status": "sending", "due_at": None, "lease_until": "2020-01-01T00:00Z"},
}


@pytest.fixture(params=[*STATES, "asked about"])
def waiting(request, recorded):
    """A message that the background sender would act on."""
    row = recorded()
    if request.param == "asked about":
        make_unknown(row, due_at=timezone.now() + SOON)
    else:
        Invocation.objects.filter(pk=row.pk).update(**STATES[request.param])
    return row


def pages(client, row):
    """Each page that says what becomes of it, as text, the ticket included."""
    side_panel = client.get(f"/history/{row.request_id}/beside/", headers={"HX-Request": "true"})
    found = {
        "page": words_on(client, row),
        "side panel": words_of(side_panel),
        "unknown": words_of(client.get("/unknown/")),
    }
    settling = client.get(f"/history/{row.request_id}/settle/")
    if settling.status_code == 200:
        found["settle"] = words_of(settling)
    return found


@pytest.mark.parametrize("is_stopped", [False, True])
def test_without_a_sender_no_page_promises_anything(ada, waiting, is_stopped):
    if is_stopped:
        pause.stop_everything("wrong price", None)
    for name, text in pages(ada, waiting).items():
        text = text.replace("This page changes by itself", "")
        assert not [promise for promise in PROMISES if promise in text], name
    page = pages(ada, waiting)["page"]
    assert "the background sender is not running" in page or "background sender runs" in page


def test_the_ticket_says_why_it_waits(priya, waiting):
    ticket = page_of(priya, waiting).text("ticket")
    assert "It waits: " in ticket and "the background sender is not running" in ticket


def test_an_admin_reads_the_command_and_others_whom_to_tell(ada, priya, recorded):
    row = recorded()
    assert "manage.py dispatch" in words_on(ada, row)
    assert "manage.py dispatch" not in words_on(priya, row)
    assert "Tell whoever runs the console." in words_on(priya, row)


def test_a_person_can_still_act_without_a_sender(priya, recorded):
    row = recorded()
    assert "press “Try now”" in words_on(priya, row)
    make_unknown(row, due_at=timezone.now() + SOON)
    assert "Press “Check safely”" in words_on(priya, row)


def test_with_an_open_circuit_what_waits_waits_for_one_to_get_through(
    priya, recorded, background_sender
):
    row = recorded()
    Pace.objects.update_or_create(
        account=row.account, defaults={"failures": 5, "wait_until": timezone.now() + SOON}
    )
    text = words_on(priya, row)
    assert "Acme cannot be reached" in text and "once one gets through" in text
    assert "keeps trying until" not in text
    make_unknown(row, due_at=timezone.now() + SOON)
    assert "asks Kaleyra again once a message gets through" in words_on(priya, row)
    assert "checked again once the account can be reached" in words_of(priya.get("/unknown/"))


def test_without_a_key_a_queued_message_is_not_said_to_leave(priya, recorded, background_sender):
    row = recorded()
    ApiKey.objects.all().delete()
    text = words_on(priya, row)
    assert "Nothing can be sent until an admin stores an API key." in text
    assert "keeps trying until" not in text


def test_while_all_runs_the_page_says_until_when_it_is_tried(priya, recorded, background_sender):
    row = recorded()
    assert f"the console keeps trying until {row.not_after:%H:%M}." in words_on(priya, row)
