"""A key in a pasted text is noticed and thrown away: it gets into no value and no error."""

import traceback

import pytest

from invocations.kaleyra.pasted import Pasted, PasteError, read
from invocations.kaleyra.payload import Send

from .pasted_samples import CANARY, SIMPLE, SIMPLE_BODY, URL, error_of, outcome

KEY_HEADERS = [
    f"-H 'api-key: {CANARY}'",
    f"-H api-key:{CANARY}",
    f"-H api-key: {CANARY}",
    f"-H 'api-key:{CANARY}'",
    f'-H "API-KEY : {CANARY}"',
    f"-HApi-Key:{CANARY}",
    f"-sH 'api-key: {CANARY}'",
    f"--header='API-KEY: {CANARY}'",
    f"--header 'Api-Key: {CANARY}'",
    f"--HEADER $'api-key: {CANARY}'",
    f"--header “api-key: {CANARY}”",
    f"–header ‘api-key: {CANARY}’",
    f"-H 'x-api-key: {CANARY}'",
    f"-H 'api_key: {CANARY}'",
    f"-h 'api-key: {CANARY}'",
    f'^\n -H ^"api-key: {CANARY}^" ^\n',
    f"--url 'https://example.com/?api-key={CANARY}'",
]
INSTANCE = "api.in.kaleyra.io/v1/HX01/workflow/v1/instances/wf-1"
ONE_SEND = '{"send1": {"recipient": "91"}}'
VALID = f"curl {URL} %s -d '{SIMPLE_BODY}'"
BROKEN = [
    "curl %s",
    "curl %s -d @file",
    "curl %s -d 'a=b'",
    "curl %s -d '{\"1\": 5}'",
    'curl %s -d \'{"1": "a", "1": "b"}\'',
    'curl %s -d \'{"input": ',
    'curl -d \'{"input": %s',
    'curl -d \'{"input": {}} %s',
    'curl -d "{\\"input\\": %s}"',
    "{%s",
    '{"input": {"send1": "%s"}}',
    "%s",
]


def all_text_of(result: Pasted | PasteError) -> str:
    """All text of a result that a log, a page or a traceback could show."""
    if isinstance(result, Pasted):
        return repr(result) + repr(vars(result))
    shown = [*traceback.format_exception(result), repr(vars(result))]
    linked: BaseException | None = result
    while linked is not None:
        shown.append(
            repr(linked)
            + str(linked)
            + repr(linked.args)
            + repr(vars(linked))
            + repr(getattr(linked, "__notes__", ""))
        )
        linked = linked.__cause__ or linked.__context__
    return "".join(shown)


@pytest.mark.parametrize("header", KEY_HEADERS)
def test_a_key_in_a_command_is_noticed_and_dropped(header: str) -> None:
    pasted = read(VALID % header)
    assert pasted.sends == SIMPLE
    assert pasted.had_key
    assert CANARY not in all_text_of(pasted)


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("header", KEY_HEADERS)
def test_a_key_in_an_unreadable_text_is_in_no_error(header: str, broken: str) -> None:
    error = outcome(broken % header)
    assert isinstance(error, PasteError)
    assert CANARY not in all_text_of(error)


def test_our_errors_do_not_link_the_json_error_that_quotes_the_text() -> None:
    error = error_of(f"{{broken {CANARY}")
    assert error.__context__ is None
    assert error.__cause__ is None


