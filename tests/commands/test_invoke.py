"""`manage.py invoke` for scripts: exit codes, one JSON object, and one message for one ID."""

import json
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from invocations.kaleyra.client import KaleyraClient
from invocations.models import ApiKey, Attempt, Invocation
from invocations.sending import store_outcome

pytestmark = pytest.mark.django_db
ID = "6f9e4c0a-7d3b-4a55-9b8e-0d1c2b3a4f5e"
NUMBER = "919876543"


@pytest.mark.parametrize(
    ("code", "exit_code", "status"),
    [
        ("202", 0, "accepted"),
        ("400", 1, "rejected"),
        ("404", 1, "rejected"),
        ("500", 3, "unknown"),
        ("401", 3, "held"),
        ("429", 3, "queued"),
    ],
)
def test_the_exit_code_follows_the_status(invoke, code, exit_code, status):
    ended, printed = invoke("--recipient", NUMBER + code, "--json")
    assert (ended, json.loads(printed)["status"]) == (exit_code, status)


def test_json_is_one_object_with_exactly_these_keys(invoke):
    _, printed = invoke("--recipient", NUMBER + "400", "--request-id", ID, "--json")
    shown = json.loads(printed)
    workflow_invocation_id = shown.pop("workflow_invocation_id")
    assert len(workflow_invocation_id) == 22
    assert shown == {
        "status": "rejected",
        "delivery": "",
        "request_id": ID,
        "http_status": 400,
        "message": None,
        "errors": ["Workflow Instance [00112233-4455-6677-8899-aabbccddeeff] is not published."],
    }


def test_json_has_null_for_unknown_fields(invoke):
    _, printed = invoke("--recipient", NUMBER + "499", "--json")
    shown = json.loads(printed)
    assert (
        shown["workflow_invocation_id"],
        shown["http_status"],
        shown["message"],
        shown["errors"],
    ) == (None, None, None, [])


def test_values_go_to_both_channels_or_to_one(invoke, receiver):
    number2 = "+49 1512 3012345"
    invoke(
        "--recipient",
        f"+{NUMBER}202",
        "--recipient2",
        number2,
        "--param",
        "01=a=b",
        "--param1",
        "02=one",
        "--param2",
        "02=two",
    )
    assert json.loads(receiver.received[0].body)["input"] == {
        "send1": {"recipient": "919876543202", "templateParams": {"01": "a=b", "02": "one"}},
        "send2": {"recipient": "4915123012345", "templateParams": {"01": "a=b", "02": "two"}},
    }


def test_the_reference_is_stored(invoke):
    invoke("--recipient", NUMBER + "202", "--reference", "T-4711")
    assert (
        Invocation.objects.get().reference == "T-4711"
        and Invocation.objects.get().created_by is None
    )


def test_what_a_script_sends_does_not_come_before_the_queue(invoke):
    invoke("--recipient", NUMBER + "429")
    row = Invocation.objects.get()
    assert (row.status, row.comes_first) == ("queued", False)


def test_a_workflow_is_named_by_its_id_too(invoke, workflow):
    assert invoke("--recipient", NUMBER + "202", of=workflow.workflow_instance_id)[0] == 0


def test_without_json_it_prints_the_status_and_the_reason(invoke):
    _, printed = invoke("--recipient", NUMBER + "400")
    assert printed.startswith("Rejected: Kaleyra rejected it. Nothing went to the customer.\n")
    assert printed.count("Kaleyra rejected it.") == 1 and "Kaleyra: Workflow Instance" in printed


# --- twice ----------------------------------------------------------------------------------------


def test_the_same_id_twice_sends_once(invoke, receiver):
    words = ["--recipient", NUMBER + "202", "--request-id", ID]
    assert [invoke(*words)[0] for _ in range(2)] == [0, 0]
    assert "nothing more was sent" in invoke(*words)[1]
    assert len(receiver.received) == 1 and Invocation.objects.count() == 1


def test_the_same_id_with_other_content_is_wrong_usage(invoke, receiver):
    invoke("--recipient", NUMBER + "202", "--request-id", ID)
    ended, printed = invoke("--recipient", NUMBER + "203", "--request-id", ID)
    assert (ended, printed) == (2, "This request ID belongs to another message. Nothing was sent.")
    assert len(receiver.received) == 1


def test_a_recorded_message_that_was_not_delivered_is_delivered(
    invoke, workflow, receiver, monkeypatch
):
    words = ["--recipient", NUMBER + "202", "--request-id", ID]
    monkeypatch.setattr(
        "invocations.management.commands.invoke.deliver", lambda *args, **kwargs: False
    )
    assert invoke(*words)[0] == 3
    monkeypatch.undo()
    ended, printed = invoke(*words)
    assert ended == 0 and "nothing more was sent" not in printed and len(receiver.received) == 1


