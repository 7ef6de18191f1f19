"""`manage.py invoke`: values with line breaks, and keys with numbers."""

import json

import pytest

from invocations.models import WorkflowInstance

pytestmark = pytest.mark.django_db
NUMBER = "919876543202"


@pytest.fixture
def findings(invoke):
    """findings("--param", "01=a") -> exit code, code and key of each finding, and the payload."""

    def findings(*words):
        ended, printed = invoke("--recipient", NUMBER, *words, "--dry-run", "--json")
        shown = json.loads(printed)
        found = [(finding["code"], finding["key"]) for finding in shown["findings"]]
        return ended, found, shown["payload"]["input"]["send1"]["templateParams"]

    return findings


def set_text(kind, text):
    channels = WorkflowInstance.objects.get().channels
    channels.filter(position=2).delete()
    channels.update(kind=kind, template_text=text)


def given(values):
    return [word for key, value in values.items() for word in ("--param", f"{key}={value}")]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\t", "\v", "\x85", "\u2028"])
def test_a_line_break_becomes_a_blank_and_is_a_finding(invoke, findings, receiver, line_break):
    words = ["--param", f"01=12 Main St{line_break}Pune"]
    ended, found, params = findings(*words)
    assert (ended, set(found), params) == (0, {("line_break", "01")}, {"01": "12 Main St Pune"})
    assert invoke("--recipient", NUMBER, *words)[0] == 0
    [posted] = receiver.received
    for send in json.loads(posted.body)["input"].values():
        assert send["templateParams"] == {"01": "12 Main St Pune"}


@pytest.mark.parametrize(
    ("value", "pieces"),
    [("a\nb", ["a ", "b"]), ("12 Main St\nPune", ["12 Main St Pun", "e"])],
)
def test_a_line_break_where_a_value_is_cut_becomes_a_blank(findings, value, pieces):
    set_text("sms", "{#var#}{#var#}")
    ended, found, params = findings("--param", f"01={value}")
    assert (ended, list(params.values())) == (0, pieces)
    assert found == [("line_break", "01")]


def test_a_shell_is_told_once_for_both_channels(invoke):
    _ended, printed = invoke("--recipient", NUMBER, "--param", "01=a\nb", "--check")
    assert printed.count("A line break or a tab in it became a space.") == 1
    assert "01, WhatsApp and SMS: A line break" in printed


def test_strict_refuses_a_line_break(invoke, receiver):
    assert invoke("--recipient", NUMBER, "--param", "01=a\nb", "--strict")[0] == 2
    assert not receiver.received


def test_an_sms_with_numbers_for_names_can_be_sent(invoke, findings, receiver):
    set_text("sms", " ".join(f"{n}={{{n}}}" for n in range(1, 12)))
    values = {str(n): f"v{n}" for n in range(1, 12)}
    assert findings(*given(values)) == (0, [], values)
    assert invoke("--recipient", NUMBER, *given(values))[0] == 0 and receiver.received


@pytest.mark.parametrize("text", ["", "{{1}}", "{{1}} {{name}}"])
def test_ten_before_two_is_refused_where_places_are_taken_by_position(findings, text):
    set_text("whatsapp", text)
    ended, found, _params = findings(*given({"01": "a", "10": "b", "2": "c", "name": "d"}))
    assert ended == 2 and ("out_of_order", "10") in found