@pytest.mark.parametrize("header", KEY_HEADERS)
def test_a_key_in_the_text_around_json_is_noticed_and_dropped(header: str) -> None:
    pasted = read(f'{{"1": "a"}} {header}')
    assert pasted.sends == (Send("", {"1": "a"}),) and pasted.had_key
    assert CANARY not in all_text_of(pasted)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"api-key": "{CANARY}", "requestId": "e574", "input": {ONE_SEND}}}',
        f'{{"x-api-key": "{CANARY}", "1": "Asha"}}',
        f'{{"API_KEY": "{CANARY}", "send1": {{"recipient": "91"}}}}',
        f'{{"send1": {{"recipient": "91", "templateParams": {{"api-key": "{CANARY}"}}}}}}',
        f'{{"send1": {{"recipient": "91", "apikey": "{CANARY}"}}}}',
        f'{{"headers": {{"api-key": "{CANARY}"}}, "body": {ONE_SEND}}}',
        f'{{"api-key": "{CANARY}", "Content-Type": "application/json"}}\n{ONE_SEND}',
        f'requests.post(u, headers={{"api-key": "{CANARY}"}}, json={ONE_SEND})',
        f"requests.post(u, headers={{'api-key': '{CANARY}'}}, json={{'send1': {{'to': '9'}}}})",
        f"api-key: {CANARY}\n\n{SIMPLE_BODY}",
        f'{{"Api-Key": "{CANARY}", "send1": {{"recipient": "91"}}}}',
        f'{{" API-KEY ": "{CANARY}", "1": "Asha"}}',
        f'{{"api-key: {CANARY}": 5, "1": "Asha"}}',
        f'curl -d \'{{"api-key": "{CANARY}", "1": "Asha"}}\'',
        f"API_KEY={CANARY} curl {URL} -H \"api-key: $API_KEY\" -d '{SIMPLE_BODY}'",
        f"curl https://key:{CANARY}@{INSTANCE}/invoke?api-key={CANARY} -d '{SIMPLE_BODY}'",
        f"curl https://{INSTANCE};api-key={CANARY}/invoke -d '{SIMPLE_BODY}'",
    ],
)
def test_a_key_elsewhere_is_noticed_and_dropped_too(text: str) -> None:
    pasted = read(text)
    assert pasted.sends
    assert pasted.had_key
    assert CANARY not in all_text_of(pasted)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"api-key": "{CANARY}"}}',
        f'{{"api-key: {CANARY}": "", "api-key: {CANARY}": ""}}',
        f'{{"input": {{"send1": {{"templateParams": {{"api-key: {CANARY}": 5}}}}}}}}',
        f'{{"headers": {{"api-key": "{CANARY}"}}, "1": "Asha"}}',
    ],
)
def test_a_key_in_json_that_is_refused_is_in_no_error(text: str) -> None:
    assert CANARY not in all_text_of(error_of(text))


@pytest.mark.parametrize(
    "header",
    [
        "",
        '--header "api-key: $KALEYRA_API_KEY"',
        '--header "api-key: ${KALEYRA_API_KEY}"',
        "--header 'api-key: <api-key>'",
        '--header "api-key: %KEY%"',
        "--header 'api-key: {{api_key}}'",
        "--header 'api-key:'",
        "--header 'Content-Type: application/json'",
    ],
)
def test_a_placeholder_for_a_key_is_no_key(header: str) -> None:
    assert read(VALID % header).had_key is False


def test_a_value_that_mentions_a_key_is_kept() -> None:
    text = VALID.replace("Asha", "Your api-key: 123")
    assert read(text % "") == Pasted(
        (Send("91", {"1": "Your api-key: 123"}),), "e574", "api.eu.kaleyra.io", "HX01", "wf-1"
    )


IN_PROGRAMS = [
    f'request.addHeader("api-key", "{CANARY}"); {SIMPLE_BODY}',
    f'$headers.Add("api-key", "{CANARY}")\n$body = \'{SIMPLE_BODY}\'',
    f"body: {SIMPLE_BODY}\nheaders:\n  - name: api-key\n    value: {CANARY}",
    f'{{"headers": [{{"name": "api-key", "value": "{CANARY}"}}], "text": {SIMPLE_BODY}}}',
    f'{{"header": [{{"key": "Api-Key", "value": "{CANARY}"}}], "raw": {SIMPLE_BODY}}}',
]


@pytest.mark.parametrize("text", IN_PROGRAMS)
def test_a_key_with_its_name_beside_it_is_noticed(text: str) -> None:
    pasted = read(text)
    assert pasted.sends == SIMPLE and pasted.had_key and CANARY not in all_text_of(pasted)


def test_the_header_of_a_key_is_no_value() -> None:
    assert error_of(f'[{{"key": "api-key", "value": "{CANARY}"}}]').code == "no_sends"