def test_a_retry_after_of_kaleyra_is_respected(invoke, receiver):
    words = ["--recipient", NUMBER + "429", "--request-id", ID]
    assert [invoke(*words)[0] for _ in range(2)] == [3, 3] and len(receiver.received) == 1


# --- its time -------------------------------------------------------------------------------------


def test_a_scheduled_message_is_recorded_and_waits(invoke, receiver):
    at = (timezone.now() + timedelta(days=90)).replace(microsecond=0)
    local = at.astimezone(ZoneInfo("Asia/Kolkata")).isoformat()
    ended, printed = invoke("--recipient", NUMBER + "202", "--not-before", local)
    assert ended == 3 and printed.startswith("Scheduled: ") and not receiver.received
    assert Invocation.objects.get().due_at == at


# --- never "rejected" by accident -----------------------------------------------------------------


def test_a_console_that_fails_after_the_post_does_not_say_rejected(invoke, receiver, monkeypatch):
    """Exit code 1, Python's default, would make a script send it again as a new message."""
    monkeypatch.setattr(store_outcome, "store_outcomes", lambda results: 1 / 0)
    ended, printed = invoke("--recipient", NUMBER + "202", "--request-id", ID)
    assert ended == 3 and "ZeroDivisionError" in printed and f"--request-id {ID}" in printed
    assert receiver.accepted == [ID]


def test_an_error_message_holds_no_number(invoke, monkeypatch):
    monkeypatch.setattr(KaleyraClient, "invoke", lambda self, *args: 1 / 0)
    monkeypatch.setattr(
        store_outcome, "store_outcomes", lambda results: {}[results[0][0].invocation.payload]
    )
    ended, printed = invoke("--recipient", NUMBER + "202")
    assert ended == 3 and NUMBER not in printed


def test_no_output_holds_the_key(invoke):
    key = ApiKey.objects.get().key
    for code in ["202", "400", "401", "500"]:
        assert key not in invoke("--recipient", NUMBER + code)[1]


# --- a real process -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_as_a_process(manage, workflow, receiver):
    words = ["invoke", "Order delayed", "--recipient", NUMBER + "202"]
    settings = {"DJANGO_SETTINGS_MODULE": "fallback_console.settings", "SECRET_KEY": "x"}
    accepted = manage(*words, "--param", "01=Åsa 😀", "--request-id", ID, "--json")
    no_recipient = manage("invoke", "Order delayed")
    no_uuid = manage(*words, "--request-id", "1")
    no_number = manage("invoke", "Order delayed", "--recipient", "0800")
    no_settings = manage(*words, **settings)
    printed, complaints = accepted.communicate(timeout=30)
    assert (accepted.returncode, complaints) == (0, "") and json.loads(printed)["request_id"] == ID
    assert "Åsa 😀" in receiver.received[0].body.decode()
    for process, said in [
        (no_recipient, "--recipient"),
        (no_uuid, "UUID"),
        (no_number, "country code"),
        (no_settings, "SECRET_KEY"),
    ]:
        printed, complaints = process.communicate(timeout=30)
        assert (process.returncode, printed) == (2, "")
        assert said in complaints and "Traceback" not in complaints
    assert len(receiver.received) == 1 and Attempt.objects.count() == 1
    assert uuid.UUID(ID) == Invocation.objects.get().request_id


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("code", "option", "exit_code"),
    [("202", "--json", 0), ("400", "--json", 1), ("202", "--request-id=" + ID, 0)],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_closed_by_its_reader_is_no_failure(
    manage, workflow, receiver, code, option, exit_code, unbuffered
):
    words = ["invoke", "Order delayed", "--recipient", NUMBER + code, "--param", "01=Asha", option]
    sent = manage(*words, PYTHONUNBUFFERED=unbuffered)
    sent.stdout.close()
    complaints = sent.stderr.read()
    assert (sent.wait(timeout=30), complaints) == (exit_code, "")
    assert len(receiver.received) == 1


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_that_nobody_reads_ends_well(manage, workflow, receiver):
    words = ["--recipient", NUMBER + "202", "--param", "01=Asha", "--dry-run"]
    shown = manage("invoke", "Order delayed", *words)
    shown.stdout.close()
    complaints = shown.stderr.read()
    assert (shown.wait(timeout=30), complaints) == (0, "") and not receiver.received
