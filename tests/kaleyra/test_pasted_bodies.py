"""Which JSON bodies are read, and why a text is refused."""

import shlex
from typing import Any

import pytest

from invocations.kaleyra.pasted import MAX_PASTED_BYTES, Pasted, read
from invocations.kaleyra.payload import Send

from .pasted_samples import DOUBLE, SIMPLE, SIMPLE_BODY, URL, error_of

# --- the shapes of a body -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "sends"),
    [
        ('{"1": "Asha", "02": ""}', (Send("", {"1": "Asha", "02": ""}),)),
        ('{"recipient": "Asha", "input": "x"}', (Send("", {"recipient": "Asha", "input": "x"}),)),
        ('{"recipient": "91", "templateParams": {"1": "Asha"}}', SIMPLE),
        ('{"send1": {"recipient": "91", "templateParams": {"1": "Asha"}}}', SIMPLE),
        ('{"send1": "a text"}', (Send("", {"send1": "a text"}),)),
        ('{"send2": {"recipient": "92"}, "send1": {"recipient": "91"}}', (Send("91"), Send("92"))),
        ('{"input": {"send2": {"recipient": "92"}}}', (Send(""), Send("92"))),
        ('{"input": {"send1": {"templateParams": null}}}', (Send(""),)),
        ("{“send1”: {“recipient”: “91”}}", (Send("91"),)),
        ('{"1": "half a pair: \ud83d"}', (Send("", {"1": "half a pair: \ud83d"}),)),
    ],
)
def test_a_body_is_read_in_each_of_its_shapes(body: str, sends: tuple[Send, ...]) -> None:
    assert read(body) == Pasted(sends)
    assert read(f"curl -d {shlex.quote(body)}") == Pasted(sends)


def test_blanks_and_a_byte_order_mark_around_a_text_are_ignored() -> None:
    assert read('\ufeff\r\n\t {"1": "Asha"} \n') == Pasted((Send("", {"1": "Asha"}),))


def test_the_request_id_is_read_if_there_is_one() -> None:
    assert read(SIMPLE_BODY).request_id == "e574"
    assert read(SIMPLE_BODY.replace('"requestId":"e574",', "")).request_id is None


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("", "no_body", {}),
        ("Please send it again.", "no_body", {}),
        (f"curl -X POST {URL} -H 'api-key: x'", "no_body", {}),
        (f"curl {URL} -d", "no_body", {}),
        (f"curl {URL} -d ''", "no_body", {}),
        (f"curl {URL} -d '{SIMPLE_BODY}' -d '{SIMPLE_BODY}'", "several_bodies", {}),
        (f"curl {URL} -d @body.json", "body_in_file", {}),
        (f"curl {URL} -d '{SIMPLE_BODY}", "not_readable", {}),
        (f'curl {URL} -d "{DOUBLE}', "not_readable", {}),
        ("{" + '"a":{' * 10000, "not_readable", {}),
        ("{\n  broken}", "not_json", {"line": 2, "column": 3}),
        ('{"1": "a",}', "not_json", {"line": 1, "column": 11}),
        ("{} and more", "not_json", {"line": 1, "column": 4}),
        (f"curl {URL} -d 'a=b'", "not_json", {"line": 1, "column": 1}),
        ('curl -d $\'{"1": "\\d"}\'', "not_json", {"line": 1, "column": 8}),
        # The quotes are a ticket's; what is really wrong comes after them.
        ("{“1”: “a”,\n “2”: }", "not_json", {"line": 2, "column": 7}),
        # The quotes are the value's, and what is wrong comes after them.
        ('{"1": "an “a”",\n "2": }', "not_json", {"line": 2, "column": 7}),
        ('{"1": "a", "1": "b"}', "repeated_key", {"key": "1"}),
        ('{"input": {"send1": {}, "send1": {}}}', "repeated_key", {"key": "send1"}),
        ("{}", "no_sends", {}),
        ('{"input": {}}', "no_sends", {}),
        ('{"requestId": "x"}', "no_sends", {}),
        ('{"requestId": "x", "input": {"send0": {}, "send10": {}}}', "no_sends", {}),
        ("curl -d '[1]'", "no_sends", {}),
        ('{"input": {"send1": "91"}}', "not_an_object", {"key": "send1"}),
        (
            '{"input": {"send1": {"templateParams": ["a"]}}}',
            "not_an_object",
            {"key": "templateParams"},
        ),
        ('{"input": {"send1": {"templateParams": {"1": 5}}}}', "not_texts", {"key": "1"}),
        ('{"input": {"send1": {"templateParams": {"1": null}}}}', "not_texts", {"key": "1"}),
        ('{"input": {"send1": {"recipient": 918061234581}}}', "not_texts", {"key": "recipient"}),
        ('{"requestId": 1, "input": {"send1": {}}}', "not_texts", {"key": "requestId"}),
        ('{"1": "a", "2": {"b": "c"}}', "not_texts", {"key": "2"}),
        ('{"1": NaN}', "not_texts", {"key": "1"}),
        ('{"1": ' + "9" * 5000 + "}", "not_texts", {"key": "1"}),
        ("x" * (MAX_PASTED_BYTES + 1), "too_long", {"limit": 65536}),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_reason(
    text: str, code: str, facts: dict[str, Any]
) -> None:
    error = error_of(text)
    assert (error.code, error.facts) == (code, facts)


def test_the_limit_counts_bytes_and_is_included() -> None:
    around = '{"1": ""}'
    assert read('{"1": "' + "é" * ((MAX_PASTED_BYTES - len(around)) // 2) + '"}').sends
    assert (
        error_of('{"1": "' + "é" * ((MAX_PASTED_BYTES - len(around)) // 2 + 1) + '"}').code
        == "too_long"
    )
