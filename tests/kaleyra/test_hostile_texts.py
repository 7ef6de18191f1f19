"""Whatever 100 KB of text come in, from a ticket, an answer or a form: they are read quickly."""

import time
from contextlib import suppress

import pytest

from invocations.kaleyra import (
    curl_command,
    limits,
    params_json,
    pasted,
    recipients,
    redaction,
    rendering,
    reply,
    template_params,
)
from invocations.kaleyra.template_params import ChannelKind

READERS = {
    "curl": curl_command.parse_curl,
    "curl body": lambda text: curl_command.parse_curl(f"curl -d '{text}'"),
    "paste": lambda text: pasted.read(text[: pasted.MAX_PASTED_BYTES // 4]),
    "json": lambda text: params_json.from_json(text[: params_json.MAX_JSON_CHARACTERS]),
    "number": recipients.clean,
    "masked": redaction.mask_numbers,
    "printable": reply.printable,
    "time": reply.read_timestamp,
    "places": lambda text: template_params.placeholders(text, ChannelKind.SMS),
    "problems": lambda text: limits.template_problems(text, ChannelKind.WHATSAPP),
    "preview": lambda text: rendering.resolve(text, {"01": "x"}, ChannelKind.SMS),
    "order": lambda text: template_params.out_of_order([text, text + "1", "2"]),
    "code": lambda text: limits.value_findings(
        {template_params.VERIFICATION_CODE: text}, ChannelKind.WHATSAPP
    ),
    "sms": lambda text: limits.value_findings(
        {"01": text}, ChannelKind.SMS, template_text="{#var#}", region="IN"
    ),
}
EVIL = [
    "{",
    "{{a",
    "{#var#}",
    "9 ",
    "\\u0039",
    "'",
    '"',
    "curl -d ",
    "--data ",
    "https://a.",
    "^\n",
]
EVIL += ["api-key: ", "\n", " ", "\u200b", "–", "a.a.", "1-1-", "2026-01-01T", '{"a":', "[", "1E+"]


@pytest.mark.parametrize("evil", EVIL)
def test_a_hostile_text_is_read_in_under_a_second(evil):
    text = (evil * 100_000)[:100_000]
    for name, read in READERS.items():
        begun = time.thread_time()
        with suppress(ValueError):
            read(text)
        assert time.thread_time() - begun < 1, name
