"""The one glossary: nothing that a row can hold is without words, and nothing is explained that no row can hold."""

import ast
from pathlib import Path

import pytest

from invocations import sending
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


def reasons_in(module):
    """Each reason that a room can give: the texts in what it raises, returns as a verdict, result or status, or calls `reason`."""
    for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
        match node:
            case ast.Call(func=ast.Name(id="NotSent" | "NoAnswer" | "_Result")):
                given = node.args
            case ast.Tuple(elts=[ast.Attribute(value=ast.Name(id="Verdict" | "Status")), *given]):
                pass
            case ast.Assign(targets=[ast.Name(id="reason")]) | ast.keyword(arg="reason"):
                given = [node.value]
            case ast.FunctionDef(name="_why_unconnected"):
                given = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
            case _:
                continue
        given = [branch for value in given for branch in ([value.body, value.orelse] if isinstance(value, ast.IfExp) else [value])]
        yield from (value.value for value in given if isinstance(value, ast.Constant) and isinstance(value.value, str))


def test_every_reason_has_a_sentence_and_no_sentence_is_without_a_reason():
    found = {*reasons_in(sending), *reasons_in(reply), *reasons_in(client)}
    assert found - {""} == set(REASONS)


@pytest.mark.parametrize("status", ["unknown", "accepted"])
def test_a_doubt_is_never_put_as_certainty(status):
    assert "not" in str(STATUSES[status].delivery).lower() and STATUSES[status].delivery == "Not known"


def test_kaleyras_known_errors_get_our_words_once():
    text = "Workflow Instance [x] is not published."
    assert len(advice([text, text])) == 1 and "published" in str(advice([text])[0])
    assert advice(["something else"]) == [] and len(advice(["RBC001", "E110"])) == 2
