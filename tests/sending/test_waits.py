"""How long a message waits for its next attempt."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NotSent
from invocations.models import Invocation
from invocations.sending import claim, outcome_columns, store_outcome
from invocations.sending.attempt import handed_back

from .deliveries import delivered

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "seconds"), [("3", 3), ("1", 1), ("99999999", 3600), ("3600", 3600)]
)
def test_it_waits_as_long_as_kaleyra_asked(recorded, kaleyra_says, asked, seconds):
    kaleyra_says(429, retry_after=asked)
    invocation = delivered(recorded())
    waits = (invocation.due_at - timezone.now()).total_seconds()
    assert seconds - 2 < waits <= seconds
    assert invocation.attempts.get().retry_after == seconds


def test_it_waits_until_the_date_that_kaleyra_named(recorded, kaleyra_says):
    date = format_datetime(timezone.now() + timedelta(seconds=90), usegmt=False)
    kaleyra_says(429, retry_after=date)
    waits = delivered(recorded()).due_at - timezone.now()
    assert timedelta(seconds=85) < waits <= timedelta(seconds=90)


@pytest.mark.parametrize("asked", ["", "abc", "-5", "1.5", "Thu, 01 Jan 2015 00:00:00 GMT"])
def test_it_waits_for_its_own_time_without_a_usable_retry_after(recorded, kaleyra_says, asked):
    kaleyra_says(429, retry_after=asked)
    waits = delivered(recorded()).due_at - timezone.now()
    assert timedelta(seconds=1) < waits <= timedelta(seconds=3)


def test_it_waits_at_least_a_second(recorded, kaleyra_says):
    kaleyra_says(429, retry_after="0")
    assert timedelta(0) < delivered(recorded()).due_at - timezone.now() <= timedelta(seconds=1)


def test_waits_grow_are_spread_and_stay_in_bounds():
    for number in range(1, 40):
        least, most = min(60, 2**number), min(60, 1.5 * 2**number)
        waits = [outcome_columns._wait_after(number, None).total_seconds() for _ in range(250)]
        assert least <= min(waits) and max(waits) <= most and (least == 60 or len(set(waits)) > 100)


def test_a_claim_that_was_handed_back_makes_no_later_wait_longer(recorded, kaleyra_says, account):
    invocation = recorded()
    for _ in range(6):
        rows = Invocation.objects.filter(pk=invocation.pk)
        [ours] = claim.claim_invocations(account, rows, 1)
        store_outcome.store_outcomes([(ours, handed_back(ours))])
    kaleyra_says(NotSent("refused"))
    assert delivered(invocation).due_at < timezone.now() + timedelta(seconds=4)
    assert delivered(invocation).due_at > timezone.now() + timedelta(seconds=3)
