"""`manage.py invoke`: what a script relies on. Exit codes, one JSON object, and that an id given twice sends once."""

import json
import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from invocations.kaleyra.client import KaleyraClient
from invocations.management.commands import invoke as invoke_command
from invocations.models import Account, ApiKey, Attempt, Invocation, WorkflowInstance
from invocations.sending import store_outcome

pytestmark = pytest.mark.django_db
ID = "6f9e4c0a-7d3b-4a55-9b8e-0d1c2b3a4f5e"
NUMBER = "919876543"


@pytest.fixture
def invoke(workflow):
    """invoke("--recipient", "…") -> exit code and what was printed."""

    def invoke(*words, of="Order delayed"):
        printed = StringIO()
        try:
            call_command("invoke", of, *words, stdout=printed)
        except SystemExit as end:
            return end.code, printed.getvalue()
        except CommandError as refusal:
            return refusal.returncode, str(refusal)
        return 0, printed.getvalue()

    return invoke


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
def test_the_exit_code_says_what_became_of_it(invoke, code, exit_code, status):
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


def test_json_has_null_for_what_is_not_known(invoke):
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


def test_the_reference_is_kept(invoke):
    invoke("--recipient", NUMBER + "202", "--reference", "T-4711")
    assert (
        Invocation.objects.get().reference == "T-4711"
        and Invocation.objects.get().created_by is None
    )


def test_a_workflow_is_named_by_its_id_too(invoke, workflow):
    assert invoke("--recipient", NUMBER + "202", of=workflow.workflow_instance_id)[0] == 0


def test_people_read_what_became_of_it_and_why(invoke):
    _, printed = invoke("--recipient", NUMBER + "400")
    assert (
        printed.startswith("Rejected: Kaleyra refused it.")
        and "Kaleyra: Workflow Instance" in printed
    )


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


def test_what_was_recorded_and_never_delivered_is_delivered(
    invoke, workflow, receiver, monkeypatch
):
    words = ["--recipient", NUMBER + "202", "--request-id", ID]
    monkeypatch.setattr(invoke_command, "deliver", lambda *args, **kwargs: False)
    assert invoke(*words)[0] == 3
    monkeypatch.undo()
    ended, printed = invoke(*words)
    assert ended == 0 and "nothing more was sent" not in printed and len(receiver.received) == 1


def test_a_wait_that_kaleyra_asked_for_is_kept(invoke, receiver):
    words = ["--recipient", NUMBER + "429", "--request-id", ID]
    assert [invoke(*words)[0] for _ in range(2)] == [3, 3] and len(receiver.received) == 1


# --- nothing sent ---------------------------------------------------------------------------------


def test_a_dry_run_shows_it_and_sends_and_records_nothing(invoke, receiver):
    ended, printed = invoke(
        "--recipient", NUMBER + "202", "--param", "01=Asha", "--dry-run", "--request-id", ID
    )
    assert (
        ended == 0
        and "Nothing was sent." in printed
        and ID in printed
        and '"01": "Asha"' in printed
    )
    assert "$KALEYRA_API_KEY" in printed and ApiKey.objects.get().key not in printed
    assert not receiver.received and not Invocation.objects.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--recipient", "0987654321"], "country code instead of the 0"),
        (["--recipient", ""], "Enter the customer"),
        (["--recipient", "12ab"], "digits only"),
        (["--recipient", "9.19E+11"], "spreadsheet"),
        (["--recipient", "91987"], "Too few digits"),
        (["--recipient", "919876543202", "--recipient2", ""], "Enter the customer"),
        (["--recipient", "919876543202", "--recipient2", "x"], "digits only"),
        (["--recipient", "919876543202", "--param", "novalue"], "KEY=VALUE"),
        (["--recipient", "919876543202", "--param", "=v"], "no key"),
        (["--recipient", "919876543202", "--param", "k="], "has no value"),
        (["--recipient", "919876543202", "--param", "k=1", "--param1", "k=2"], "twice"),
        (["--recipient", "919876543202", "--param2", "#x#=1"], "special keys"),
        (
            ["--recipient", "919876543202", "--param", "2=a", "--param", "10=b"],
            "sorts keys as text",
        ),
    ],
)
def test_a_bad_value_is_named_in_plain_words_and_nothing_is_recorded(invoke, receiver, words, said):
    ended, printed = invoke(*words)
    assert ended == 2 and said in printed
    assert not receiver.received and not Invocation.objects.exists()


def test_a_second_channel_that_is_not_there_is_not_spoken_to(invoke, workflow):
    workflow.channels.filter(position=2).delete()
    for words in [("--recipient2", "919876543202"), ("--param2", "01=a")]:
        assert invoke("--recipient", NUMBER + "202", *words) == (
            2,
            "This workflow has one channel only.",
        )
    assert invoke("--recipient", NUMBER + "202")[0] == 0


