"""What looks like a place for a value in a template and is none."""

import time

import pytest

from invocations.kaleyra.lookalikes import doubtful_names, holds_a_place, lookalikes
from invocations.kaleyra.template_params import ChannelKind

WHATSAPP, SMS = ChannelKind.WHATSAPP, ChannelKind.SMS


def pieces(text: str, kind: ChannelKind = WHATSAPP, *, is_address: bool = False) -> list[str]:
    return [each.text for each in lookalikes(text, kind, is_address=is_address)]


OTHERS = """
{{ 1 }}|{{ name }}|{{}}|{{ }}|{{#1}}|{{$name}}|{#VAR#}|{#Var#}|{#number#}|{# var #}|{#var}|{}|{$1}
{{1|1}}|[[1]]|[[name]]|%name%|%FIRST_NAME%|%%name%%|%(name)s|%s|%1$s|$name|<name>|<first name>|<b>
<<name>>|((name))|##name##|#param_url#|[name]|[First Name]|[OTP]|｛｛1｝｝|%7B%7B1%7D%7D
""".strip().replace("\n", "|")


@pytest.mark.parametrize("piece", [*OTHERS.split("|"), "{{\u00a01}}", "*|FNAME|*"])
@pytest.mark.parametrize("kind", ChannelKind)
def test_other_notations_are_found_with_their_place_in_the_text(piece, kind):
    text = f"Hello {piece}, your order {{{{1}}}} is late."
    [found] = lookalikes(text, kind)
    assert found.text == piece
    assert text[found.start : found.end] == piece


@pytest.mark.parametrize(
    "text",
    [
        "Hello {{1}}, {{name}} and {{$2}} of {#var#}",
        "{#numeric#}{#alphanumeric#}{#url#}{#urlott#}{#cbn#}{#email#}",
        "50% off, 30% more, #1 of $5 <3 [URGENT] (ok) :} 5%-10%",
        "Mail <asha@example.com> or see <https://kaveri.example>",
        "a < b and c > d, *bold*, _it_, ~no~, `x`",
        "Pay Rs.{#var#}/- by 5/12. Save $20!",
        "",
    ],
)
def test_places_and_ordinary_text_are_none(text):
    assert pieces(text) == pieces(text, SMS) == []


def test_an_sms_has_places_in_single_braces_and_whatsapp_has_not():
    assert pieces("Hi {name} and { name }", SMS) == ["{ name }"]
    assert pieces("Hi {name} and ${name}", WHATSAPP) == ["{name}", "${name}"]


def test_a_brace_too_many_beside_a_place_is_found():
    assert pieces("Hi {{{1}}}!") == ["{", "}"]
    assert pieces("Hi {{1}!", SMS) == ["{"]


def test_in_an_address_percent_and_hash_have_a_meaning_of_their_own():
    address = "https://kaveri.example/%7Ea/%AB%CD/#top#/{{1}}"
    assert pieces(address, is_address=True) == []
    assert pieces("https://kaveri.example/{{ 1 }}", is_address=True) == ["{{ 1 }}"]


@pytest.mark.parametrize(
    "place", ["{{na\u200bme}}", "{{\u200b1}}", "{{1\u2060}}", "{{१}}", "{{１}}"]
)
def test_a_name_that_nobody_can_mean_is_found(place):
    assert [each.text for each in doubtful_names(f"{place} {{{{1}}}} {{{{name}}}}", WHATSAPP)] == [
        place
    ]


EVIL = "{|}|{{ |<a |<a a a|#a|##a|%|%%a|%7B|[[|((|((a|$a|{{a|a}} |｛|xxxxxx|[insert |{{1}|{#var#}"


@pytest.mark.parametrize("evil", [*EVIL.split("|"), "*|", "<<", "%(a"])
def test_a_hostile_text_is_searched_quickly(evil):
    text = (evil * 100_000)[:100_000]
    begun = time.thread_time()
    lookalikes(text, SMS)
    lookalikes(text, WHATSAPP, is_address=True)
    holds_a_place(text)
    assert time.thread_time() - begun < 1
