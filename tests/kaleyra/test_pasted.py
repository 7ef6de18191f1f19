"""Pasted curl commands, in the quoting of shells, browsers and ticket systems."""

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.paste_error import names_a_key
from invocations.kaleyra.pasted import Pasted, read
from invocations.kaleyra.payload import Send, build_payload, to_curl, to_text

from .pasted_samples import (
    BODY,
    DOUBLE,
    SENDS,
    SIMPLE,
    SIMPLE_BODY,
    URL,
    WITH_PARAMS,
    WITH_SPECIAL_PARAMS,
    WITHOUT_PARAMS,
    error_of,
    outcome,
)

THREE = {"1": "User", "2": "1 year", "3": "15% discount"}


# --- the seed's samples ---------------------------------------------------------------------------


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


def test_the_format_of_the_seed_with_words_for_values_is_refused_as_no_object() -> None:
    text = WITHOUT_PARAMS.replace(
        '"91806XXXXX81"\n', '"<recipient>",\n"templateParams": "<template_params_object>"\n'
    )
    error = error_of(text)
    assert (error.code, error.facts) == ("not_an_object", {"key": "templateParams"})


# --- our own command ------------------------------------------------------------------------------


TEXTS = st.text(max_size=40) | st.text(
    alphabet="'\"\\^`$!{}[]“”‘’–\n\r\t \u00a0\u2028@#%&|;", max_size=20
)
NAMES = TEXTS.filter(lambda name: not names_a_key(name))
"""What is named like an API key is left out of a paste, whatever it is."""
SOME_SENDS = st.lists(
    st.builds(Send, TEXTS, st.dictionaries(NAMES, TEXTS, max_size=4)), min_size=1, max_size=3
)


@given(SOME_SENDS, TEXTS)
def test_our_own_curl_command_is_read_back_with_any_values(
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
def test_a_body_alone_is_read_back_with_any_values(sends: list[Send]) -> None:
    payload = build_payload("e574", sends)
    assert (
        read(json.dumps(payload, indent=2))
        == read(to_text(payload))
        == Pasted(tuple(sends), "e574")
    )
    assert read(json.dumps(payload["input"])) == Pasted(tuple(sends))


@given(TEXTS)
def test_any_shell_quoting_is_read_as_the_shell_reads_it(value: str) -> None:
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


# --- the shapes of a command ----------------------------------------------------------------------


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
        "It doesn't arrive. I ran curl, as you said:\n```\n"
        f"curl -X POST {URL} -d '{SIMPLE_BODY}'\n```",
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


def test_ansi_escapes_are_decoded_and_surrogate_pairs_joined() -> None:
    value = r"it\'s \u0021 \x26 \\n \ud83d\ude00 \\u00e9 \u20ac"
    body = f'{{"send1":{{"recipient":"91","templateParams":{{"1":"{value}"}}}}}}'
    assert read(f"curl {URL} -d $'{body}'").sends == (Send("91", {"1": "it's ! & \n 😀 é €"}),)


def test_typographic_quotes_in_values_are_kept_if_the_rest_is_valid() -> None:
    assert read(to_curl(URL, BODY)).sends == SENDS


def test_repairing_typographic_quotes_keeps_the_dashes_of_values() -> None:
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
def test_the_valid_parts_of_the_url_are_read(url: str, parts: tuple[str, str, str]) -> None:
    pasted = read(f"curl --referer https://example.com/ {url} -d '{SIMPLE_BODY}'")
    assert (pasted.api_domain, pasted.sid, pasted.workflow_instance_id) == parts
