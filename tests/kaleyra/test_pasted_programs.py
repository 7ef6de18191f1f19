"""JSON as the programs write it that people copy requests from."""

import json
from urllib.parse import quote

import pytest

from invocations.kaleyra.pasted import read
from invocations.kaleyra.payload import Send

from .pasted_samples import URL, error_of

VALUES = {"1": 'O\'Brien "Bob"', "2": "50% & more", "3": "12 Main St\nPune, }", "4": "a // b #c"}
SENDS = (Send("919876543210", VALUES), Send("919876543211", {"1": "x"}))
BODY = {
    "requestId": "e574",
    "input": {
        f"send{number}": {"recipient": send.recipient, "templateParams": send.template_params}
        for number, send in enumerate(SENDS, start=1)
    },
}
TEXT, LINES = json.dumps(BODY), json.dumps(BODY, indent=2)
IN_SHELL, IN_PHP = TEXT.replace("'", "'\\''"), TEXT.replace("'", "\\'")
WITH_COMMENTS = LINES.replace('"input": {', '"input": { // both').replace('"x"', '"x" /* last */')
UNQUOTED = """{ requestId: 'e574', // ours
  input: { send1: { recipient: '919876543210', templateParams: { "1": "O'Brien \\"Bob\\"",
      2: `50% & more`, 3: '12 Main St\\nPune, }', 4: "a // b #c", }, },
    send2: { recipient: '919876543211', templateParams: { 1: 'x' } } }, }"""
IN_PROGRAMS = {
    "Postman's collection": json.dumps({"item": [{"request": {"body": {"raw": LINES}}}]}),
    "HAR": json.dumps({"log": {"entries": [{"request": {"postData": {"text": TEXT}}}]}}),
    "PowerShell": "Invoke-RestMethod -Method Post -Body '" + TEXT.replace("'", "''") + "'",
    "SQL": "INSERT INTO outbox VALUES (1, '" + TEXT.replace("'", "''") + "')",
    "wget": f"wget --method POST --body-data '{IN_SHELL}' '{URL}'",
    "HTTPie": f"printf '{IN_SHELL}' | http POST '{URL}'",
    "PHP": f"CURLOPT_POSTFIELDS =>'{IN_PHP}',",
    "Python's repr": f"DEBUG send {TEXT!r}",
    "Python's bytes": f"send: {TEXT.encode()!r}",
    "a Python literal": f"payload = {BODY!r}",
    "JavaScript": f"fetch(url, {{method: 'POST', body: JSON.stringify({UNQUOTED})}})",
    "Node's console": UNQUOTED,
    "comments": WITH_COMMENTS,
    "a last comma": LINES.replace('"x"', '"x",'),
    "numbers of lines": "\n".join(f"{n:3} | {x}" for n, x in enumerate(LINES.split("\n"), 1)),
    "Ruby": TEXT.replace('": ', '"=>'),
    "Docker's log": json.dumps({"log": f"POST {TEXT}\n", "stream": "stdout"}),
}


@pytest.mark.parametrize("text", IN_PROGRAMS.values(), ids=IN_PROGRAMS)
def test_the_body_in_a_program_is_read_sign_by_sign(text: str) -> None:
    pasted = read(text)
    assert (pasted.sends, pasted.request_id) == (SENDS, "e574")


def test_what_is_like_a_comment_in_a_value_stays() -> None:
    values = {"1": "https://kaveri.example//t #1", "2": "/* a */", "3": "a ,} it''s"}
    whole = json.dumps({"recipient": "919876543210", "templateParams": values})
    for text in (whole, whole[:-1] + ",}"):
        assert read(text).sends == (Send("919876543210", values),)


def test_values_of_a_body_that_cannot_be_read_are_not_taken_alone() -> None:
    text = 'post({send1: {recipient: to, templateParams: {"1": "Asha"}}, send2: other})'
    assert error_of(text).code == "not_json"


def test_values_beside_a_number_in_prose_are_read() -> None:
    text = 'Recipient: +91 98765 43210\nValues: {"1": "Asha"}'
    assert read(text).sends == (Send("", {"1": "Asha"}),)


def test_an_encoded_body_is_called_text_without_json() -> None:
    assert error_of(quote(TEXT)).code == "no_json"
