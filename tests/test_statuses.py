"""The one glossary: nothing that a row can hold is without words, and nothing is explained that no row can hold."""

import ast
from pathlib import Path

import pytest

from invocations import posting, sending
from invocations.answer_table import TABLE
from invocations.kaleyra import client, reply
from invocations.models import Attempt, Invocation
from invocations.statuses import OUTCOMES, REASONS, STATUSES, advice

CSS = (Path(__file__).parents[1] / "static" / "console.css").read_text()


def test_every_status_has_a_meaning_and_a_next_step_where_one_is_needed():
    assert set(STATUSES) == set(Invocation.Status)
    assert all(meaning.says and meaning.icon and meaning.delivery for meaning in STATUSES.values())
    assert [status for status, meaning in STATUSES.items() if not meaning.next] == [Invocation.Status.CANCELLED]


def test_every_outcome_of_an_attempt_has_a_tone():
    assert set(OUTCOMES) == set(Attempt.Outcome)


@pytest.mark.parametrize("tone", sorted({meaning.tone for meaning in STATUSES.values()} | {tone for tone, _ in OUTCOMES.values()}))
def test_every_tone_is_in_the_stylesheet(tone):
    assert f'[data-tone="{tone}"]' in CSS


def test_nothing_is_shown_as_delivered_before_it_was_reported():
    assert "delivered" not in {meaning.tone for meaning in STATUSES.values()} | {tone for tone, _ in OUTCOMES.values()}


def reasons_given(module):
    """Every text that a room gives as a reason: as an argument, as a column, or in what it returns."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        match node:
            case ast.Call(func=ast.Name(id="NotSent" | "NoAnswer" | "Result"), args=[ast.Constant(value=str(reason)), *_]):
                yield reason
            case ast.keyword(arg="reason", value=ast.Constant(value=str(reason))) if reason:
                yield reason
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "reason" and isinstance(value, ast.Constant):
                        yield value.value
            case ast.Return(value=ast.Tuple(elts=[ast.Constant(value=str(reason)), *_] | [_, ast.Constant(value=str(reason))])):
                yield reason
            case ast.FunctionDef(name="_why_unconnected"):
                consts = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant)]
                yield from (value for value in consts if isinstance(value, str) and value in TABLE)


GIVEN_BY_SENDING = {"confirmed_by_duplicate", "confirmed_by_result", "earlier_attempt", "too_late", "cancelled"} | {
    "settled_delivered",
    "settled_not_delivered",
}


def test_every_reason_has_a_sentence_and_no_sentence_is_without_a_reason():
    assert set(REASONS) == set(TABLE) | GIVEN_BY_SENDING


def test_the_table_has_a_row_for_everything_that_can_come_of_an_attempt():
    found = {reason for module in (client, posting) for reason in reasons_given(module)}
    assert found and found | set(reply.VERDICTS) <= set(TABLE)
    assert set(reasons_given(sending)) - {"interrupted", "internal"} <= GIVEN_BY_SENDING


@pytest.mark.parametrize("status", ["unknown", "accepted"])
def test_a_doubt_is_never_put_as_certainty(status):
    assert "not" in str(STATUSES[status].delivery).lower() and STATUSES[status].delivery == "Not known"


def test_kaleyras_known_errors_get_our_words_once():
    text = "Workflow Instance [x] is not published."
    assert len(advice([text, text])) == 1 and "published" in str(advice([text])[0])
    assert advice(["something else"]) == [] and len(advice(["RBC001", "E110"])) == 2
