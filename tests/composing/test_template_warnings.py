"""What an admin is warned of at the texts."""

import pytest

from invocations.composing.template_warnings import listed, not_places, template_warnings
from invocations.models import Channel


def warnings(text, kind="whatsapp", **texts):
    return template_warnings(Channel(kind=kind, position=1, template_text=text, **texts))


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("whatsapp", "Hello {{ 1 }}", "“{{ 1 }}”: not a place for a value"),
        ("sms", "Hello {#VAR#}", "Write {#var#}."),
        ("whatsapp", "{{१}}", "digits of another script"),
        ("sms", "Hi ${name}", "The $ before “{name}”"),
        ("whatsapp", "{{1}} {{name}}", "mixes numbered and named places"),
    ],
)
def test_a_doubtful_text_has_one_sentence(kind, text, words):
    [warning] = warnings(text, kind)
    assert words in warning


def test_header_and_button_are_looked_at_too():
    channel = Channel(
        kind="whatsapp",
        template_text="",
        header_text="%name%",
        button_url="https://a.example/[[1]]{{ 1 }}",
    )
    assert not_places(channel) == ["%name%", "{{ 1 }}"]


def test_a_good_text_has_none():
    assert warnings("Hello {{1}}, {{2}}") == warnings("Hello {#var#}{#numeric#}", "sms") == []


def test_a_long_list_is_cut():
    assert listed(list("abcdefg")) == "“a”, “b”, “c”, “d”, “e”, …"
