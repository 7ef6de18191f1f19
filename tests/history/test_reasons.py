"""Every reason that the code gives has a sentence, and every sentence a reason."""

import ast
from pathlib import Path

from invocations.history.reasons import REASONS, advice_for
from invocations.kaleyra import client, connection, reply
from invocations.sending import (
    attempt,
    claim,
    decisions,
    expiry,
    outcome_columns,
    record,
    store_outcome,
)
from invocations.sending.outcomes import TABLE


def reasons_in(module):
    """Every reason in a module's source: as an argument, as a column, or in a return value."""
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


REASONS_WITHOUT_OUTCOME = {
    "confirmed_by_duplicate",
    "confirmed_by_result",
    "database_restored",
    "earlier_attempt",
    "reported_before_sent",
    "settled_then_accepted",
    "too_late",
    *("awaits_approval", "approval_refused", "approval_lapsed", "approval_void"),
    "do_not_contact",
    "cancelled",
    "settled_delivered",
    "settled_not_delivered",
}
"""Reasons of a status that the table in invocations/sending/outcomes.py does not give."""


def test_exactly_the_reasons_in_use_have_a_sentence():
    assert set(REASONS) == set(TABLE) | REASONS_WITHOUT_OUTCOME


def test_the_table_of_outcomes_has_a_row_for_every_reason():
    of_attempts = {
        reason for module in (client, connection, attempt) for reason in reasons_in(module)
    }
    assert of_attempts and of_attempts | set(reply.VERDICTS) <= set(TABLE)
    for module in (record, claim, outcome_columns, store_outcome, decisions, expiry):
        assert set(reasons_in(module)) <= REASONS_WITHOUT_OUTCOME | set(TABLE), module


def test_advice_for_a_known_error_is_given_once():
    text = "Workflow Instance [x] is not published."
    assert len(advice_for([text, text])) == 1 and "published" in str(advice_for([text])[0])
    assert advice_for(["something else"]) == [] and len(advice_for(["RBC001", "E110"])) == 2
