"""The one gate: what it finds about a whole message."""

import pytest

from invocations.composing.check import check, of_message, to_acknowledge
from invocations.composing.findings import blockers
from invocations.kaleyra.payload import Send
from invocations.models import Parameter, WorkflowInstance
from invocations.models.viewer import Viewer

pytestmark = pytest.mark.django_db
BY = Viewer.operator()
GOOD = Send("919876543202", {"01": "Asha"})


def codes(findings):
    return [(finding.code, finding.channel, finding.key) for finding in findings]


def test_a_good_message_has_no_finding(workflow):
    assert check(workflow, [GOOD, GOOD], by=BY) == []


@pytest.mark.parametrize(
    ("sends", "expected"),
    [
        ([GOOD, Send("919876543202")], [("required", 2, "01")]),
        ([Send("12ab", {"01": "x"}), GOOD], [("recipient", 1, "")]),
        ([Send("+91 98765 43202", {"01": "x"}), GOOD], [("recipient", 1, "")]),
        ([GOOD], [("other_channels", 0, "")]),
        ([], [("other_channels", 0, "")]),
        ([GOOD, Send("919876543202", {"01": "x" * 31})], [("dlt_too_long", 2, "01")]),
    ],
)
def test_what_blocks_a_message_names_channel_and_key(workflow, sends, expected):
    assert codes(blockers(check(workflow, sends, by=BY))) == expected


def test_a_workflow_that_is_off_or_has_no_channels_blocks(workflow):
    workflow.channels.all().delete()
    assert codes(of_message(workflow, [])) == [("channels", 0, "")]
    workflow.is_active = False
    assert codes(of_message(workflow, [GOOD, GOOD])) == [("inactive", 0, "")]


def test_an_admins_rule_that_is_new_holds_for_a_workflow_loaded_before(workflow):
    loaded = WorkflowInstance.objects.prefetch_related("channels__parameters").get()
    Parameter.objects.create(
        channel=workflow.channels.get(position=1), key="01", max_length=3, label="First name"
    )
    assert codes(of_message(loaded, [GOOD, GOOD], reads_anew=True)) == [("max_length", 1, "01")]


def test_what_can_hurt_a_customer_has_to_be_acknowledged(workflow, recorded):
    row = recorded()
    other = Send("442079460958", {"01": "Asha"})
    asked = to_acknowledge(workflow, [GOOD, other], by=BY)
    assert [finding.token for finding in asked] == ["different_numbers", f"repeat:{row.request_id}"]


def test_a_finding_as_json_has_five_keys(workflow):
    [finding] = blockers(check(workflow, [GOOD, Send("919876543202")], by=BY))
    assert finding.as_json() == {
        "code": "required",
        "severity": "blocker",
        "channel": 2,
        "key": "01",
        "text": "Fill this in: the template needs it.",
    }


def test_a_finding_shows_no_value_where_it_is_logged(workflow):
    found = check(workflow, [Send("919876543202", {"01": "x", "": "Asha"}), GOOD], by=BY)
    assert "no_key" in {finding.code for finding in found} and "Asha" not in repr(found)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\t", "\u2028"])
def test_a_line_break_is_a_caution_and_the_value_is_judged_without_it(workflow, line_break):
    broken = Send("919876543202", {"01": f"a{line_break}b"})
    found = check(workflow, [broken, GOOD], by=BY)
    assert codes(found) == [("line_break", 1, "01")]
    assert not found[0].blocks and not found[0].asks
