"""India's typed tags: their types and lengths warn, and only {#var#} has a limit that blocks."""

import time

import pytest

from invocations.kaleyra.limits import LimitFinding, value_findings
from invocations.kaleyra.template_params import ChannelKind

TAGS = ("numeric", "alphanumeric", "url", "urlott", "cbn", "email")


def found(values: str | dict[str, str], text: str) -> list[LimitFinding]:
    params = {"01": values} if isinstance(values, str) else values
    return value_findings(params, ChannelKind.SMS, template_text=text, region="IN")


def codes(value: str, tag: str) -> list[str]:
    return [finding.code for finding in found(value, f"See {{#{tag}#}}.")]


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("numeric", "0042"),
        ("numeric", "1" * 35),
        ("alphanumeric", "KF20418"),
        ("alphanumeric", "Asha Rao"),
        ("alphanumeric", "नमस्ते"),
        ("alphanumeric", "x" * 40),
        ("url", "https://kaveri.example/track/kf-20418"),
        ("url", "kaveri.example/t/kf-20418?from=sms-notice"),
        ("urlott", "http://app.example"),
        ("email", "first.last.of.many@support.example"),
        ("cbn", "18001234567"),
        ("cbn", "+91 80-4567 8901"),
    ],
)
def test_a_value_of_the_tags_type_is_not_warned_of(tag: str, value: str) -> None:
    assert codes(value, tag) == []


@pytest.mark.parametrize(
    ("tag", "value", "code"),
    [
        ("numeric", "12a", "dlt_numeric"),
        ("numeric", "1,200", "dlt_numeric"),
        ("numeric", "१२", "dlt_numeric"),
        ("numeric", "1 2", "dlt_numeric"),
        ("alphanumeric", "KF-20418", "dlt_alphanumeric"),
        ("alphanumeric", "a_b", "dlt_alphanumeric"),
        ("url", "see the app", "dlt_url"),
        ("url", "ftp://a.example", "dlt_url"),
        ("urlott", "kaveri", "dlt_url"),
        ("email", "asha at example.com", "dlt_email"),
        ("email", "asha@example", "dlt_email"),
        ("cbn", "call us", "dlt_cbn"),
        ("cbn", "12", "dlt_cbn"),
    ],
)
def test_another_type_than_the_tags_warns_and_does_not_block(
    tag: str, value: str, code: str
) -> None:
    assert found(value, f"See {{#{tag}#}}.") == [LimitFinding(code, "01", blocks=False)]


@pytest.mark.parametrize("tag", TAGS)
def test_no_length_of_a_typed_value_blocks(tag: str) -> None:
    [finding] = [each for each in found("1" * 61, f"{{#{tag}#}}") if "long" in each.code]
    limit = 50 if tag.startswith("url") else 40
    assert finding == LimitFinding(
        "dlt_tag_too_long", "01", False, {"length": 61, "limit": limit, "over": 61 - limit}
    )


def test_the_angle_bracket_still_blocks_in_a_typed_place() -> None:
    assert [each.code for each in found("a<b", "{#alphanumeric#}") if each.blocks] == ["dlt_angle"]


def test_places_side_by_side_have_the_room_of_both() -> None:
    assert found({"01": "x" * 30, "02": "y" * 30}, "{#var#}{#var#}") == []
    facts = {"length": 63, "limit": 60, "over": 3}
    assert found({"01": "x" * 30, "02": "y" * 33}, "Hi {#var#}{#var#}!") == [
        LimitFinding("dlt_run_too_long", "01", True, facts)
    ]


@pytest.mark.parametrize("text", ["{#var#} {#var#}", "{#var#}{#numeric#}", "{#var#}-{#var#}"])
def test_places_that_are_not_side_by_side_have_their_own(text: str) -> None:
    [finding] = [each for each in found({"01": "x" * 31, "02": "5"}, text) if each.blocks]
    assert (finding.code, finding.key) == ("dlt_too_long", "01")


def test_a_value_too_long_for_its_place_is_named_though_the_other_has_room() -> None:
    [finding] = found({"01": "x" * 40, "02": "y"}, "{#var#}{#var#}")
    assert (finding.code, finding.key, finding.facts["over"]) == ("dlt_too_long", "01", 10)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("evil", ["a.", "a-", "1 ", "a@", "@", "https://", "a" * 63 + "."])
def test_a_hostile_value_is_judged_quickly(tag: str, evil: str) -> None:
    begun = time.thread_time()
    codes((evil * 100_000)[:100_000] + "!", tag)
    assert time.thread_time() - begun < 0.5
