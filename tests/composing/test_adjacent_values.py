"""One value for several places side by side: typed once, split, checked, and joined again."""

import pytest

from invocations.composing.adjacent_values import joined, split
from invocations.composing.template_fields import fields_of, sensitive_keys
from invocations.composing.value_rules import value_findings

from .channels import channel

TEXT = "Dear {#var#}{#var#}, order {#var#}"
LONG = "Sri Venkata Subramanian Raghavan Iyer"


def blockers(flow, params, region="IN"):
    found = value_findings(flow, params, region=region)
    return [(each.code, each.key) for each in found if each.blocks]


def test_places_side_by_side_are_one_field():
    fields = fields_of(channel(text=TEXT, _01={"label": "Name"}))
    assert [(each.label, each.keys) for each in fields] == [("Name", ("01", "02")), ("03", ("03",))]


@pytest.mark.parametrize("name", ["Asha", "Li", LONG])
def test_one_value_is_split_and_joined_again(name):
    flow = channel(text=TEXT)
    fields = fields_of(flow)
    sent = split(fields, {"01": name, "03": "KF-1"})
    assert list(sent) == ["01", "02", "03"] and sent["01"] + sent["02"] == name
    assert blockers(flow, sent) == []
    assert joined(fields, sent) == {"01": name, "03": "KF-1"}


def test_keys_given_one_by_one_stay_as_they_are():
    fields = fields_of(channel(text=TEXT))
    params = {"02": "Rao", "01": "Asha ", "03": "KF-1", "#param_url#": "x"}
    assert split(fields, params) == params


def test_a_value_too_short_for_its_places_is_refused_in_words():
    flow = channel(text=TEXT)
    sent = split(fields_of(flow), {"01": "A", "03": "KF-1"})
    assert blockers(flow, sent) == [("too_short_for_places", "01")]
    assert blockers(flow, {"01": "Asha", "02": " ", "03": "x"}) == [("required", "02")]
    assert blockers(flow, {"02": "Asha", "03": "x"}) == [("required", "01")]


def test_a_value_too_long_for_its_places_names_what_is_over():
    flow = channel(text=TEXT)
    sent = split(fields_of(flow), {"01": "x" * 64, "03": "KF-1"})
    [finding] = [each for each in value_findings(flow, sent, region="IN") if each.blocks]
    assert (finding.code, finding.key, finding.facts["over"]) == ("dlt_run_too_long", "01", 4)


def test_an_admins_rules_are_for_the_whole_value():
    flow = channel(text=TEXT, _01={"max_length": 10, "pattern": "[A-Za-z ]+"})
    fields = fields_of(flow)
    assert blockers(flow, split(fields, {"01": "Asha Rao", "03": "x"})) == []
    assert blockers(flow, split(fields, {"01": "Asha Rao Iyer 2", "03": "x"})) == [
        ("max_length", "01"),
        ("pattern", "01"),
    ]


@pytest.mark.parametrize("key", ["_01", "_02"])
def test_all_pieces_of_a_sensitive_value_are_hidden(key):
    flow = channel(text=TEXT, **{key: {"is_sensitive": True}})
    assert sensitive_keys([flow]) >= {"01", "02"}
    assert [each.is_sensitive for each in fields_of(flow)] == [True, False]


def test_without_places_side_by_side_nothing_changes():
    fields = fields_of(channel("whatsapp", "{{1}}{{2}}"))
    params = {"02": "b", "01": "a", "free": ""}
    assert split(fields, params) == joined(fields, params) == params
