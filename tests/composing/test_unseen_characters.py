"""Characters that nobody sees, in keys, in codes, and in other values."""

import pytest

from invocations.composing.prepared_values import prepared
from invocations.composing.template_fields import fields_of
from invocations.composing.unseen_characters import has_meaningless
from invocations.composing.value_rules import value_findings
from invocations.kaleyra.template_params import ParamsError

from .channels import channel

CODE, URL = "#verification_code#", "#param_url#"
UNSEEN = ["\u200b", "\u200e", "\u00ad", "\ufeff", "\u2060", "\ufe0f", "\U000e0061", "\u3164"]


def findings(flow, params):
    return {each.code: each for each in value_findings(flow, params, region="GB")}


def prepare(flow, params):
    return prepared(flow, fields_of(flow), params)


@pytest.mark.parametrize(
    "value", [*UNSEEN, "\u2800", "\u200b \u00a0", "\u115f", "\u202e", "\U000e0100", "\u061c"]
)
def test_a_value_of_nothing_to_be_seen_is_no_value(value):
    flow = channel("whatsapp", "Hello {{1}} and {{name}}", name={"required": False})
    found = findings(flow, {"01": value})
    assert found["no_value"].blocks and found["no_value"].key == "01"
    assert findings(flow, {"01": "Asha", "name": value})["no_value"].key == "name"
    assert findings(channel("whatsapp", ""), {"x": value})["no_value"].key == "x"


def test_each_value_of_nothing_is_told():
    found = value_findings(channel("whatsapp", "{{1}} {{2}}"), {"01": " ", "02": "\u200b"})
    assert [(each.code, each.key) for each in found if each.blocks] == [
        ("no_value", "01"),
        ("no_value", "02"),
    ]


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize(
    ("flow", "key"),
    [
        (channel("whatsapp", "{{1}}", True), CODE),
        (channel("sms", "Code {#var#}", True), CODE),
        (channel("whatsapp", "", False), CODE),
        (channel("whatsapp", "{{1}}", True, texts={"button_url": "https://x/{{1}}"}), URL),
        (channel("sms", "Here is your {OTP}"), "OTP"),
    ],
)
def test_an_unseen_character_is_taken_out_of_a_code_and_said(flow, key, unseen):
    params, found = prepare(flow, {key: f"{unseen}48{unseen}2913{unseen}"})
    assert params[key] == "482913"
    [caution] = found
    assert (caution.code, caution.key, caution.blocks) == ("code_cleaned", key, False)
    assert "4829" not in caution.text and "2913" not in caution.text
    assert findings(flow, {key: f"48{unseen}2913"})["unseen_in_code"].blocks


@pytest.mark.parametrize("unseen", UNSEEN)
def test_an_unseen_character_is_taken_out_of_a_key_and_said(unseen):
    flow = channel("whatsapp", "Hello {{1}}")
    params, [caution] = prepare(flow, {f"{unseen}01": "Asha"})
    assert params == {"01": "Asha"} and caution.code == "key_cleaned" and "“01”" in caution.text
    assert findings(flow, {f"{unseen}01": "Asha"})["unseen_in_key"].blocks


def test_two_keys_that_become_one_are_refused():
    with pytest.raises(ParamsError, match="repeated_key"):
        prepare(channel("whatsapp", "{{1}}"), {"01": "a", "\u200b01": "b"})


def test_a_name_in_the_template_keeps_its_joiner():
    name = "\u0915\u094d\u200d\u0937"
    params, found = prepare(channel("whatsapp", f"{{{{{name}}}}}"), {name: "x"})
    assert (params, found) == ({name: "x"}, [])


FAMILY = "👨\u200d👩\u200d👧 hi"
WITH_MEANING = ["क्\u200dष", "می\u200cخواهم", FAMILY, "1\ufe0f\u20e3", "☎\ufe0e", "葛\U000e0100"]
WITHOUT = ["As\u200bha", "\u200eAsha", "Asha\ufe0f", "KF\u00ad-1", "a\u2060"]


@pytest.mark.parametrize("value", WITH_MEANING)
def test_an_unseen_character_with_a_meaning_stays_without_a_word(value):
    flow = channel("whatsapp", "{{1}}")
    assert prepare(flow, {"01": value}) == ({"01": value}, [])
    assert findings(flow, {"01": value}) == {}


@pytest.mark.parametrize("value", WITHOUT)
def test_one_without_a_meaning_stays_in_a_value_and_is_warned_of(value):
    flow = channel("whatsapp", "{{1}}")
    assert prepare(flow, {"01": value}) == ({"01": value}, [])
    assert not findings(flow, {"01": value})["unseen_character"].blocks


@pytest.mark.parametrize("mark", "\u202e\u202d\u2067\u2068")
def test_another_writing_direction_is_warned_of(mark):
    found = findings(channel("whatsapp", "{{1}}"), {"01": f"Pay {mark}001 to Asha\u202c"})
    assert list(found) == ["writing_direction"]


def test_meaning_depends_on_what_stands_beside():
    assert not has_meaningless("")
    assert has_meaningless("\u200b")
    assert has_meaningless("é a\u200bb")
    assert not has_meaningless("é\u200ba")
