"""What to do next: after contradicting results, by permission, and in any language."""

import pytest
from django.utils import translation

from invocations.history import steps
from invocations.history.meanings import NextStep
from invocations.history.next_steps import next_steps
from invocations.history.state import delivery_of, meaning_of
from invocations.history.statuses import STATUSES
from invocations.models import Invocation


@pytest.fixture(params=["each text differs", "all texts are alike"])
def catalogue(request, monkeypatch):
    """A translation of every text, active after the tables were built in English."""
    texts = {"each text differs": lambda text: f"[{text}]", "all texts are alike": lambda text: "?"}
    monkeypatch.setattr(translation._trans, "gettext", texts[request.param])


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
    assert str(next_steps(meaning_of(row), delivery_of(row))[0]) == "Delivered, nothing to do."


def steps_of(**options):
    row = Invocation(status="unknown")
    return next_steps(meaning_of(row), delivery_of(row), **options)


@pytest.mark.parametrize(
    ("is_blocked", "own_step", "step_for_an_admin"),
    [
        (False, steps.ASK_AND_SETTLE, steps.ASK_AND_HAVE_SETTLED),
        (True, steps.ASK_MEANWHILE_AND_SETTLE, steps.ASK_MEANWHILE_AND_HAVE_SETTLED),
    ],
)
def test_without_the_permission_an_admin_settles_in_any_language(
    catalogue, is_blocked, own_step, step_for_an_admin
):
    assert str(own_step)[0] in "[?", "the text is translated"
    allowed, refused = (
        steps_of(is_blocked=is_blocked, may_settle=may_settle) for may_settle in (True, False)
    )
    assert own_step in allowed and step_for_an_admin not in allowed
    assert step_for_an_admin in refused and own_step not in refused
    assert len(allowed) == len(refused)


@pytest.mark.parametrize(
    ("status", "button"), [("unknown", steps.CHECK_SAFELY), ("queued", steps.TRY_NOW)]
)
def test_without_the_button_only_its_step_is_left_out_in_any_language(catalogue, status, button):
    meaning = STATUSES[status]
    assert button in next_steps(meaning, meaning.delivery)
    left = next_steps(meaning, meaning.delivery, has_button=False)
    assert left == tuple(step for step in meaning.next if step is not button)
    assert len(left) == len(meaning.next) - 1


def test_every_step_has_a_code_of_its_own():
    codes = [each.code for each in vars(steps).values() if isinstance(each, NextStep)]
    assert len(codes) > 20 and len(set(codes)) == len(codes)
