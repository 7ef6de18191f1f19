"""Numbers are masked in texts for people who may not see whole numbers."""

import json

import pytest

from invocations.kaleyra.redaction import kept_answer, mask_numbers
from invocations.kaleyra.reply import read_reply
from invocations.kaleyra.sentences import sentence_of

NUMBER = "919876543202"
SPELLINGS = [
    NUMBER,
    "+91 98765 43202",
    "098765-43202",
    "(0)98765.43202",
    "+91\u00a098765\u00a043202",
    "+91\u200b98765\u202f43202",
    "9 1 9 8 7 6 5 4 3 2 0 2",
    "91[98765]43202",
    "91 / 98765 - 43202",
    "+91–98765–43202",
    "9876543202x",
    "tel919876543202",
    "9843202",
    "٩١٩٨٧٦٥٤٣٢٠٢",
    "９１９８７６５４３２０２",
    "९१९८७६५४३२०२",
    "%2B91%2098765%2043202",
    "&nbsp;91&nbsp;98765&nbsp;43202",
    r"+91\u00a098765\u002d43202",
    r"\u002b91 98765\t43202",
    r"\u0039\u0031\u0039\u0038\u0037\u0036\u0035\u0034\u0033\u0032\u0030\u0032",
    "00000000-0000-0000-0000-919876543202",
    "98765432-0200-41be-97a5-3ac45551ec1b",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("wraps", [0, 1, 2])
@pytest.mark.parametrize("body", ['{"to": "%s"}', "to=%s&x", '{"a":{"b":["x","%s"]},"c":1'])
def test_a_number_is_masked_in_each_spelling(spelling, wraps, body):
    text = body.replace("%s", spelling)
    for _ in range(wraps):
        text = json.dumps({"workflowevent": text})
    shown = mask_numbers(text)
    for _ in range(wraps):
        shown = json.loads(shown)["workflowevent"]
    digits = "".join(str(int(sign)) for sign in _unescaped(shown) if sign.isdecimal())
    assert "9876" not in digits and "9843" not in digits and "[number ending in" in shown, shown


def _unescaped(text):
    for _ in range(2):
        try:
            text = json.loads(f'"{text}"')
        except ValueError:
            return text
    return text


@pytest.mark.parametrize(
    "text",
    [
        '{"timestamp": "2024-05-24T16:18:01.379310507Z", "createdAt": "2024-05-24T16:17:51+05:30"}',
        '{"messageId": "9db24eba-eeae-41be-97a5-3ac45551ec1b", '
        '"workflowInvocationId": "4AhJXi67XXXXXXXXXXFyQT "}',
        '{"timeout": "PT900S", "status": 202, "to": "+91 ••••• •3202", '
        '"n": [1, 2, 3, 4, 5, 6, 7, 8]}',
        "12 345 6",
    ],
)
def test_times_ids_and_small_numbers_stay(text):
    assert mask_numbers(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "9",
        "9 ",
        "9" + " " * 6,
        "9\\",
        "\\",
        "%",
        "%3",
        "\\u003",
        "+",
        "1-",
        "&#160;9",
        "2024-05-",
        "a1b2c3d4-",
        "0" * 8 + "-",
    ],
)
def test_a_hostile_text_is_redacted_quickly(piece):
    """A search that starts again at each character would take minutes."""
    text = piece * (256 * 1024 // len(piece))
    assert len(mask_numbers(text)) <= 2 * len(text)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_secret_that_only_unwrapping_would_show_is_not_kept(levels):
    number = "919876543202"
    escaped = "".join(f"\\u{ord(digit):04x}" for digit in number)
    text = '{"params": "No such number: ' + escaped + '"}'
    for _ in range(levels - 1):
        text = json.dumps(text)
    reply = read_reply(400, json.dumps({"message": text}).encode(), request_id="x")
    kept = kept_answer(reply, {number: "[number ending in 3202]"})
    assert number not in sentence_of(kept["message"])
    assert "[number ending in 3202]" in sentence_of(kept["message"])
