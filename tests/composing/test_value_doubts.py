"""Cautions about values that can hardly be meant, and about messages too long for WhatsApp."""

import pytest

from invocations.composing.value_rules import value_findings

from .channels import channel

URL, HEADER = "#param_url#", "#param_header#"
BUTTON = "https://kaveri.example/t/{{1}}"


def found(flow, params, **options):
    return {each.code: each for each in value_findings(flow, params, region="GB", **options)}


def flow(text="Hello {{1}}", **more):
    return channel("whatsapp", text, **more)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{{name}}", "place_in_value"),
        ("null", "empty_word"),
        ("#N/A", "spreadsheet_error"),
        ("[object Object]", "object_value"),
    ],
)
@pytest.mark.parametrize("key", ["01", "free"])
def test_a_value_that_can_hardly_be_meant_is_a_caution_without_the_value(value, code, key):
    finding = found(flow(), {"01": "Asha", key: value})[code]
    assert (finding.blocks, finding.asks, finding.key) == (False, False, key)
    assert value not in finding.text


def test_a_choice_of_the_admin_is_meant():
    assert found(flow(_01={"choices": "None\nSome"}), {"01": "None"}) == {}


def test_the_name_of_the_value_is_no_value():
    assert "label_value" in found(flow(_01={"label": "First name"}), {"01": "first NAME "})
    assert "label_value" in found(flow("Hi {{name}}"), {"name": "Name"})
    assert found(flow(), {"01": "01"}) == {}


def test_the_example_is_a_caution_unless_it_reaches_nobody_or_is_the_default():
    rules = {"sample": "Asha"}
    assert "sample_value" in found(flow(_01=rules), {"01": "Asha"})
    assert found(flow(_01=rules), {"01": "Asha"}, is_practice=True) == {}
    assert found(flow(_01=rules | {"default": "Asha"}), {"01": "Asha"}) == {}


FULL = (
    "https://kaveri.example/t/kf-1|HTTP://x.example|www.kaveri.example/t/kf-1|kaveri.example/t/kf-1"
    "| //kaveri.example/t/kf-1"
)


@pytest.mark.parametrize("value", FULL.split("|"))
def test_a_full_address_behind_the_beginning_of_one_is_a_caution(value):
    button = flow(texts={"button_url": BUTTON})
    finding = found(button, {"01": "Asha", URL: value})["address_twice"]
    assert (finding.key, finding.blocks) == (URL, False)
    text = "Track https://kaveri.example/t/{#var#}."
    assert found(channel("sms", text), {"01": value})["address_twice"].key == "01"


def test_it_is_one_too_where_kaleyra_alone_has_the_button():
    assert "address_twice" in found(flow(""), {"01": "Asha", URL: "https://kaveri.example/t/kf-1"})


@pytest.mark.parametrize(
    ("button", "value"),
    [
        (BUTTON, "kf-1"),
        (BUTTON, "kf-1?from=kaveri.example"),
        ("{{1}}", "https://kaveri.example/t/kf-1"),
        ("https://kaveri.example/go?to={{1}}", "https://kaveri.example/t/kf-1"),
    ],
)
def test_an_end_of_an_address_is_none(button, value):
    assert found(flow(texts={"button_url": button}), {"01": "Asha", URL: value}) == {}


def test_an_address_after_a_blank_is_none():
    assert (
        found(channel("sms", "See https://a.example or {#var#}"), {"01": "https://b.example"}) == {}
    )


def test_a_header_of_sixty_characters_and_one_more():
    header = flow(texts={"header_text": "Order {{1}}"})
    assert found(header, {"01": "Asha", HEADER: "x" * 54}) == {}
    finding = found(header, {"01": "Asha", HEADER: "x" * 57})["header_too_long"]
    assert (finding.blocks, finding.facts["length"], finding.facts["over"]) == (False, 63, 3)
    assert "3" in finding.text


def test_a_body_of_1024_characters_and_one_more():
    assert found(flow(), {"01": "x" * 1018}) == {}
    finding = found(flow(), {"01": "x" * 1020})["body_too_long"]
    assert (finding.blocks, finding.channel, finding.facts["over"]) == (False, 2, 2)


def test_an_sms_has_no_such_limit():
    assert found(channel("sms", "Hello {name}"), {"name": "x" * 1200}) == {}


@pytest.mark.parametrize(
    ("channel_of", "piece"),
    [
        (flow("Hello {{ 1 }} of {{1}}"), "{{ 1 }}"),
        (channel("sms", "{#VAR#} {#var#}"), "{#VAR#}"),
        (flow(texts={"header_text": "Order {{ 1 }}"}), "{{ 1 }}"),
        (flow(texts={"button_url": "https://x.example/{{ 1 }}"}), "{{ 1 }}"),
    ],
)
def test_what_is_no_place_is_a_caution_for_every_message(channel_of, piece):
    finding = found(channel_of, {"01": "Asha"})["not_a_place"]
    assert f"{piece}” exactly like this: it is not a place for a value." in finding.text
    assert not finding.blocks


def test_several_pieces_that_are_no_places_are_named_in_one_sentence_about_several():
    finding = found(flow("Hello {{ 1 }}, {{ 2 }} of {{1}}"), {"01": "Asha"})["not_a_place"]
    assert "“{{ 1 }}”, “{{ 2 }}” exactly like this: they are not places for values." in finding.text


def test_a_value_that_no_message_holds_is_refused_and_nothing_else_is_asked():
    assert list(found(flow(_01={"pattern": "x"}), {"01": "<a {{" * 20_000})) == ["max_length"]
