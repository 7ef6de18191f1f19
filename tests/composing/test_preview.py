"""The preview shows what Kaleyra makes of the values, by its documented rules."""

import pytest

from invocations.composing.preview import DOTS, bubbles
from invocations.kaleyra.rendering import resolve
from invocations.kaleyra.sms import measure
from invocations.kaleyra.template_params import ChannelKind
from invocations.models import Channel

CODE, HEADER, URL = "#verification_code#", "#param_header#", "#param_url#"


def channels(first, second="", otp=False, **more):
    return [
        Channel(
            position=1, kind="whatsapp", template_text=first, is_otp=otp, delay_seconds=30, **more
        ),
        Channel(position=2, kind="sms", template_text=second, is_otp=otp),
    ]


def text_of(stretches):
    return "".join(stretch.text for stretch in stretches)


def marks(bubble):
    return [(stretch.text, stretch.mark) for stretch in bubble.body if stretch.mark]


# template text, is OTP, parameters, text on WhatsApp, text of the SMS
TABLE = [
    ("Hi {{1}}, {{2}}", False, {"01": "Asha", "02": "x"}, "Hi Asha, x", "Hi Asha, x"),
    ("{{2}} {{1}} {{2}}", False, {"1": "a", "2": "b"}, "b a b", "b a b"),
    ("{{$1}} {#var#}", False, {"01": "a"}, "a a", "a a"),
    ("{#var#} {#var#}", False, {"b": "2", "a": "1"}, "1 2", "1 2"),
    ("Hi {{name}} {{Name}}", False, {"name": "a", "Name": "b"}, "Hi a b", "Hi a b"),
    ("Hi {name}", False, {"name": "a"}, "Hi {name}", "Hi a"),
    ("{{1}} {{name}}", False, {"01": "a", "name": "b"}, "a b", "a b"),
    (
        " ".join(f"{{{{{n}}}}}" for n in range(1, 13)),
        False,
        {f"{n:02}": f"v{n}" for n in range(1, 13)},
        *[" ".join(f"v{n}" for n in range(1, 13))] * 2,
    ),
    ("{{1}} {{2}} {{3}}", False, {"1": "a", "10": "j", "2": "b"}, "a j b", "a j b"),
    ("{{1}} {{3}}", False, {"01": "a", "03": "c"}, "a {{3}}", "a {{3}}"),
    ("{{0}} {{1}}", False, {"01": "a"}, "{{0}} a", "{{0}} a"),
    ("Code {{1}}, {{2}}", True, {CODE: "81X", "01": "5 min"}, "Code 81X, 5 min", "Code 81X, 5 min"),
    ("{{1}} {{2}}", False, {CODE: "81X", "01": "a"}, "a {{2}}", "81X a"),
    ("{{1}} {{2}}", False, {HEADER: "h", URL: "u", "01": "a"}, "a {{2}}", "h u"),
    (
        "{{1}} {{2}}",
        False,
        {"01": "{{2}} {#var#}", "02": "{name} $1 \\1"},
        "{{2}} {#var#} {name} $1 \\1",
        "{{2}} {#var#} {name} $1 \\1",
    ),
    ("{{1}}!", False, {"01": "👍🏽 ‏עברית 日本"}, "👍🏽 ‏עברית 日本!", "👍🏽 ‏עברית 日本!"),
    (
        "{{1}}",
        False,
        {"01": "<script>alert(1)</script>&amp;"},
        *["<script>alert(1)</script>&amp;"] * 2,
    ),
    ("{{1}}", False, {"01": "x" * 10_000}, "x" * 10_000, "x" * 10_000),
    ("nothing", False, {"01": "a"}, "nothing", "nothing"),
    ("{{1}}\n\n{{1}}", False, {}, "{{1}}\n\n{{1}}", "{{1}}\n\n{{1}}"),
]


@pytest.mark.parametrize(("text", "otp", "params", "whatsapp", "sms"), TABLE)
def test_a_bubble_has_the_text_that_the_documentation_gives(text, otp, params, whatsapp, sms):
    first, second = bubbles(channels(text, text, otp), [params, params])
    assert (
        (text_of(first.body), text_of(second.body)) == (whatsapp, sms) == (first.text, second.text)
    )
    assert second.text == resolve(text, params, ChannelKind.SMS, otp=otp).text
    assert second.size == measure(sms)


