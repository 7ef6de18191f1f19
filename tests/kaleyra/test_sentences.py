"""Kaleyra's error texts: the sentence inside a value is shown, and nothing breaks on any text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.sentences import sentence_of

INTERNAL = "Internal server error."


@pytest.mark.parametrize(
    "text",
    [
        '{"params": "Internal server error."}',
        "{'params': 'Internal server error.'}",
        ' {"params":\n "Internal server error."} ',
        '{"message": {"params": "Internal server error."}}',
        '["Internal server error."]',
        '[{"params": "Internal server error."}, {"params": "Internal server error."}]',
        '"Internal server error."',
        json.dumps(json.dumps({"params": INTERNAL})),
        json.dumps({"error": json.dumps({"params": INTERNAL})}),
        '{"requestId": "9db24eba-0000-41be-97a5-3ac45551ec1b", "params": "Internal server error."}',
        '{"error": true, "status": 500, "params": "Internal server error."}',
        '{"status": "error", "message": "Internal server error.", "data": null}',
        INTERNAL,
    ],
)
def test_a_wrapped_sentence_is_read_out(text):
    assert sentence_of(text) == INTERNAL


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"code": "E110", "message": "Insufficient balance"}', "Insufficient balance (E110)"),
        ("{'code': 400, 'error': 'Bad recipient'}", "Bad recipient (400)"),
        ('{"code": "RBC001"}', "RBC001"),
        (
            '{"message": "Bad request", "params": {"recipient": "is not valid"}}',
            "Bad request recipient: is not valid",
        ),
        ('{"recipient": ["This field is required."]}', "recipient: This field is required."),
        ('{"to": "Invalid"}', "to: Invalid"),
        ('[{"message": "One."}, {"message": "Two."}]', "One. Two."),
    ],
)
def test_codes_and_fields_stay_with_their_sentence(text, sentence):
    assert sentence_of(text) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "The workflow is not published",
        "[number ending in 4581] is not valid",
        '"templateParams" is required',
        '{"params": "cut o',
        '{"status": 400}',
        "{}",
        "",
        "[" * 4000,
        "{'a':" * 2000,
        "[" + "-" * 3000 + "1]",
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_any_other_text_stays_as_it_came(text):
    assert sentence_of(text) == text


@given(st.text() | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps))
def test_no_text_breaks_it_or_vanishes(text):
    assert bool(sentence_of(text)) == bool(text)
