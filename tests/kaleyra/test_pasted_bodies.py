"""Which JSON bodies are read, and why a text is refused."""

import json
import shlex
from typing import Any

import pytest

from invocations.kaleyra.pasted import MAX_PASTED_BYTES, Pasted, read
from invocations.kaleyra.payload import Send

from .pasted_samples import SIMPLE, SIMPLE_BODY, URL, error_of

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


ANSWER = (
    '{"requestId": "x", "timestamp": "2025-05-02T08:17:43", "success": false, "status": 400,'
    ' "message": null, "errors": ["Not published."], "executionStatus": "REJECTED"}'
)


# --- names as people write them -------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("template_Params", "templateparams", "TEMPLATE_PARAMS", "template-params"),
        *("TemplateParams", "template params", "templateParam", "template_parameters", "params"),
    ],
)
def test_template_params_are_read_in_any_spelling(name: str) -> None:
    send = f'{{"recipient": "91", "{name}": {{"1": "Asha"}}}}'
    assert read(send) == Pasted(SIMPLE)
    assert read(f'{{"input": {{"send1": {send}}}}}') == Pasted(SIMPLE)


@pytest.mark.parametrize("name", ["Recipient", "RECIPIENT", "to", "To", "phone_number", "mobile"])
def test_the_recipient_is_read_in_any_spelling(name: str) -> None:
    assert read(f'{{"send1": {{"{name}": "91", "templateParams": {{"1": "Asha"}}}}}}').sends == (
        SIMPLE
    )


@pytest.mark.parametrize("name", ["Send1", "SEND1", "send_1", "send-1", "send 1", "send01"])
@pytest.mark.parametrize(
    "around", ['{"Request_Id": "e574", "Input": %s}', '{"requestid": "e574", %s']
)
def test_sends_and_request_ids_are_read_in_any_spelling(name: str, around: str) -> None:
    send = f'"{name}": {{"recipient": "91", "templateParams": {{"1": "Asha"}}}}}}'
    body = around % (f"{{{send}" if around.endswith("%s}") else send)
    assert read(body) == Pasted(SIMPLE, "e574")


def test_a_list_of_sends_and_params_that_are_a_text_are_read() -> None:
    send = '{"recipient": "91", "templateParams": "{\\"1\\": \\"Asha\\"}"}'
    assert read(f'{{"input": [{send}, {{"recipient": "92"}}]}}').sends == (*SIMPLE, Send("92"))


@pytest.mark.parametrize(
    ("body", "sends", "left_out"),
    [
        ('{"input": {"send1": {"recipient": "91"}}, "flow": 1}', (Send("91"),), ("flow",)),
        ('{"input": {"send1": {"recipient": "91"}, "x": 1}}', (Send("91"),), ("input.x",)),
        ('{"send1": {"recipient": "91", "media": "u"}}', (Send("91"),), ("send1.media",)),
        # Two spellings of one name: the documented one counts, or none.
        ('{"send1": {"recipient": "91", "to": "92"}}', (Send("91"),), ("send1.to",)),
        ('{"send1": {"phone": "91", "to": "92"}}', (Send(""),), ("send1.phone", "send1.to")),
        ('{"send1": {"recipient": "91"}, "Send1": {}}', (Send("91"),), ("Send1",)),
        ('{"send1": {"recipient": "91"}, "send10": {}}', (Send("91"),), ("send10",)),
        (f'{{"level": "info", "body": {SIMPLE_BODY}}}', SIMPLE, ("level",)),
    ],
)
def test_what_is_not_read_is_named(
    body: str, sends: tuple[Send, ...], left_out: tuple[str, ...]
) -> None:
    pasted = read(body)
    assert (pasted.sends, pasted.left_out) == (sends, left_out)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("", "nothing", {}),
        ("\ufeff \u200b\n", "nothing", {}),
        ("Please send it again.", "no_json", {}),
        ("name\tnumber\nAsha\t91\n", "table", {}),
        ("a;b\nc;d", "table", {}),
        ("name,number,city\nAsha,91,Pune", "table", {}),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "table", {}),
        ("Dear all, it failed.\nPlease send it again, thanks.", "no_json", {}),
        (f"curl -X POST {URL} -H 'api-key: x'", "no_body", {}),
        (f"curl {URL} -d", "no_body", {}),
        (f"curl {URL} -d ''", "no_body", {}),
        (f"curl {URL} -d '{SIMPLE_BODY}' -d '{SIMPLE_BODY}'", "several_bodies", {}),
        (f"curl {URL} -d @body.json", "body_in_file", {}),
        (f"curl {URL} -d '{SIMPLE_BODY[:-1]}", "cut_off", {"line": 1}),
        (SIMPLE_BODY[:40], "cut_off", {"line": 1}),
        ('{"input": {\n"send1": {"recipient": "91"},\n"send2"', "cut_off", {"line": 3}),
        ('see:\n{"input": {"send1": {"recipient": "91"', "cut_off", {"line": 1}),
        (f"{SIMPLE_BODY}\n{SIMPLE_BODY}", "several_json", {"count": 2}),
        (f'{SIMPLE_BODY} or {{"input": {{"send1": {{}}}}}}', "several_json", {"count": 2}),
        (f"curl {URL} -d '{SIMPLE_BODY}'\n" * 2, "several_json", {"count": 2}),
        (ANSWER, "answer", {}),
        # The values in a broken body are not taken for the whole of it.
        (
            '{"input": {"send1": {"recipient": 91x, "params": {"1": "a"}}}}',
            "not_json",
            {"line": 1, "column": 37},
        ),
        ("{" + '"a":{' * 10000, "not_readable", {}),
        ("{\n  broken}", "not_json", {"line": 2, "column": 3}),
        ('{"1": "a",,}', "not_json", {"line": 1, "column": 11}),
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
        (
            json.dumps({str(number): "x" for number in range(101)}),
            "too_many_values",
            {"count": 101, "limit": 100},
        ),
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
