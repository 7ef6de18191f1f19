"""The rate of an account, and how it slows down for a receiver that fails."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone

from invocations.kaleyra.connection import NotSent
from invocations.models import Account, Attempt, Invocation
from invocations.monitoring.sweep import run_once
from invocations.sending import rate_limit
from invocations.sending.due import claim_due

pytestmark = pytest.mark.django_db(transaction=True)


def test_all_processes_together_keep_the_rate(waiting, account):
    Account.objects.update(sends_per_second=4)
    for _ in range(20):
        waiting()
    with time_machine.travel(timezone.now(), tick=False):
        claims = claim_due(10) + claim_due(10)
    slots = sorted(claim.slot for claim in claims)
    assert len(slots) == 5  # those of the next second
    assert all(timedelta(seconds=0.25) == later - slot for slot, later in pairwise(slots))


def test_a_failing_receiver_is_asked_once_in_ten_seconds(waiting, kaleyra_says, account, caplog):
    Account.objects.update(sends_per_second=1000)
    kaleyra_says(NotSent("refused"))
    for _ in range(40):
        waiting()
    run_once(width=4)
    made = Attempt.objects.filter(reason="refused").count()
    assert rate_limit.FAILURES <= made <= 40
    account.pace.refresh_from_db()
    assert account.pace.wait_until > timezone.now() and caplog.text.count("led nowhere") == 1
    Invocation.objects.update(due_at=timezone.now())
    account.pace.wait_until = None
    account.pace.save()
    assert len(claim_due(30)) == 1 and claim_due(30) == []


def test_the_rate_ramps_up_after_failures(waiting, account):
    Account.objects.update(sends_per_second=100)
    pace = rate_limit.Pace.objects.create(account=account, failures=rate_limit.FAILURES)
    waiting()
    run_once()
    pace.refresh_from_db()
    account.refresh_from_db()
    now = pace.ramp_from
    assert pace.failures == 0 and pace.wait_until is None
    assert [
        rate_limit._rate(pace, account, now + part * rate_limit.RAMP) for part in (0, 0.5, 1, 2)
    ] == [10, 50, 100, 100]
