"""What is read from a pasted command or body, and that a key in it is nowhere afterwards."""

import json
import shlex
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.pasted import MAX_PASTED_BYTES, Pasted, PasteError, read
from invocations.kaleyra.payload import Send, build_payload, to_curl, to_text

# The seed's three samples, as they stand there.
WITHOUT_PARAMS = """curl -X POST --location https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/00112233-4455-6677-XXXX-XXXXXXXXXXXX/invoke
--header "Content-Type: application/json"
--header "api-key: Axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx3"
--data '{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81"
},
"send2" : {
"recipient" : "91806XXXXX81"
}
}
}'
"""
WITH_PARAMS = """curl -X POST --location https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/00112233-4455-6677-XXXX-XXXXXXXXXXXX/invoke
--header 'Content-Type: application/json'
--header "api-key: Axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx3"
--data '{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"1" : "User",
"2" : "1 year",
"3" : "15% discount"
}
},
"send2" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"1" : "User",
"2" : "1 year",
"3" : "15% discount"
}
}
}
}'
"""
WITH_SPECIAL_PARAMS = """curl -X POST --location https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/00112233-4455-6677-XXXX-XXXXXXXXXXXX/invoke
--header 'Content-Type: application/json'
--header "api-key: Axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx3"
--data '{
"requestId" : "e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
"input" : {
"send1" : {
"recipient" : "91806XXXXX81",
"templateParams": {
"#verification_code#" : "81XXX23"
}
},
"send2" : {
"recipient" : "91806XXXXX81"
}
}
}'
"""
THREE = {"1": "User", "2": "1 year", "3": "15% discount"}

URL = "https://api.eu.kaleyra.io/v1/HX01/workflow/v1/instances/wf-1/invoke"
SENDS = (Send("918061234581", {"01": "Asha's “gift”", "02": "5^2 < 30 \\ €"}), Send("918061234582"))
BODY = to_text(build_payload("e574", SENDS))
SIMPLE = (Send("91", {"1": "Asha"}),)
SIMPLE_BODY = (
    '{"requestId":"e574","input":{"send1":{"recipient":"91","templateParams":{"1":"Asha"}}}}'
)
CANARY = "Ac0ffeecanary0canary0canary0canary"


def error_of(text: str) -> PasteError:
    with pytest.raises(PasteError) as caught:
        read(text)
    return caught.value


def outcome(text: str) -> Pasted | PasteError:
    try:
        return read(text)
    except PasteError as error:
        return error


# --- the seed's samples -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "params1", "params2"),
    [
        (WITHOUT_PARAMS, {}, {}),
        (WITH_PARAMS, THREE, THREE),
        (WITH_SPECIAL_PARAMS, {"#verification_code#": "81XXX23"}, {}),
    ],
)
def test_the_three_samples_of_the_seed_are_read(
    sample: str, params1: dict[str, str], params2: dict[str, str]
) -> None:
    assert read(sample) == Pasted(
        sends=(Send("91806XXXXX81", params1), Send("91806XXXXX81", params2)),
        request_id="e574XXXa-ef19-11ef-b02c-833eaXXXXf1d",
        api_domain="api.in.kaleyra.io",
        sid="HXXXXXXX071IN",
        workflow_instance_id="00112233-4455-6677-XXXX-XXXXXXXXXXXX",
        had_key=True,
    )


def test_the_seeds_format_with_its_words_in_place_of_values_is_told_as_no_object() -> None:
    text = WITHOUT_PARAMS.replace(
        '"91806XXXXX81"\n', '"<recipient>",\n"templateParams": "<template_params_object>"\n'
    )
    error = error_of(text)
    assert (error.code, error.facts) == ("not_an_object", {"key": "templateParams"})


# --- our own command --------------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=40) | st.text(
    alphabet="'\"\\^`$!{}[]“”‘’–\n\r\t \u00a0\u2028@#%&|;", max_size=20
)
SOME_SENDS = st.lists(
    st.builds(Send, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=4)), min_size=1, max_size=3
)


