"""`manage.py invoke` and the gate: what is refused, what is said, and what a script reads."""

import json
import uuid
from io import StringIO

import pytest
from django.core.management import call_command

from invocations.management.commands.demo import WORKFLOWS
from invocations.models import Channel, Invocation, Parameter, WorkflowInstance

pytestmark = pytest.mark.django_db
NUMBER = "919876543202"
CHECK_JSON = ("--check", "--json")
FIVE = [
    "--param",
    "01=Asha",
    "--param",
    "02=KF-20418",
    "--param",
    "03=Tue 1 December",
    *("--param1", "#param_header#=KF-20418"),
    *("--param1", "#param_url#=kf-20418"),
]


@pytest.fixture
def order_delayed(workflow):
    """The example of the README, with its five values."""
    workflow.channels.all().delete()
    for position, channel in enumerate(WORKFLOWS[0]["channels"], start=1):
        Channel.objects.create(workflow_instance=workflow, position=position, **channel)
    return workflow


def test_four_missing_values_are_named_and_nothing_is_recorded(invoke, order_delayed, receiver):
    ended, printed = invoke("--recipient", "918061234701", "--param", "01=Asha")
    *lines, last = printed.splitlines()
    assert ended == 2 and last == "Nothing was sent."
    assert [line.split(",")[0].split(":")[0] for line in lines] == [
        *("02", "03", "#param_header#", "#param_url#")
    ]
    assert all("the template needs it" in line for line in lines)
    assert not receiver.received and not Invocation.objects.exists()


def test_the_five_values_send_it(invoke, order_delayed, receiver):
    assert invoke("--recipient", NUMBER, *FIVE)[0] == 0
    assert len(receiver.received) == 1


def test_what_reading_changed_in_a_number_is_in_the_json(invoke, workflow):
    note = {"code": "zero_removed", "channel": 2}
    printed = invoke("--recipient", NUMBER, "--recipient2", "+44 (0)7700 900123", *CHECK_JSON)[1]
    [found] = json.loads(printed)["notes"]
    assert note.items() <= found.items() and "The 0 after" in found["text"]


def test_what_reading_changed_in_a_number_is_said_once_when_it_is_sent(workflow):
    said, sending = StringIO(), ("--recipient", "+91 098765 43202", "--param", "01=Asha")
    with pytest.raises(SystemExit):
        call_command("invoke", "Order delayed", *sending, stdout=StringIO(), stderr=said)
    assert said.getvalue().count("The 0 after the country code was taken out.") == 1


@pytest.mark.parametrize("option", ["--dry-run", "--check"])
def test_what_the_gate_finds_is_one_json_object(invoke, order_delayed, receiver, option):
    ended, printed = invoke("--recipient", NUMBER, "--param", "01=Asha", option, "--json")
    shown = json.loads(printed)
    assert ended == 2
    payload = {"payload"} if option == "--dry-run" else set()
    assert shown.keys() == {"url", "notes", "findings"} | payload
    assert {finding["key"] for finding in shown["findings"]} == {
        *("02", "03", "#param_header#", "#param_url#")
    }
    assert all(
        finding.keys() == {"code", "severity", "channel", "key", "text"}
        and (finding["code"], finding["severity"]) == ("required", "blocker")
        for finding in shown["findings"]
    )
    assert not receiver.received and not Invocation.objects.exists()


@pytest.mark.parametrize("option", ["--dry-run", "--check"])
def test_a_message_without_a_blocker_ends_with_zero(invoke, order_delayed, receiver, option):
    ended, printed = invoke("--recipient", NUMBER, *FIVE, option, "--json")
    assert ended == 0 and json.loads(printed)["findings"] == []
    assert not receiver.received and not Invocation.objects.exists()


def test_a_dry_run_shows_the_payload_that_is_posted(invoke, workflow, receiver):
    words = ["--recipient", NUMBER, "--request-id", "6f9e4c0a-7d3b-4a55-9b8e-0d1c2b3a4f5e"]
    shown = json.loads(invoke(*words, "--dry-run", "--json")[1])
    invoke(*words)
    assert shown["payload"] == json.loads(receiver.received[0].body)
    assert shown["url"].endswith("/workflow-instances/" + workflow.workflow_instance_id) or (
        workflow.workflow_instance_id in shown["url"]
    )


def test_an_admins_rules_hold_for_the_command(invoke, workflow):
    channel = workflow.channels.get(position=1)
    Parameter.objects.create(channel=channel, key="01", label="First name", pattern="[A-Z]+")
    ended, printed = invoke("--recipient", NUMBER, "--param", "01=asha")
    assert ended == 2 and printed.startswith("01 (First name), WhatsApp: ")
    assert "asha" not in printed and not Invocation.objects.exists()


def test_a_caution_is_printed_and_the_message_goes(workflow, recorded, receiver):
    recorded()
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as end:
        call_command(
            *("invoke", "Order delayed", "--recipient", NUMBER, "--param", "01=Asha", "--json"),
            stdout=out,
            stderr=err,
        )
    assert end.value.code == 0 and json.loads(out.getvalue())["status"] == "accepted"
    assert "sent this workflow to this number" in err.getvalue()


def test_strict_refuses_a_caution(invoke, recorded, receiver):
    recorded()
    ended, printed = invoke("--recipient", NUMBER, "--strict")
    assert ended == 2 and "sent this workflow to this number" in printed
    assert Invocation.objects.count() == 1 and not receiver.received


