"""The rules for the values of one channel."""

import time

import pytest

from invocations.composing import error_text
from invocations.composing.findings import Severity
from invocations.composing.value_rules import value_findings
from invocations.kaleyra import limits
from invocations.models import Parameter

from . import channels

FACTS = {"length": 31, "limit": 30, "over": 1, "which": ("tab",), "missing": (2,)} | {
    "first": 2,
    "text": "{x}",
    "order": (),
    "before": (),
}


def channel(kind="sms", text="{#var#}", otp=False, **rules):
    """A channel with rules for its one value."""
    return channels.channel(kind, text, otp, **({"_01": rules} if rules else {}))


def codes(channel, params, region="IN"):
    return {finding.code for finding in value_findings(channel, params, region=region)}


@pytest.mark.parametrize(
    ("rules", "good", "bad", "code"),
    [
        ({"max_length": 3}, "abc", "abcd", "max_length"),
        ({"pattern": "[0-9]+"}, "12", "12a", "pattern"),
        ({"pattern": "a|b"}, "b", "ab", "pattern"),
        ({"pattern": "a.b"}, "axb", "a\nb", "pattern"),
        ({"choices": "x\ny"}, "y", "z", "choice"),
        ({"choices": "xyz\nab", "max_length": 2, "pattern": "a"}, "xyz", "a", "choice"),
        ({"label": "Name"}, "x" * 10_000, "", "required"),
        ({}, "<3 {1", "", "required"),
    ],
)
def test_the_admins_rules_block_what_breaks_them(rules, good, bad, code):
    flow = channel(kind="sms", **rules)
    assert codes(flow, {"01": good}, region="") == set()
    [finding] = [each for each in value_findings(flow, {"01": bad} if bad else {}) if each.blocks]
    assert (finding.code, finding.channel, finding.key) == (code, 2, "01")
    assert finding.severity is Severity.BLOCKER and "%(" not in finding.text


@pytest.mark.parametrize(
    ("kind", "text", "otp", "params", "expected"),
    [
        ("sms", "{#var#}", False, {"01": "x" * 31}, {"dlt_too_long"}),
        ("sms", "{#var#}", False, {"01": "a<b"}, {"dlt_angle"}),
        ("sms", "{name}", False, {"name": "x" * 31}, set()),
        ("whatsapp", "{{1}}", False, {"01": "x" * 31}, set()),
        ("whatsapp", "{{1}}", True, {"#verification_code#": "1" * 16}, {"code_too_long"}),
        ("whatsapp", "{{1}}", False, {"01": "a\nb"}, {"whatsapp_white_space"}),
        ("whatsapp", "", False, {"10": "a", "2": "b"}, {"out_of_order"}),
        ("whatsapp", "{{1}}", False, {"10": "a", "2": "b"}, {"required", "out_of_order"}),
        (
            "sms",
            "{#var#} {{2_date}}",
            False,
            {"01": "a", "2_date": "b", "3": "c", "20": "d"},
            {"out_of_order"},
        ),
        ("whatsapp", "", False, {"#other#": "a"}, {"no_such_special_key"}),
        ("whatsapp", "", False, {"01": " "}, {"no_value"}),
        (
            "sms",
            "{#var#}{#var#}",
            False,
            {"#param_url#": "u", "01": "a", "02": "b"},
            {"special_first"},
        ),
    ],
)
def test_the_limits_of_a_channel_are_found(kind, text, otp, params, expected):
    assert codes(channel(kind, text, otp), params) == expected


@pytest.mark.parametrize("pattern", ["(?=x)a", "(", r"a\Z", "a{,3}"])
def test_a_stored_pattern_that_cannot_be_read_blocks_with_words_for_the_admin(pattern):
    [finding] = value_findings(channel(pattern=pattern), {"01": "a"})
    assert (finding.code, finding.blocks, finding.key) == ("pattern_unreadable", True, "01")
    assert "admin" in finding.text


def test_a_value_has_a_length_before_it_meets_a_pattern():
    flow = channel("whatsapp", "{{1}}", pattern="([A-Za-z]+ ?)+")
    assert codes(flow, {"01": "a" * 900}) == set()
    assert codes(flow, {"01": "a" * 5_000}) == {"max_length", "pattern", "body_too_long"}
    assert codes(flow, {"01": "a" * 2_000_000 + "!"}) == {"max_length"}


def test_a_hostile_value_is_judged_at_once_by_any_pattern():
    begun = time.thread_time()
    assert "pattern" in codes(channel(pattern="([A-Za-z]+ ?)+"), {"01": "a" * 31 + "!"})
    assert time.thread_time() - begun < 0.5


def test_every_key_out_of_order_is_told():
    findings = value_findings(channel("whatsapp", ""), {"10": "a", "2": "b", "30": "c", "4": "d"})
    assert [finding.key for finding in findings] == ["10", "30"]


def test_an_admins_rule_and_a_limit_are_both_told():
    assert codes(channel(max_length=20), {"01": "x" * 34}) == {"max_length", "dlt_too_long"}


def test_another_country_has_no_indian_rules():
    assert codes(channel(), {"01": "x" * 31}, region="GB") == set()


def test_a_place_that_nobody_requires_is_a_caution_when_it_stays_empty():
    flow = channel(kind="whatsapp", text="Hello {{name}}")
    flow.rules = (Parameter(key="name", required=False),)
    [finding] = value_findings(flow, {})
    assert (finding.code, finding.blocks) == ("missing_value", False)
    assert finding.text == "WhatsApp: nothing is given for {{name}}."


@pytest.mark.parametrize("code", sorted(error_text.LIMIT_TEXT))
def test_every_limit_has_its_sentence(code):
    finding = limits.LimitFinding(code, "<key>", blocks=True, facts=FACTS)
    assert "%(" not in error_text.limit_text(finding)


def test_no_sentence_for_every_door_names_a_button():
    texts = [
        *(error_text.NUMBER_TEXT | error_text.PARAMS_TEXT | error_text.LIMIT_TEXT).values(),
        *(error_text.FIELD_TEXT | error_text.WORKFLOW_TEXT).values(),
    ]
    assert not [text for text in texts if "Press" in str(text) or "button" in str(text)]