@given(SOME_SENDS, TEXTS)
def test_what_we_offer_to_copy_is_read_back_whatever_the_values(
    sends: list[Send], request_id: str
) -> None:
    pasted = read(to_curl(URL, to_text(build_payload(request_id, sends))))
    assert pasted.sends == tuple(sends)
    assert pasted.request_id == request_id
    assert (pasted.api_domain, pasted.sid, pasted.workflow_instance_id) == (
        "api.eu.kaleyra.io",
        "HX01",
        "wf-1",
    )


@given(SOME_SENDS)
def test_a_body_alone_is_read_back_whatever_the_values(sends: list[Send]) -> None:
    payload = build_payload("e574", sends)
    assert (
        read(json.dumps(payload, indent=2))
        == read(to_text(payload))
        == Pasted(tuple(sends), "e574")
    )
    assert read(json.dumps(payload["input"])) == Pasted(tuple(sends))


@given(TEXTS)
def test_any_quoting_of_a_shell_is_read_as_the_shell_reads_it(value: str) -> None:
    body = json.dumps(
        {"input": {"send1": {"recipient": "91", "templateParams": {"1": value}}}},
        ensure_ascii=False,
    )
    in_double_quotes = "".join(
        "\\" + character if character in '$`"\\' else character for character in body
    )
    in_ansi_quotes = body.replace("\\", "\\\\").replace("'", "\\'")
    one_by_one = "".join("\\" + character for character in body)
    for quoted in [shlex.quote(body), f'"{in_double_quotes}"', f"$'{in_ansi_quotes}'", one_by_one]:
        assert read(f"curl {URL} -d {quoted}").sends == (Send("91", {"1": value}),)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for pasted in [text, "curl -d " + text, "{" + text, f"curl {URL} -d '{text}'"]:
        outcome(pasted)


# --- the shapes of a command ------------------------------------------------------------------------------------------

DOUBLE = SIMPLE_BODY.replace('"', '\\"')


@pytest.mark.parametrize(
    "command",
    [
        f"curl {URL} -d '{SIMPLE_BODY}'",
        f"curl {URL} -d'{SIMPLE_BODY}'",
        f"curl {URL} -sSd '{SIMPLE_BODY}'",
        f"curl {URL} --data '{SIMPLE_BODY}'",
        f"curl {URL} --data='{SIMPLE_BODY}'",
        f"curl {URL} --DATA '{SIMPLE_BODY}'",
        f"curl {URL} --data-raw '{SIMPLE_BODY}'",
        f"curl {URL} --data-binary '{SIMPLE_BODY}'",
        f"curl {URL} --data-ascii '{SIMPLE_BODY}'",
        f"curl {URL} --json '{SIMPLE_BODY}'",
        f"curl --url {URL} --json '{SIMPLE_BODY}'",
        f"curl --url={URL} --json '{SIMPLE_BODY}'",
        f"curl -XPOST -L '{URL}' -H 'content-type: application/json' -d '{SIMPLE_BODY}'",
        f'curl -X POST "{URL}" -d "{DOUBLE}"',
        f"curl.exe {URL} -d '{DOUBLE}'",
        f"/usr/bin/curl {URL} -d '{SIMPLE_BODY}' | jq .",
        f"$ curl {URL} -d '{SIMPLE_BODY}'",
        f"It doesn't arrive. I ran curl, as you said:\n```\ncurl -X POST {URL} -d '{SIMPLE_BODY}'\n```",
        f"-X POST {URL} --data '{SIMPLE_BODY}'",
        f"curl \\\n  {URL} \\\n  -d '{SIMPLE_BODY}'",
        f"curl \\\r\n  {URL}\\\r\n  -d '{SIMPLE_BODY}' \\",
        f"curl \\  \n  {URL} \\ \n  -d '{SIMPLE_BODY}'",
        f"curl\u00a0{URL}\u00a0-d '{SIMPLE_BODY}'",
        f'curl ^\n  {URL} ^\n  -d "{DOUBLE}"',
        f'curl ^\r\n  {URL}^\r\n  -d "{DOUBLE}"',
        f"curl `\n  {URL} `\n  -d '{SIMPLE_BODY}'",
        f"curl {URL}\n-H 'a: b'\n-d '{SIMPLE_BODY}'",
        f"curl {URL} -d \\  \n'{SIMPLE_BODY}'",
        f"curl {URL} -d ^\n'{SIMPLE_BODY}'",
        f"curl {URL} -d `\n'{SIMPLE_BODY}'",
        f'curl {URL} -d "{DOUBLE}"'.replace(",", ",\\\n"),
        f"curl {URL} -H 'codec: d' -Hd:x -ufred:pass -XDELETE -D headers -d '{SIMPLE_BODY}'",
        f"\ufeff  curl {URL} -d '{SIMPLE_BODY}'\n",
        f"curl {URL} -d $'{SIMPLE_BODY}'",
        f"curl {URL} -d ''\"\"'{SIMPLE_BODY}'",
        # what browsers copy for cmd.exe
        f'curl ^"{URL}^" ^\n  --data-raw ^"'
        + SIMPLE_BODY.replace('"', '^\\^"').replace("{", "^{").replace("}", "^}")
        + '^"',
        # what a ticket makes of quotes, dashes and blanks
        f"curl “{URL}” -d ‘{SIMPLE_BODY}’",
        f"curl “{URL}” -d '{SIMPLE_BODY}'",
        f"curl {URL} –data ‘{SIMPLE_BODY}’".replace('"', "“"),
        f"curl {URL} —data “{DOUBLE}”".replace('"', "”"),
        f"curl {URL} --data '{SIMPLE_BODY}'".replace('"requestId"', "“requestId”"),
        f"curl {URL} --data '{SIMPLE_BODY}'".replace(",", ",\n\u00a0\u00a0"),
    ],
)
def test_a_command_is_read_however_it_is_written(command: str) -> None:
    assert read(command) == Pasted(SIMPLE, "e574", "api.eu.kaleyra.io", "HX01", "wf-1")


