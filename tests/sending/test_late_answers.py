"""An answer that was read after its lease: it settles what only the clock had settled."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.composing.resending import why_not_resendable
from invocations.kaleyra.connection import NoAnswer
from invocations.models import ApiKey, Attempt, Invocation, Settlement
from invocations.monitoring.consistency import contradictions
from invocations.sending import attempt, decisions, expiry, store_outcome
from invocations.sending.claim import LEASE, claim_invocations
from tests.reports import report
from tests.sending.deliveries import ACCEPTED, DUPLICATE, REJECTED
from tests.views.history.invocation_page import page_of, words_on

pytestmark = pytest.mark.django_db(transaction=True)


def settle_by_the_clock():
    expiry.settle_interrupted(timezone.now() + 2 * LEASE)


@pytest.fixture
def claim_of(account):
    def claim_of(invocation):
        [claim] = claim_invocations(account, Invocation.objects.filter(pk=invocation.pk), 1)
        return claim

    return claim_of


@pytest.fixture
def late(recorded, claim_of, kaleyra_says):
    """late(202, ACCEPTED): a message that the clock made unknown, and the result read before."""

    def late(*answer):
        invocation = recorded()
        claim = claim_of(invocation)
        kaleyra_says(*answer)
        result = attempt.post(claim)
        settle_by_the_clock()
        invocation.refresh_from_db()
        assert (invocation.status, invocation.reason) == ("unknown", "interrupted")
        return invocation, (claim, result)

    return late


def stored(invocation, *results):
    store_outcome.store_outcomes(results)
    invocation.refresh_from_db()
    return invocation


def outcomes(invocation):
    return list(invocation.attempts.order_by("number").values_list("outcome", "reason"))


def test_an_acceptance_settles_what_the_clock_made_unknown(late, workflow, caplog):
    type(workflow).objects.update(expects_callback=True)
    invocation, result = late(202, ACCEPTED)
    stored(invocation, result)
    assert (invocation.status, invocation.reason) == ("accepted", "accepted")
    assert invocation.workflow_invocation_id == "4xU9" and invocation.http_status == 202
    assert invocation.due_at is None and invocation.final_at and invocation.lease_until is None
    assert invocation.delivery == "awaiting" and invocation.result_due_at > timezone.now()
    assert outcomes(invocation) == [("accepted", "accepted")]
    assert Attempt.objects.get().http_status == 202
    assert "too late" in caplog.text and not list(contradictions())


def test_a_refusal_of_the_only_attempt_settles_it_too(late):
    invocation, result = late(400, REJECTED)
    stored(invocation, result)
    assert (invocation.status, invocation.reason) == ("rejected", "rejected")
    assert (invocation.doubtful_since, invocation.doubt_count) == (None, 0)
    assert outcomes(invocation) == [("rejected", "rejected")] and not list(contradictions())


@pytest.mark.parametrize("answer", [(503,), (429,), (401,), (NoAnswer("timeout"),)])
def test_any_other_late_result_leaves_it_unknown(late, answer):
    invocation, result = late(*answer)
    stored(invocation, result)
    assert (invocation.status, invocation.reason) == ("unknown", "interrupted")
    assert not list(contradictions())


def test_what_was_never_posted_is_not_sent_by_itself_again(recorded, claim_of):
    """Somebody may have sent it again meanwhile."""
    invocation = recorded()
    claim = claim_of(invocation)
    settle_by_the_clock()
    stored(invocation, (claim, attempt.handed_back(claim)))
    assert (invocation.status, invocation.reason) == ("unknown", "interrupted")
    assert outcomes(invocation) == [("doubtful", "interrupted")]


def test_a_refusal_settles_nothing_if_a_later_attempt_may_have_got_in(late, claim_of, kaleyra_says):
    invocation, refused = late(400, REJECTED)
    kaleyra_says(NoAnswer("timeout"))
    second = claim_of(invocation)
    stored(invocation, (second, attempt.post(second)))
    stored(invocation, refused)
    assert invocation.status == "unknown"
    assert outcomes(invocation) == [("rejected", "rejected"), ("doubtful", "timeout")]


def test_a_refusal_corrects_a_repetition_that_was_taken_for_its_confirmation(
    late, claim_of, kaleyra_says
):
    invocation, refused = late(400, REJECTED)
    kaleyra_says(400, DUPLICATE)
    second = claim_of(invocation)
    assert stored(invocation, (second, attempt.post(second))).reason == "confirmed_by_duplicate"
    stored(invocation, refused)
    assert (invocation.status, invocation.reason) == ("rejected", "rejected")
    assert not list(contradictions())


@pytest.mark.parametrize("answer", [(NoAnswer("timeout"),), (503,), (400, REJECTED), (429,)])
@pytest.mark.parametrize("acceptance_first", [True, False])
def test_an_acceptance_counts_whatever_a_later_attempt_brings(
    late, claim_of, kaleyra_says, answer, acceptance_first
):
    invocation, accepted = late(202, ACCEPTED)
    kaleyra_says(*answer)
    second = claim_of(invocation)
    later = (second, attempt.post(second))
    for result in (accepted, later) if acceptance_first else (later, accepted):
        stored(invocation, result)
        assert not list(contradictions())
    assert (invocation.status, invocation.workflow_invocation_id) == ("accepted", "4xU9")
    assert invocation.due_at is None and invocation.message == ACCEPTED.get("message")
    assert outcomes(invocation)[0] == ("accepted", "accepted")


def test_both_results_in_one_round_are_stored(late, claim_of, kaleyra_says):
    invocation, accepted = late(202, ACCEPTED)
    kaleyra_says(NoAnswer("timeout"))
    second = claim_of(invocation)
    stored(invocation, accepted, (second, attempt.post(second)))
    assert invocation.status == "accepted" and len(outcomes(invocation)) == 2


def test_an_acceptance_counts_if_the_process_of_a_later_attempt_dies(late, claim_of):
    invocation, accepted = late(202, ACCEPTED)
    claim_of(invocation)
    assert stored(invocation, accepted).status == "sending"
    settle_by_the_clock()
    invocation.refresh_from_db()
    assert (invocation.status, invocation.reason) == ("accepted", "accepted")
    assert invocation.workflow_invocation_id == "4xU9" and not list(contradictions())
    assert [outcome for outcome, _ in outcomes(invocation)] == ["accepted", "doubtful"]


def test_a_late_acceptance_takes_nothing_back_that_a_result_said(late):
    invocation, accepted = late(202, ACCEPTED)
    report(invocation, "READ")
    assert stored(invocation, accepted).delivery == "completed"
    assert invocation.deciding_channel == 1 and invocation.status == "accepted"


def test_the_verdict_of_a_person_is_kept_beside_the_answer(late, ada, priya):
    invocation, accepted = late(202, ACCEPTED)
    verdict = Settlement.Verdict.NOT_DELIVERED
    assert decisions.settle(invocation, verdict, "No phone rang", ada.person)
    stored(invocation, accepted)
    assert (invocation.status, invocation.reason) == ("rejected", "settled_then_accepted")
    assert (invocation.workflow_invocation_id, invocation.http_status) == ("4xU9", 202)
    assert outcomes(invocation) == [("accepted", "accepted")] and not list(contradictions())
    text = words_on(priya, invocation)
    assert "Recorded as not delivered" in text and "No phone rang" in text
    assert "Kaleyra’s answer came later and says that it was accepted" in text
    assert "Do not send it again" in text and "?again=" not in page_of(priya, invocation).html
    assert "accepted it after a person" in str(why_not_resendable(invocation))
    report(invocation, "READ")
    assert "Kaleyra’s result came later and says otherwise" in words_on(priya, invocation)


def test_a_verdict_that_agrees_stays_and_learns_kaleyras_id(late, ada):
    invocation, accepted = late(202, ACCEPTED)
    decisions.settle(invocation, Settlement.Verdict.DELIVERED, "She has it", ada.person)
    stored(invocation, accepted)
    assert (invocation.status, invocation.reason) == ("accepted", "settled_delivered")
    assert invocation.workflow_invocation_id == "4xU9" and not list(contradictions())


def test_a_late_answer_is_no_news_of_the_key(late):
    invocation, accepted = late(202, ACCEPTED)
    ApiKey.objects.update(last_accepted_at=None)
    stored(invocation, accepted)
    assert ApiKey.objects.get().last_accepted_at is None
    assert timezone.now() - invocation.final_at < timedelta(minutes=1)
