"""An answer that was claimed before a change of the set-up pauses, slows and resumes nothing."""

import pytest

from invocations.models import Account, ApiKey, Pace, WorkflowInstance
from invocations.sending import attempt, rate_limit, store_outcome
from invocations.sending.dispatcher import Dispatcher

from .deliveries import ACCEPTED
from .moves import edit_sid, edit_workflow_id, move_account, targets_claim

pytestmark = pytest.mark.django_db(transaction=True)


def replace_key(account, other_pod, workflow):
    key = ApiKey.objects.get()
    key.key = "practice-a-newer-key-of-the-sid-0002"
    key.save()


def states():
    return [
        *Account.objects.values("is_paused", "paused_because"),
        *WorkflowInstance.objects.values("is_paused"),
        *Pace.objects.values("failures", "wait_until", "ramp_from"),
        *ApiKey.objects.values("last_refused_at", "last_accepted_at"),
    ]


@pytest.fixture
def answered(recorded, account, workflow, other_pod, kaleyra_says):
    """answered(status, change): stores an answer to an attempt that was claimed before."""

    def answered(status, change, **columns):
        claim = targets_claim(recorded())
        kaleyra_says(status, ACCEPTED if status == 202 else b"")
        result = attempt.post(claim)
        change(account, other_pod, workflow)
        Account.objects.update(**columns)
        before = states()
        store_outcome.store_outcomes([(claim, result)])
        return before

    return answered


@pytest.mark.parametrize("change", [move_account, edit_sid, replace_key])
@pytest.mark.parametrize("status", [401, 404, 500, 429])
def test_the_earlier_set_up_pauses_and_slows_nothing(answered, status, change):
    assert answered(status, change) == states()


def test_an_earlier_workflow_id_pauses_no_workflow(answered):
    answered(404, edit_workflow_id)
    assert not WorkflowInstance.objects.get().is_paused


@pytest.mark.parametrize("change", [move_account, edit_sid, replace_key])
def test_the_earlier_set_up_resumes_nothing(answered, change):
    before = answered(202, change, is_paused=True, paused_because="credentials")
    assert before == states() and Account.objects.get().is_paused


def test_without_a_change_the_answer_counts(answered):
    answered(401, lambda *_set_up: None)
    assert Account.objects.get().is_paused and ApiKey.objects.get().last_refused_at


def test_silence_elsewhere_does_not_hand_back_what_goes_to_todays_pod(
    in_doubt, account, workflow, other_pod, kaleyra_says
):
    move_account(account, other_pod, workflow)
    kaleyra_says(503)
    dispatcher = Dispatcher(lambda: 0)
    claim = targets_claim(in_doubt)
    for _ in range(rate_limit.FAILURES):
        dispatcher._result(claim, lambda client: client.connection())
    assert not dispatcher._is_stopped(claim)
