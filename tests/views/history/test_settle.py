"""A person ends an unknown outcome, and leaves a trace of who and how."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation, Settlement
from tests.views.pages import opened

WORDS = "She read it out to me on the phone."


@pytest.fixture
def unknown(recorded):
    row = recorded()
    Invocation.objects.update(
        status="unknown",
        reason="timeout",
        due_at=None,
        doubtful_since=timezone.now(),
        doubt_count=1,
    )
    return row


def settle(client, row, **answers):
    return client.post(f"/history/{row.request_id}/settle/", answers, follow=True).content.decode()


@pytest.mark.parametrize(
    ("verdict", "status", "label"),
    [
        ("delivered", "accepted", "Recorded as delivered"),
        ("not_delivered", "rejected", "Recorded as not delivered"),
    ],
)
def test_it_ends_with_the_persons_word_and_says_so_everywhere(
    ada, priya, unknown, verdict, status, label
):
    assert "Recorded." in settle(ada, unknown, verdict=verdict, reason=WORDS)
    unknown.refresh_from_db()
    assert (unknown.status, unknown.reason) == (status, f"settled_{verdict}")
    assert unknown.final_at
    assert unknown.is_final
    settlement = Settlement.objects.get()
    assert (settlement.invocation, settlement.verdict, settlement.settled_by) == (
        unknown,
        verdict,
        ada.person,
    )
    for page in (f"/history/{unknown.request_id}/", "/history/"):
        assert label in opened(priya, page).html
    assert WORDS in opened(priya, f"/history/{unknown.request_id}/").html


@pytest.mark.parametrize(
    "answers",
    [{}, {"verdict": "delivered"}, {"reason": WORDS}, {"verdict": "perhaps", "reason": WORDS}],
)
def test_without_both_answers_nothing_is_settled_and_nothing_typed_is_lost(ada, unknown, answers):
    html = settle(ada, unknown, **answers)
    assert not Settlement.objects.exists() and Invocation.objects.get().status == "unknown"
    assert answers.get("reason", "") in html and "Record what happened" in html


@pytest.mark.parametrize("status", sorted(set(Invocation.Status) - {"unknown"}))
def test_what_is_not_unknown_cannot_be_settled(ada, unknown, status):
    Invocation.objects.update(status=status, lease_until=timezone.now())
    assert "known by now. Nothing was changed." in settle(
        ada, unknown, verdict="delivered", reason=WORDS
    )
    assert not Settlement.objects.exists() and Invocation.objects.get().status == status


def test_a_second_person_changes_nothing(ada, sven, unknown):
    settle(ada, unknown, verdict="delivered", reason=WORDS)
    settle(sven, unknown, verdict="not_delivered", reason="No, it was not.")
    assert Settlement.objects.get().settled_by == ada.person
    assert Invocation.objects.get().status == "accepted"


@pytest.mark.parametrize(
    ("late", "paused", "words"),
    [
        (False, False, "asks Kaleyra again at "),
        (True, False, "asks Kaleyra again within seconds."),
        (False, True, ""),
    ],
)
def test_an_answer_that_may_still_come_is_said_to_come_only_where_it_is_asked_for(
    ada, unknown, account, background_sender, late, paused, words
):
    type(account).objects.update(is_paused=paused)
    Invocation.objects.update(due_at=timezone.now() + timedelta(seconds=-60 if late else 60))
    html = opened(ada, f"/history/{unknown.request_id}/settle/").html
    assert words in html and ("You may wait for that answer." in html) == bool(words)


def test_support_is_offered_no_button_for_it(priya, ada, unknown):
    there = f"/history/{unknown.request_id}/settle/"
    assert there not in opened(priya, f"/history/{unknown.request_id}/").links
    assert there in opened(ada, f"/history/{unknown.request_id}/").links
