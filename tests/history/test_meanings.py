"""Every status and delivery has a meaning, and no meaning says more than is known."""

from pathlib import Path

import pytest

from invocations.history.deliveries import DELIVERIES, MAY_BE_DOUBLE
from invocations.history.next_steps import next_steps
from invocations.history.reasons import OUTCOMES
from invocations.history.state import delivery_of
from invocations.history.statuses import ASKED_ABOUT, SCHEDULED, SETTLED, STATUSES
from invocations.models import Attempt, Invocation

GREEN = "delivered"
TONES = {
    meaning.tone
    for meaning in [
        *STATUSES.values(),
        SCHEDULED,
        ASKED_ABOUT,
        *SETTLED.values(),
        *DELIVERIES.values(),
        MAY_BE_DOUBLE,
    ]
}
TONES |= {tone for tone, _ in OUTCOMES.values()}
CSS = (Path(__file__).parents[2] / "static" / "console" / "tokens.css").read_text()


def test_every_status_has_a_meaning_and_a_next_step_where_one_is_needed():
    assert set(STATUSES) == set(Invocation.Status)
    assert all(meaning.says and meaning.icon and meaning.delivery for meaning in STATUSES.values())
    without = [
        status for status, meaning in STATUSES.items() if not next_steps(meaning, meaning.delivery)
    ]
    assert without == [Invocation.Status.CANCELLED]


def test_every_outcome_of_an_attempt_has_a_tone():
    assert set(OUTCOMES) == set(Attempt.Outcome)


@pytest.mark.parametrize("tone", sorted(TONES))
def test_every_tone_is_in_the_stylesheet(tone):
    assert f'[data-tone="{tone}"]' in CSS


def test_nothing_is_shown_as_delivered_before_it_was_reported():
    assert GREEN not in {meaning.tone for meaning in STATUSES.values()} | {
        tone for tone, _ in OUTCOMES.values()
    }
    assert {name for name, meaning in DELIVERIES.items() if meaning.tone == GREEN} == {
        "delivered",
        "fell-back",
    }


@pytest.mark.parametrize("status", ["unknown", "accepted"])
def test_the_delivery_of_an_unreported_message_is_not_known(status):
    assert str(STATUSES[status].delivery) == "Not known"


WHATSAPP_FIRST, SMS_FIRST = ("whatsapp", "sms"), ("sms", "whatsapp")


@pytest.mark.parametrize(
    ("columns", "kinds", "label", "tone"),
    [
        ({"delivery": "awaiting"}, WHATSAPP_FIRST, "Awaiting result", "neutral"),
        (
            {"delivery": "completed", "deciding_channel": 1},
            WHATSAPP_FIRST,
            "Delivered on WhatsApp",
            GREEN,
        ),
        ({"delivery": "completed", "deciding_channel": 1}, SMS_FIRST, "Delivered by SMS", GREEN),
        (
            {"delivery": "completed", "deciding_channel": 2},
            WHATSAPP_FIRST,
            "Delivered by SMS",
            GREEN,
        ),
        (
            {"delivery": "completed", "deciding_channel": 2},
            SMS_FIRST,
            "Delivered on WhatsApp",
            GREEN,
        ),
        (
            {"delivery": "completed", "deciding_channel": 2},
            (),
            "Delivered on the second channel",
            GREEN,
        ),
        ({"delivery": "completed", "deciding_channel": 1}, ("pigeon",), "Delivered", GREEN),
        ({"delivery": "completed"}, WHATSAPP_FIRST, "Delivery not confirmed", "unknown"),
        (
            {"delivery": "completed", "deciding_channel": 0},
            WHATSAPP_FIRST,
            "Not delivered",
            "rejected",
        ),
        ({"delivery": "no_result"}, WHATSAPP_FIRST, "No result received", "unknown"),
        ({"delivery": ""}, WHATSAPP_FIRST, "Not known", "neutral"),
        ({"status": "unknown"}, WHATSAPP_FIRST, "Not known", "neutral"),
        ({"status": "rejected"}, WHATSAPP_FIRST, "Not sent", "neutral"),
        (
            {"status": "rejected", "delivery": "completed", "deciding_channel": 1},
            WHATSAPP_FIRST,
            "Delivered on WhatsApp",
            GREEN,
        ),
        ({"reason": "settled_delivered"}, WHATSAPP_FIRST, "Recorded as delivered", "accepted"),
        (
            {"reason": "settled_delivered", "delivery": "completed", "deciding_channel": 1},
            (),
            "Delivered",
            GREEN,
        ),
    ],
)
def test_the_delivery_follows_from_columns_alone(columns, kinds, label, tone):
    delivery = delivery_of(Invocation(**({"status": "accepted"} | columns)), kinds)
    assert (str(delivery), delivery.tone) == (label, tone)
    assert DELIVERIES[delivery.name].says == delivery.says
