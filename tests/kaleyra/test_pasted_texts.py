"""JSON in any text: quoted, in prose, in a program, in the quoting of cmd and PowerShell."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.pasted import MAX_PASTED_BYTES, Pasted, PasteError, read
from invocations.kaleyra.payload import Send

from .pasted_samples import SIMPLE, SIMPLE_BODY, URL, outcome

LINES = json.dumps(json.loads(SIMPLE_BODY), indent=2)
DOUBLED = SIMPLE_BODY.replace('"', '""')
LITERAL = repr(json.loads(SIMPLE_BODY))


def quoted(text: str, mark: str) -> str:
    return "\n".join(mark + line for line in text.splitlines())


IN_TEXT = {
    "a fence": f"```json\n{LINES}\n```",
    "a fence in prose": f"Hi,\nit's this:\n```\n{LINES}\n```\nThanks, O'Neil",
    "a heading": f"Payload: {SIMPLE_BODY}",
    "prose with quotes": f'He said "it failed", don\'t ask:\n{LINES}\n"Thanks!',
    "a reply": quoted(LINES, "> "),
    "a reply to a reply": quoted(LINES, ">> "),
    "a diff": quoted(LINES, "+"),
    "lines with numbers": "\n".join(f"{n:3} {line}" for n, line in enumerate(LINES.split("\n"), 1)),
    "Jira's code": f"{{code:json}}{LINES}{{code}}",
    "Jira's other code": f"{{code}}{SIMPLE_BODY}{{code}}",
    "a character without a width": f"\u200b{SIMPLE_BODY}",
    "a byte order mark in prose": f"Body:\ufeff{SIMPLE_BODY}",
    "characters without a width inside": LINES.replace("\n", "\n\u200b\u2060"),
    "blanks that do not break": LINES.replace("  ", "\u00a0\u00a0"),
    "HTML": SIMPLE_BODY.replace('"', "&quot;"),
    "typographic quotes": f"Payload: {SIMPLE_BODY}".replace('"', "”"),
    "doubled quotes": f'"{DOUBLED}"',
    "a semicolon": f"const body = {SIMPLE_BODY};",
    "Python": f'post(url, headers={{"Content-Type": "application/json"}}, json={SIMPLE_BODY})',
    "a Python literal": f"payload = {LITERAL}",
    "a JavaScript literal": "post({requestId: 'e574', input: {send1: {recipient: '91', "
    "templateParams: {1: 'Asha'}}}})".replace("{1:", "{'1':"),
    "a log entry": json.dumps({"level": "info", "body": SIMPLE_BODY}),
    "a log line": f"12:00 INFO body={json.dumps(SIMPLE_BODY)}",
    "a log line of several lines": f"body={json.dumps(LINES)}",
    "a PowerShell text": f'$body = @"\n{LINES}\n"@\nInvoke-RestMethod -Body $body',
    "a request with its answer": f'{SIMPLE_BODY}\n{{"requestId": "e574", "success": true, '
    '"status": 202, "message": "ok"}',
    "a brace that nothing closes": f'like {{"input": ... but: {SIMPLE_BODY}',
    "lines from its middle": '"requestId": "e574",\n"input": {"send1": {"recipient": "91", '
    '"templateParams": {"1": "Asha"}}}',
}


@pytest.mark.parametrize("text", IN_TEXT.values(), ids=IN_TEXT)
def test_the_one_body_in_a_text_is_read(text: str) -> None:
    pasted = read(text)
    assert (pasted.sends, pasted.request_id) == (SIMPLE, "e574")


COMMANDS = {
    "cmd": f'curl {URL} --data "{DOUBLED}"',
    "PowerShell": f'curl.exe {URL} -d "' + SIMPLE_BODY.replace('"', '`"') + '"',
    "carets": f'curl ^"{URL}^" --data-raw ^"' + SIMPLE_BODY.replace('"', '^"') + '^"',
    "carets twice": f'curl ^"{URL}^" --data-raw ^"' + SIMPLE_BODY.replace('"', '^"^"') + '^"',
    "a reply": quoted(f"curl -X POST '{URL}' \\\n  --data '{LINES}'", "> "),
    "a fence": f"```bash\n$ curl -X POST {URL} \\\n  --data '{LINES}'\n```\nThanks, it's urgent",
    "a here document": f"curl {URL} -d @- <<EOF\n{LINES}\nEOF",
    "a quote without its end": f"curl {URL} -d '{SIMPLE_BODY}",
    "Invoke-RestMethod": f"Invoke-RestMethod -Uri {URL} -Method Post -Body '{SIMPLE_BODY}'",
}


@pytest.mark.parametrize("text", COMMANDS.values(), ids=COMMANDS)
def test_the_body_and_the_url_of_a_command_are_read_in_any_quoting(text: str) -> None:
    assert read(text) == Pasted(SIMPLE, "e574", "api.eu.kaleyra.io", "HX01", "wf-1")


def test_empty_values_are_kept_where_quotes_are_doubled() -> None:
    text = '{""send1"":{""recipient"":""91"",""templateParams"":{""1"":""Asha"",""2"":""""}}}'
    assert read(text).sends == (Send("91", {"1": "Asha", "2": ""}),)


def test_a_line_break_inside_a_value_is_read() -> None:
    assert read(SIMPLE_BODY.replace("Asha", "12 Main\nPune")).sends == (
        Send("91", {"1": "12 Main\nPune"}),
    )


def test_other_text_and_other_json_are_noticed() -> None:
    pasted = read(f'For +91 98765 43210 it was {SIMPLE_BODY}, not {{"1": "x"}}')
    assert pasted.sends == SIMPLE and pasted.has_more_text and pasted.has_more_json
    assert not read(f"Payload: {SIMPLE_BODY}").has_more_text


@given(st.text(), st.text(alphabet="{}[]\"'\\:,^`>&; \n\u200b“”a1"), st.integers(0, 120))
def test_whatever_stands_around_a_body_nothing_but_a_paste_error_is_raised(
    before: str, after: str, cut: int
) -> None:
    for text in [before + SIMPLE_BODY[:cut] + after, after + SIMPLE_BODY[cut:] + before]:
        outcome(text)


FILLERS = [
    *("{", "}", '"', "'", "\\", "^", "`", "[", " ", "\n", "a", ">", "\u200b", "&", "-d "),
    *('{"', '{"a":', '{"a":[', '{"a":1,', '{"a":"b"}', '{"a"}', '{"requestId":', '{"input":{}}'),
    *("{ ", "{a:", "{'a':", '{""', '\\"', '^"', '`"', "curl ", "curl -d ", 'curl -d "{""', "\\n"),
    *(
        "api key ",
        "api-key: ",
        "&quot;",
        "a@",
        "> ",
        "1 ",
        '"a": {',
        "{\\n",
        '{"a":"\\\\',
        "“",
        "–data",
    ),
]


@pytest.mark.parametrize(
    ("start", "end"), [("", ""), ("{", '"'), ("{a:", "'"), ("curl -d '{", "}"), ('{"', "x")]
)
def test_the_longest_texts_are_judged_within_a_second_each(start: str, end: str) -> None:
    for filler in FILLERS:
        room = MAX_PASTED_BYTES - len((start + end).encode())
        text = start + filler * (room // len(filler.encode())) + end
        began = time.process_time()
        outcome(text)
        assert time.process_time() - began < 1, filler
    assert isinstance(outcome("{" * 100_000), PasteError)