@pytest.mark.parametrize("words", [["--param", "2=a", "--param", "10=b"], ["--param", "01="]])
def test_a_shell_is_told_of_no_button(invoke, words):
    ended, printed = invoke("--recipient", NUMBER, *words)
    assert ended == 2 and "Press" not in printed and "row" not in printed


def test_a_workflow_without_texts_takes_what_it_is_given(invoke, workflow):
    WorkflowInstance.objects.get().channels.update(template_text="")
    assert invoke("--recipient", NUMBER, "--param", "any=value")[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--param", "01= "], "no_value"),
        (["--param", "01=a", "--param", "=b"], "no_key"),
        (["--param", "2=a", "--param", "10=b"], "out_of_order"),
        (["--param", "01=a", "--param", "#x#=b"], "no_such_special_key"),
        (["--param", "01=a\udcff"], "bad_value"),
        (["--param", "01=a", "--not-after", "2020-01-01T00:00"], "too_late"),
    ],
)
@pytest.mark.parametrize("option", ["--dry-run", "--check"])
def test_whatever_would_be_refused_is_among_the_findings(invoke, receiver, words, code, option):
    ended, printed = invoke("--recipient", NUMBER, *words, option, "--json")
    found = [finding["code"] for finding in json.loads(printed)["findings"]]
    assert ended == 2 and code in found
    printed.encode()
    assert invoke("--recipient", NUMBER, *words)[0] == 2
    assert not receiver.received and not Invocation.objects.exists()


def test_a_strict_command_given_again_says_what_became_of_the_first(invoke, receiver):
    words = ["--recipient", NUMBER, "--strict", "--request-id", str(uuid.uuid4())]
    assert invoke(*words)[0] == 0
    ended, printed = invoke(*words)
    assert ended == 0 and "used before" in printed
    assert len(receiver.received) == 1


@pytest.fixture
def indian(account):
    account.home_country = "IN"
    account.save()


def test_a_national_number_is_read_with_the_accounts_home_country(invoke, workflow, indian):
    shown = json.loads(invoke("--recipient", "098765 43202", "--dry-run", "--json")[1])
    assert shown["payload"]["input"]["send1"]["recipient"] == "919876543202"
    assert [note["code"] for note in shown["notes"]] == ["home_code_added"]
    assert shown["findings"] == []


def test_a_number_that_is_both_is_a_caution_that_strict_refuses(invoke, workflow, indian):
    ended, printed = invoke("--recipient", "6443094727", *CHECK_JSON)
    findings = json.loads(printed)["findings"]
    assert [finding["code"] for finding in findings] == ["not_home_country", "landline"]
    assert "New Zealand" in printed and "India" in printed and "6443094727" not in printed
    assert ended == 0 and invoke("--recipient", "6443094727", "--strict")[0] == 2


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("919876543202.5", "“.5”"),
        ("919876543202/11", "“/11”"),
        ("919876543202 2", "“2”"),
        ("919876543202 / 919876543203", "more than one number"),
    ],
)
def test_what_means_more_than_grouping_is_refused(invoke, workflow, typed, seen):
    ended, printed = invoke("--recipient", typed)
    assert ended == 2 and seen in printed and "Nothing was sent." in printed


def dry_run(invoke, *words):
    ended, printed = invoke("--recipient", NUMBER, *words, "--dry-run", "--json")
    shown = json.loads(printed)
    return ended, shown["payload"]["input"], {each["code"]: each for each in shown["findings"]}


def test_a_dry_run_says_what_the_form_says_of_odd_values(invoke, order_delayed):
    words = ["--param", "01={{name}}", "--param", "02=#N/A", "--param", "03=As\u200bha"]
    words += ["--param1", "#param_header#=null", "--param1", "#param_url#=https://a.example/x"]
    ended, _sends, found = dry_run(invoke, *words)
    assert ended == 0
    codes = {"place_in_value", "spreadsheet_error", "unseen_character", "empty_word"}
    assert found.keys() == codes | {"address_twice"}
    assert {each["severity"] for each in found.values()} == {"caution"}


def test_a_dry_run_says_what_is_no_place(invoke, workflow):
    workflow.channels.filter(position=1).update(template_text="Hello {{ 1 }}")
    found = dry_run(invoke)[2]
    assert (found["not_a_place"]["severity"], found["not_a_place"]["channel"]) == ("caution", 1)


def test_the_command_takes_unseen_characters_out_of_keys_and_codes_and_says_so(invoke, workflow):
    workflow.channels.update(template_text="")
    words = ["--param", "\u200b01=Asha", "--param", "#verification_code#=48\u200b2913"]
    ended, sends, found = dry_run(invoke, *words)
    assert sends["send1"]["templateParams"] == {"01": "Asha", "#verification_code#": "482913"}
    assert ended == 0 and found.keys() == {"key_cleaned", "code_cleaned"}
    twice = ["--param", "\u200b01=a", "--param", "01=b"]
    assert "is there twice" in invoke("--recipient", NUMBER, *twice)[1]


@pytest.mark.parametrize(
    "words", [["--param", "01=Asha Rao"], ["--param", "01=Asha Ra", "--param", "02=o"]]
)
def test_the_command_takes_one_value_for_places_side_by_side_or_each(invoke, workflow, words):
    workflow.channels.all().delete()
    Channel.objects.create(
        workflow_instance=workflow, position=1, kind="sms", template_text="Dear {#var#}{#var#}"
    )
    ended, sends, found = dry_run(invoke, *words)
    assert (ended, found) == (0, {})
    assert sends["send1"]["templateParams"] == {"01": "Asha Ra", "02": "o"}
