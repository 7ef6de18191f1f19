"""After an attempt that may have been counted, only certain answers settle the message."""

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.models import Invocation
from invocations.sending import expiry
from invocations.sending.claim import LEASE, claim_invocations

from .deliveries import ACCEPTED, DUPLICATE, REJECTED, UNKNOWN, delivered, outcomes

pytestmark = pytest.mark.django_db

# --- the practice pod's answers -------------------------------------------------------------------


@pytest.mark.parametrize("code", ["502", "499", "408", "299", "298"])
def test_after_a_doubt_the_answer_that_the_id_was_used_confirms_the_first_attempt(
    recorded, receiver, code
):
    invocation = delivered(recorded(code))
    assert invocation.status == "unknown"
    delivered(invocation, starting_from=UNKNOWN)
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_duplicate")
    assert outcomes(invocation) == ["doubtful", "rejected"]
    assert receiver.accepted == [str(invocation.request_id)] and len(receiver.received) == 2


def test_a_doubt_stays_until_an_answer_settles_it(recorded, receiver):
    invocation = delivered(recorded("500"))
    delivered(invocation, starting_from=UNKNOWN)
    assert invocation.status == "unknown" and receiver.accepted == []


# --- after a doubt --------------------------------------------------------------------------------


@pytest.fixture
def doubtful(recorded, kaleyra_says):
    """An invocation whose first attempt may have been counted."""
    kaleyra_says(NoAnswer("timeout"))
    return delivered(recorded())


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, REJECTED),
        (404, b""),
        (401, b""),
        (301, b""),
        (429, b""),
        (503, b""),
        (NotSent("refused"), b""),
        (NotSent("certificate"), b""),
        (NoAnswer("timeout"), b""),
        (400, DUPLICATE | {"requestId": "another"}),
        (409, DUPLICATE | {"requestId": "another"}),
        (400, DUPLICATE | {"success": True, "executionStatus": "ACCEPTED"}),
    ],
)
def test_after_a_doubt_nothing_but_an_acceptance_settles_it(
    doubtful, kaleyra_says, status, content
):
    kaleyra_says(status, content)
    delivered(doubtful, starting_from=UNKNOWN)
    assert doubtful.status == "unknown"


@pytest.mark.parametrize("http_status", [400, 409])
def test_after_a_doubt_the_answer_to_a_duplicate_settles_it(doubtful, kaleyra_says, http_status):
    kaleyra_says(http_status, DUPLICATE)
    assert delivered(doubtful, starting_from=UNKNOWN).reason == "confirmed_by_duplicate"
    assert doubtful.status == "accepted"


def test_after_a_doubt_an_acceptance_settles_it(doubtful, kaleyra_says):
    kaleyra_says(202, ACCEPTED)
    assert delivered(doubtful, starting_from=UNKNOWN).status == "accepted"
    assert doubtful.workflow_invocation_id == "4xU9"


@pytest.mark.parametrize("http_status", [400, 409])
def test_a_used_id_without_an_earlier_doubt_is_unknown(recorded, kaleyra_says, http_status):
    kaleyra_says(http_status, DUPLICATE)
    assert delivered(recorded()).reason == "id_used_before"
    assert Invocation.objects.get().status == "unknown"


@pytest.mark.parametrize("meanwhile", [503, NoAnswer("timeout"), NotSent("refused")])
def test_a_repeated_duplicate_answer_never_confirms_an_id_that_others_used_first(
    recorded, kaleyra_says, meanwhile
):
    kaleyra_says(400, DUPLICATE)
    invocation = delivered(recorded())
    kaleyra_says(meanwhile)
    assert delivered(invocation, starting_from=UNKNOWN).due_at is None
    kaleyra_says(400, DUPLICATE)
    assert delivered(invocation, starting_from=UNKNOWN).status == "unknown"
    assert invocation.reason == "id_used_before"


def test_a_check_that_was_interrupted_confirms_no_id_that_others_used_first(
    recorded, kaleyra_says, account
):
    kaleyra_says(400, DUPLICATE)
    invocation = delivered(recorded())
    assert claim_invocations(account, Invocation.objects.filter(status="unknown"), 1)
    expiry.settle_interrupted(timezone.now() + 2 * LEASE)
    invocation.refresh_from_db()
    assert (invocation.status, invocation.due_at) == ("unknown", None)
    assert delivered(invocation, starting_from=UNKNOWN).status == "unknown"


def test_the_reason_of_a_doubt_does_not_become_nothing_sent(doubtful, kaleyra_says):
    """It is true of the last attempt only, and not of the message."""
    kaleyra_says(NotSent("refused"))
    delivered(doubtful, starting_from=UNKNOWN)
    assert doubtful.reason == "earlier_attempt"
    assert doubtful.attempts.order_by("-number")[0].reason == "refused"


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (400, DUPLICATE | {"workflowInvocationId": "of-the-repetition"}),
        (400, REJECTED | {"workflowInvocationId": "of-the-repetition"}),
    ],
)
def test_the_id_of_a_refused_repetition_is_not_taken_for_the_messages(
    doubtful, kaleyra_says, status, content
):
    kaleyra_says(status, content)
    assert delivered(doubtful, starting_from=UNKNOWN).workflow_invocation_id == ""


def test_the_id_of_another_request_is_not_taken_for_the_messages(recorded, kaleyra_says):
    kaleyra_says(202, ACCEPTED | {"requestId": "another"})
    assert delivered(recorded()).workflow_invocation_id == ""
