"""`manage.py invoke`: keys such as 1, 2, 3 for the places of a template."""

import json

import pytest

from invocations.models import WorkflowInstance

pytestmark = pytest.mark.django_db
NUMBER = "919876543202"
IN_ORDER = {"01": "a", "02": "b", "03": "c"}


@pytest.fixture(autouse=True)
def three_places(workflow):
    WorkflowInstance.objects.get().channels.update(template_text="{{1}} {{2}} {{3}}")


def given(values):
    return [word for key, value in values.items() for word in ("--param", f"{key}={value}")]


@pytest.fixture
def dry_run(invoke):
    """dry_run(values) -> exit code, parameters of both sends, notes and findings by their code."""

    def dry_run(values):
        ended, printed = invoke("--recipient", NUMBER, *given(values), "--dry-run", "--json")
        shown = json.loads(printed)
        params = [send["templateParams"] for send in shown["payload"]["input"].values()]
        return ended, params, *({each["code"] for each in shown[n]} for n in ("notes", "findings"))

    return dry_run


@pytest.mark.parametrize(
    "values",
    [
        {"1": "a", "2": "b", "3": "c"},
        {"3": "c", "2": "b", "1": "a"},
        {"1_name": "a", "2_city": "b", "3_day": "c"},
        {"01": "a", "2": "b", "3": "c"},
    ],
)
def test_numbers_for_keys_fill_the_places_and_it_is_noted(dry_run, values):
    assert dry_run(values) == (0, [IN_ORDER, IN_ORDER], {"keys_placed"}, set())


def test_the_documented_sample_can_be_given_as_input(invoke, receiver, tmp_path):
    send = {"recipient": NUMBER, "templateParams": {"1": "a", "2": "b", "3": "c"}}
    path = tmp_path / "input.json"
    path.write_text(json.dumps({"input": {"send1": send, "send2": send}}))
    assert invoke("--input", str(path), values=False)[0] == 0
    [posted] = receiver.received
    sends = json.loads(posted.body)["input"].values()
    assert [send["templateParams"] for send in sends] == [IN_ORDER, IN_ORDER]


def test_a_shell_is_told_once_which_keys_fill_which_places(invoke):
    _ended, printed = invoke("--recipient", NUMBER, *given({"1": "a", "2": "b"}), "--check")
    assert printed.count("WhatsApp and SMS: The keys “1”, “2” fill the places “01”, “02”.") == 1


@pytest.mark.parametrize("keys", [("1", "2", "3", "4"), ("01", "02", "03", "04")])
def test_a_number_without_a_place_is_noted(dry_run, keys):
    ended, params, notes, _found = dry_run(dict(zip(keys, "abcd", strict=True)))
    assert ended == 0 and params[0] == IN_ORDER | {keys[3]: "d"}
    assert "keys_without_place" in notes


@pytest.mark.parametrize(
    "values",
    [
        {"1": "a", "10": "b", "2": "c"},
        {"2": "a", "3": "b", "4": "c"},
        {"name": "a", "city": "b", "day": "c"},
        {"00": "x", **IN_ORDER},
    ],
)
def test_a_key_whose_number_is_not_that_of_its_place_is_refused(dry_run, values):
    ended, params, notes, found = dry_run(values)
    assert (ended, params, notes) == (2, [values, values], set())
    assert "key_order" in found


def test_two_keys_for_one_place_are_refused(invoke):
    text = "{{1}}"
    WorkflowInstance.objects.get().channels.update(template_text=text)
    ended, printed = invoke("--recipient", NUMBER, *given({"001": "a", "01": "b"}), "--dry-run")
    assert ended == 2 and "“01”" in printed
