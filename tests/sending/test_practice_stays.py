"""What was saved for practice never reaches a customer, whatever becomes of its account."""

import pytest

from invocations.models import Account, Pod
from invocations.sending import targets
from invocations.sending.deliver import deliver

from .moves import move_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live():
    return Pod.objects.get(code="IN")


def test_a_practice_message_is_held_when_its_account_goes_live(recorded, account, live, receiver):
    row = recorded()
    move_account(account, live, row.workflow_instance)
    assert targets.follow(account) == 0
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("held", "other_kind")
    assert row.target.is_practice and not receiver.received
    assert not Account.objects.get().is_paused


def test_a_live_message_is_not_lost_on_practice(recorded, account, live, workflow, receiver):
    practice = account.pod
    Account.objects.update(pod=live)
    workflow.account.refresh_from_db()
    row = recorded()
    move_account(account, practice, workflow)
    assert targets.follow(account) == 0
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("held", "other_kind")
    assert not receiver.received