def test_ansi_escapes_are_undone_and_pairs_of_surrogates_joined() -> None:
    body = r"""{"send1":{"recipient":"91","templateParams":{"1":"it\'s \u0021 \x26 \\n \ud83d\ude00 \\u00e9 \u20ac"}}}"""
    assert read(f"curl {URL} -d $'{body}'").sends == (Send("91", {"1": "it's ! & \n 😀 é €"}),)


def test_typographic_quotes_in_values_stay_where_the_rest_is_sound() -> None:
    assert read(to_curl(URL, BODY)).sends == SENDS


def test_undoing_a_tickets_quotes_leaves_dashes_of_values_alone() -> None:
    value = "a – b, –b and —data?"
    text = f"curl {URL} –data-raw ‘" + SIMPLE_BODY.replace("Asha", value) + "’"
    assert read(text).sends == (Send("91", {"1": value}),)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            "api.in.kaleyra.io/v1/HX01/workflow/v1/instances/wf-1/invoke",
            ("api.in.kaleyra.io", "HX01", "wf-1"),
        ),
        (
            "http://127.0.0.1:8100/v1/HX01/workflow/v1/instances/wf-1/invoke",
            ("127.0.0.1:8100", "HX01", "wf-1"),
        ),
        (
            "https://API.in.Kaleyra.io/v1/HX01/workflow/v1/instances/wf-1",
            ("api.in.kaleyra.io", "HX01", "wf-1"),
        ),
        (
            "https://api.in.kaleyra.io/v1/<sid>/workflow/v1/instances/<id>/invoke",
            ("api.in.kaleyra.io", "", ""),
        ),
        ("https://<api_domain>/v1/HX01/workflow/v1/instances/wf-1/invoke", ("", "HX01", "wf-1")),
        (
            "https://user:word@api.in.kaleyra.io/v1/HX01/workflow/v1/instances/wf-1/invoke?a=b",
            ("api.in.kaleyra.io", "HX01", "wf-1"),
        ),
        ("https://example.com/elsewhere", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_parts_of_the_url_are_told_where_they_can_be_such(
    url: str, parts: tuple[str, str, str]
) -> None:
    pasted = read(f"curl --referer https://example.com/ {url} -d '{SIMPLE_BODY}'")
    assert (pasted.api_domain, pasted.sid, pasted.workflow_instance_id) == parts


# --- the shapes of a body ---------------------------------------------------------------------------------------------


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


def test_what_surrounds_a_text_does_no_harm() -> None:
    assert read('\ufeff\r\n\t {"1": "Asha"} \n') == Pasted((Send("", {"1": "Asha"}),))


def test_the_old_request_id_is_told_if_there_is_one() -> None:
    assert read(SIMPLE_BODY).request_id == "e574"
    assert read(SIMPLE_BODY.replace('"requestId":"e574",', "")).request_id is None


# --- refusals ---------------------------------------------------------------------------------------------------------


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


def test_the_limit_is_in_bytes_and_is_reached_by_no_less() -> None:
    around = '{"1": ""}'
    assert read('{"1": "' + "é" * ((MAX_PASTED_BYTES - len(around)) // 2) + '"}').sends
    assert (
        error_of('{"1": "' + "é" * ((MAX_PASTED_BYTES - len(around)) // 2 + 1) + '"}').code
        == "too_long"
    )


# --- the key ----------------------------------------------------------------------------------------------------------

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
SOUND = f"curl {URL} %s -d '{SIMPLE_BODY}'"
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
    '{"1": "a"} %s',
    '{"input": {"send1": "%s"}}',
    "%s",
]


def everywhere(result: Pasted | PasteError) -> str:
    """All that a log, a page or a debugger of exceptions could show of a result."""
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
def test_a_key_in_a_command_is_told_and_thrown_away(header: str) -> None:
    pasted = read(SOUND % header)
    assert pasted.sends == SIMPLE
    assert pasted.had_key
    assert CANARY not in everywhere(pasted)


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("header", KEY_HEADERS)
def test_a_key_in_an_unreadable_text_is_in_no_error(header: str, broken: str) -> None:
    error = outcome(broken % header)
    assert isinstance(error, PasteError)
    assert CANARY not in everywhere(error)


def test_the_errors_of_json_which_carry_the_whole_text_are_linked_to_none_of_ours() -> None:
    error = error_of(f"{{broken {CANARY}")
    assert error.__context__ is None
    assert error.__cause__ is None


@pytest.mark.parametrize(
    "text",
    [
        f'{{"api-key": "{CANARY}", "requestId": "e574", "input": {{"send1": {{"recipient": "91"}}}}}}',
        f'{{"Api-Key": "{CANARY}", "send1": {{"recipient": "91"}}}}',
        f'{{" API-KEY ": "{CANARY}", "1": "Asha"}}',
        f'{{"api-key: {CANARY}": 5, "1": "Asha"}}',
        f'curl -d \'{{"api-key": "{CANARY}", "1": "Asha"}}\'',
        f"API_KEY={CANARY} curl {URL} -H \"api-key: $API_KEY\" -d '{SIMPLE_BODY}'",
        f"curl https://key:{CANARY}@api.in.kaleyra.io/v1/HX01/workflow/v1/instances/wf-1/invoke?api-key={CANARY} -d '{SIMPLE_BODY}'",
        f"curl https://api.in.kaleyra.io/v1/HX01/workflow/v1/instances/wf-1;api-key={CANARY}/invoke -d '{SIMPLE_BODY}'",
    ],
)
def test_a_key_elsewhere_is_told_and_thrown_away_too(text: str) -> None:
    pasted = read(text)
    assert pasted.sends
    assert pasted.had_key
    assert CANARY not in everywhere(pasted)


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
    assert CANARY not in everywhere(error_of(text))


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
def test_a_name_in_place_of_a_key_is_no_key(header: str) -> None:
    assert read(SOUND % header).had_key is False


def test_a_value_that_speaks_of_a_key_is_no_key_and_stays() -> None:
    text = SOUND.replace("Asha", "Your api-key: 123")
    assert read(text % "") == Pasted(
        (Send("91", {"1": "Your api-key: 123"}),), "e574", "api.eu.kaleyra.io", "HX01", "wf-1"
    )