def test_a_workflow_is_named_once_and_for_sure(invoke, workflow):
    assert invoke("--recipient", NUMBER + "202", of="Order") == (
        2,
        "No workflow has this ID or title.",
    )
    other = Account.objects.create(title="Other", pod=workflow.account.pod, sid="HXPRACTICE02IN")
    WorkflowInstance.objects.create(
        account=other, title="x", workflow_instance_id=workflow.workflow_instance_id
    )
    ended, printed = invoke("--recipient", NUMBER + "202", of=workflow.workflow_instance_id)
    assert (ended, printed) == (2, "More than one workflow has this ID or title.")


def test_a_workflow_that_is_off_or_empty_is_not_sent(invoke, workflow):
    WorkflowInstance.objects.update(is_active=False)
    assert invoke("--recipient", NUMBER + "202") == (
        2,
        "This workflow is turned off. Nothing was sent.",
    )
    WorkflowInstance.objects.update(is_active=True)
    workflow.channels.all().delete()
    assert invoke("--recipient", NUMBER + "202") == (
        2,
        "This workflow has no channels yet. Nothing was sent.",
    )
    assert not Invocation.objects.exists()


# --- its time -------------------------------------------------------------------------------------


def test_what_has_its_time_before_it_is_recorded_and_waits(invoke, receiver):
    ended, printed = invoke("--recipient", NUMBER + "202", "--not-before", "2099-03-01T09:00+05:30")
    assert ended == 3 and printed.startswith("Scheduled: ") and not receiver.received
    assert Invocation.objects.get().due_at.isoformat() == "2099-03-01T03:30:00+00:00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--not-after", "2020-01-01T00:00"],
            "Its time would be over before it begins. Nothing was sent.",
        ),
        (
            ["--not-before", "2099-01-02T00:00", "--not-after", "2099-01-01T00:00Z"],
            "Its time would be over before it begins.",
        ),
        (["--not-before", "tomorrow"], "not a time such as"),
        (["--not-after", "2099-13-01T00:00"], ""),
    ],
)
def test_a_time_that_cannot_be_is_wrong_usage(invoke, words, said):
    ended, printed = invoke("--recipient", NUMBER + "202", *words)
    assert ended == 2 and said in printed and not Invocation.objects.exists()


# --- never "rejected" by accident -----------------------------------------------------------------


def test_a_console_that_fails_after_the_post_does_not_say_rejected(invoke, receiver, monkeypatch):
    """1, Python's exit code for everything, would have a script send it again as new."""
    monkeypatch.setattr(store_outcome, "store_outcomes", lambda results: 1 / 0)
    ended, printed = invoke("--recipient", NUMBER + "202", "--request-id", ID)
    assert ended == 3 and "ZeroDivisionError" in printed and f"--request-id {ID}" in printed
    assert receiver.accepted == [ID]


def test_what_it_says_when_it_fails_holds_no_number(invoke, monkeypatch):
    monkeypatch.setattr(KaleyraClient, "invoke", lambda self, *args: 1 / 0)
    monkeypatch.setattr(
        store_outcome, "store_outcomes", lambda results: {}[results[0][0].invocation.payload]
    )
    ended, printed = invoke("--recipient", NUMBER + "202")
    assert ended == 3 and NUMBER not in printed


def test_nothing_printed_holds_the_key(invoke):
    key = ApiKey.objects.get().key
    for code in ["202", "400", "401", "500"]:
        assert key not in invoke("--recipient", NUMBER + code)[1]


# --- a real process -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_as_a_process(manage, workflow, receiver):
    accepted = manage(
        "invoke",
        "Order delayed",
        "--recipient",
        NUMBER + "202",
        "--param",
        "01=Åsa 😀",
        "--request-id",
        ID,
        "--json",
    )
    no_recipient = manage("invoke", "Order delayed")
    no_uuid = manage("invoke", "Order delayed", "--recipient", NUMBER + "202", "--request-id", "1")
    no_number = manage("invoke", "Order delayed", "--recipient", "0800")
    no_settings = manage(
        "invoke",
        "Order delayed",
        "--recipient",
        NUMBER + "202",
        DJANGO_SETTINGS_MODULE="fallback_console.settings",
        SECRET_KEY="x",
    )
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
        assert (
            process.returncode == 2
            and said in complaints
            and printed == ""
            and "Traceback" not in complaints
        )
    assert (
        len(receiver.received) == 1
        and Attempt.objects.count() == 1
        and uuid.UUID(ID) == Invocation.objects.get().request_id
    )