def test_a_placeholder_without_a_value_is_marked_missing():
    bubble = bubbles(channels("{{1}} {{2}}"), [{"01": "a"}, {}])[0]
    assert marks(bubble) == [("a", "value"), ("{{2}}", "missing")] and bubble.missing == ["{{2}}"]


def test_a_sensitive_value_is_shown_as_dots_everywhere():
    parts = {"header_text": "{{1}}", "button_url": "https://x.example/{{1}}"}
    params = {HEADER: "secret1", URL: "secret2", "01": "secret3"}
    both = bubbles(
        channels("{{1}}", "{{1}} {{2}} {{3}}", **parts), [params, params], hidden=set(params)
    )
    shown = [
        text_of(part) for bubble in both for part in (bubble.body, bubble.header, bubble.button)
    ]
    assert not any(
        "secret" in text
        for text in [*shown, *(place.value.text for bubble in both for place in bubble.places)]
    )
    assert shown[:3] == [DOTS, DOTS, f"https://x.example/{DOTS}"]


def test_header_and_button_take_the_values_of_their_special_keys():
    bubble = bubbles(
        channels("{{1}}", header_text="Hi {{1}}", button_url="https://x/{{1}}"),
        [{HEADER: "h", URL: "u", "01": "a"}, {}],
    )[0]
    assert (text_of(bubble.header), text_of(bubble.body), text_of(bubble.button)) == (
        "Hi h",
        "a",
        "https://x/u",
    )
    assert {(place.what, place.key) for place in bubble.places} == {
        ("header", HEADER),
        ("body", "01"),
        ("button", URL),
    }


def test_header_and_button_without_a_value_are_missing():
    assert bubbles(channels("x", header_text="Hi {{1}}", button_url="https://x/{{1}}"), [{}, {}])[
        0
    ].missing == ["{{1}}", "{{1}}"]


def test_a_blocked_value_is_marked_in_its_own_channel_only():
    both = bubbles(channels("{{1}}", "{{1}}"), [{"01": "a"}] * 2, bad=[set(), {"01"}])
    assert [marks(bubble) for bubble in both] == [[("a", "value")], [("a", "bad")]]


def test_places_are_in_the_order_in_which_they_take_their_values():
    bubble = bubbles(channels("{{2}} {{1}} {{2}}"), [{"b": "2", "a": "1"}, {}])[0]
    assert [(place.text, place.key, place.value.text) for place in bubble.places] == [
        ("{{1}}", "a", "1"),
        ("{{2}}", "b", "2"),
    ]


def test_several_occurrences_are_numbered():
    several, one = (
        bubbles(channels("", text), [{}, {"01": "a", "02": "b"}])[1]
        for text in ("{#var#} {#var#}", "{#var#}")
    )
    assert [place.number for place in several.places] == [1, 2]
    assert [place.number for place in one.places] == [None]


def test_unused_keys_are_listed():
    assert bubbles(channels("{{1}}"), [{"01": "a", "02": "b", URL: "u"}, {}])[0].unused == [
        "02",
        URL,
    ]


def test_without_a_text_the_bubble_is_empty():
    bubble = bubbles(channels(""), [{"01": "a"}, {}])[0]
    assert bubble.body is None and bubble.size is None and bubble.places == []


def test_the_second_channel_waits_for_the_first():
    first, second = bubbles(channels("a", "b"), [{}, {}])
    assert first.waits_for is None and second.waits_for is first.channel


def test_what_is_no_place_is_marked_in_each_text_and_listed():
    [bubble, sms] = bubbles(
        channels(
            "Hi {{ 1 }}, {{1}}!", "{#VAR#}", header_text="[[1]]", button_url="https://x/{{ 1 }}"
        ),
        [{"01": "{{ 1 }}"}, {}],
    )
    assert [(each.text, each.mark) for each in bubble.body] == [
        ("Hi ", ""),
        ("{{ 1 }}", "literal"),
        (", ", ""),
        ("{{ 1 }}", "value"),
        ("!", ""),
    ]
    assert bubble.literals == ["{{ 1 }}", "[[1]]"] and bubble.text == "Hi {{ 1 }}, {{ 1 }}!"
    assert [(each.text, each.mark) for each in sms.body] == [("{#VAR#}", "literal")]
    assert text_of(bubble.button) == "https://x/{{ 1 }}"
