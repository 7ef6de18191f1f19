"""The one glossary: nothing that a row can hold is without words, and nothing is explained that no row can hold."""

import ast
from pathlib import Path

import pytest

from invocations.history.meanings import (
    ASKED_ABOUT,
    DELIVERIES,
    MAY_BE_DOUBLE,
    SCHEDULED,
    SETTLED,
    STATUSES,
    delivery_of,
    meaning_of,
)
from invocations.history.next_steps import next_steps
from invocations.history.reasons import OUTCOMES, REASONS, advice_for
from invocations.kaleyra import client, connection, reply
from invocations.models import Attempt, Invocation
from invocations.sending import attempt
from invocations.sending import record as sending
from invocations.sending.outcomes import TABLE

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
CSS = (Path(__file__).parents[2] / "static" / "console.css").read_text()


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


# --- delivery ---------------------------------------------------------------------------------------------------------

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
            "Fell back: delivered by SMS",
            GREEN,
        ),
        (
            {"delivery": "completed", "deciding_channel": 2},
            SMS_FIRST,
            "Fell back: delivered on WhatsApp",
            GREEN,
        ),
        ({"delivery": "completed", "deciding_channel": 2}, (), "Fell back: delivered", GREEN),
        ({"delivery": "completed", "deciding_channel": 1}, ("pigeon",), "Delivered", GREEN),
        ({"delivery": "completed"}, WHATSAPP_FIRST, "Delivery not confirmed", "unknown"),
        (
            {"delivery": "completed", "deciding_channel": 0},
            WHATSAPP_FIRST,
            "Not delivered (every channel failed)",
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
        ({"reason": "settled_delivered"}, WHATSAPP_FIRST, "Delivered, says a person", "accepted"),
        (
            {"reason": "settled_delivered", "delivery": "completed", "deciding_channel": 1},
            (),
            "Delivered",
            GREEN,
        ),
    ],
)
def test_the_delivery_is_told_from_columns_alone(columns, kinds, label, tone):
    delivery = delivery_of(Invocation(**({"status": "accepted"} | columns)), kinds)
    assert (str(delivery), delivery.tone) == (label, tone) and DELIVERIES[
        delivery.name
    ].says == delivery.says


@pytest.mark.parametrize(
    "status", sorted(set(Invocation.Status) - {"accepted", "unknown", "sending"})
)
def test_a_result_against_what_is_certain_is_named_a_contradiction(status):
    row = Invocation(status=status, delivery="completed", deciding_channel=1)
    meaning = meaning_of(row)
    assert (
        "Both are shown as they came" in str(meaning.says)
        and meaning.label == STATUSES[status].label
    )
    assert "Do not send it again" in str(next_steps(meaning, delivery_of(row))[0])


def test_what_a_person_settled_and_kaleyra_then_reported_follows_the_report():
    row = Invocation(
        status="rejected", reason="settled_not_delivered", delivery="completed", deciding_channel=1
    )
    assert str(next_steps(meaning_of(row), delivery_of(row))[0]).startswith("Nothing is left to do")


# --- reasons ----------------------------------------------------------------------------------------------------------


def reasons_given(module):
    """Every text that a room gives as a reason: as an argument, as a column, or in what it returns."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        match node:
            case ast.Call(
                func=ast.Name(id="NotSent" | "NoAnswer" | "Result"),
                args=[ast.Constant(value=str(reason)), *_],
            ):
                yield reason
            case ast.keyword(arg="reason", value=ast.Constant(value=str(reason))) if reason:
                yield reason
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if (
                        isinstance(key, ast.Constant)
                        and key.value == "reason"
                        and isinstance(value, ast.Constant)
                    ):
                        yield value.value
            case ast.Return(
                value=ast.Tuple(
                    elts=[ast.Constant(value=str(reason)), *_]
                    | [_, ast.Constant(value=str(reason))]
                )
            ):
                yield reason
            case ast.FunctionDef(name="_why_unconnected"):
                consts = [
                    inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)
                ]
                yield from (value for value in consts if isinstance(value, str) and value in TABLE)


GIVEN_BY_SENDING = {
    "confirmed_by_duplicate",
    "confirmed_by_result",
    "earlier_attempt",
    "too_late",
    "cancelled",
} | {
    "settled_delivered",
    "settled_not_delivered",
}


def test_every_reason_has_a_sentence_and_no_sentence_is_without_a_reason():
    assert set(REASONS) == set(TABLE) | GIVEN_BY_SENDING


def test_the_table_has_a_row_for_everything_that_can_come_of_an_attempt():
    found = {reason for module in (client, connection, attempt) for reason in reasons_given(module)}
    assert found and found | set(reply.VERDICTS) <= set(TABLE)
    assert set(reasons_given(sending)) <= GIVEN_BY_SENDING | set(TABLE)


@pytest.mark.parametrize("status", ["unknown", "accepted"])
def test_a_doubt_is_never_put_as_certainty(status):
    assert str(STATUSES[status].delivery) == "Not known"


def test_kaleyras_known_errors_get_our_words_once():
    text = "Workflow Instance [x] is not published."
    assert len(advice_for([text, text])) == 1 and "published" in str(advice_for([text])[0])
    assert advice_for(["something else"]) == [] and len(advice_for(["RBC001", "E110"])) == 2
