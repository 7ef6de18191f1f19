"""What to do next where a result contradicts what was known before."""

import pytest

from invocations.history.next_steps import next_steps
from invocations.history.state import delivery_of, meaning_of
from invocations.history.statuses import STATUSES
from invocations.models import Invocation


@pytest.mark.parametrize(
    "status", sorted(set(Invocation.Status) - {"accepted", "unknown", "sending"})
)
def test_a_result_that_contradicts_the_status_is_called_a_contradiction(status):
    row = Invocation(status=status, delivery="completed", deciding_channel=1)
    meaning = meaning_of(row)
    assert "Both are shown as they came" in str(meaning.says)
    assert meaning.label == STATUSES[status].label
    assert "Do not send it again" in str(next_steps(meaning, delivery_of(row))[0])


def test_the_next_step_after_a_verdict_follows_a_later_result():
    row = Invocation(
        status="rejected", reason="settled_not_delivered", delivery="completed", deciding_channel=1
    )
    assert str(next_steps(meaning_of(row), delivery_of(row))[0]).startswith("Nothing is left to do")
