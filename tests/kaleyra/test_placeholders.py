"""Which placeholders a template has, and which keys it needs."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.rendering import resolve
from invocations.kaleyra.template_params import (
    VERIFICATION_CODE,
    ChannelKind,
    needed_keys,
    placeholders,
)

from .strategies import texts

WHATSAPP, SMS = ChannelKind.WHATSAPP, ChannelKind.SMS


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("Hi {{1}}, {{2}}", WHATSAPP, [1, 2]),
        ("Hi {{$1}}, {{$2}}", WHATSAPP, [1, 2]),
        ("Hi {#var#}, {#var#}", SMS, [1, 2]),
        ("{{2}} before {{1}}", WHATSAPP, [2, 1]),
        ("{{1}} and again {{1}}", WHATSAPP, [1, 1]),
        ("{{name}}", WHATSAPP, ["name"]),
        ("{{first name}}", WHATSAPP, ["first name"]),
        ("{name}", SMS, ["name"]),
        ("{name}", WHATSAPP, []),
        ("{{name}}", SMS, ["name"]),
        ("{1}", SMS, ["1"]),
        ("{{{name}}}", SMS, ["name"]),
        ("{{name}} {{1}} {#var#} {#var#}", SMS, ["name", 1, 1, 2]),
        (
            "{#numeric#} {#alphanumeric#} {#url#} {#urlott#} {#cbn#} {#email#}",
            SMS,
            [1, 2, 3, 4, 5, 6],
        ),
        ("{#VAR#} {# var #} { name } {{ 1 }} {} {{}} { {{# }} {{$x", SMS, []),
        ("", SMS, []),
    ],
)
def test_placeholders_are_found_as_documented(
    text: str, kind: ChannelKind, expected: list[int | str]
) -> None:
    assert [place.name or place.position for place in placeholders(text, kind)] == expected


@given(texts, st.sampled_from(ChannelKind))
def test_a_placeholder_has_its_start_and_end(text: str, kind: ChannelKind) -> None:
    assert all(text[place.start : place.end] == place.text for place in placeholders(text, kind))


@pytest.mark.parametrize(
    "evil",
    [
        "{" * 50_000,
        "{{" + "a" * 50_000,
        "{{a" * 16_000,
        "{#" * 25_000,
        "{a" * 25_000,
        "{{1" * 16_000,
    ],
)
def test_a_hostile_template_is_read_quickly(evil: str) -> None:
    begun = time.thread_time()
    placeholders(evil, SMS)
    assert time.thread_time() - begun < 0.5


@pytest.mark.parametrize(
    ("text", "kind", "otp", "expected"),
    [
        ("Hi {{1}}, {{2}}", WHATSAPP, False, ["01", "02"]),
        ("Hi {{3}}", WHATSAPP, False, ["01", "02", "03"]),
        ("Hi {{1}} {{name}} {{name}}", WHATSAPP, False, ["01", "name"]),
        ("{OTP}", SMS, False, ["OTP"]),
        ("{#var#} for {#var#}", SMS, True, [VERIFICATION_CODE, "01"]),
        ("{#var#}", SMS, True, [VERIFICATION_CODE]),
        ("Hello", SMS, False, []),
    ],
)
def test_the_keys_that_a_template_needs(
    text: str, kind: ChannelKind, otp: bool, expected: list[str]
) -> None:
    assert needed_keys(text, kind, otp=otp) == expected


@pytest.mark.parametrize(("kind", "otp"), [(WHATSAPP, False), (SMS, False), (SMS, True)])
def test_the_keys_that_a_template_needs_fill_it(kind: ChannelKind, otp: bool) -> None:
    text = "".join(f"[{{{{{number}}}}}]" for number in range(1, 13)) + "{{name}}"
    resolved = resolve(text, {key: key for key in needed_keys(text, kind, otp=otp)}, kind, otp=otp)
    assert resolved.missing == ()
    assert resolved.text.startswith(f"[{VERIFICATION_CODE}][01][02]" if otp else "[01][02][03]")
