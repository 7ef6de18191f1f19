"""`manage.py invoke` with wrong usage: exit code 2, and nothing is sent or recorded."""

import pytest

from invocations.models import Account, ApiKey, Invocation, Pod, WorkflowInstance

pytestmark = pytest.mark.django_db
ID = "6f9e4c0a-7d3b-4a55-9b8e-0d1c2b3a4f5e"
NUMBER = "919876543"


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


def test_options_for_a_missing_second_channel_are_refused(invoke, workflow):
    workflow.channels.filter(position=2).delete()
    for words in [("--recipient2", "919876543202"), ("--param2", "01=a")]:
        assert invoke("--recipient", NUMBER + "202", *words) == (
            2,
            "This workflow has one channel only.",
        )
    assert invoke("--recipient", NUMBER + "202")[0] == 0


def test_a_workflow_name_must_match_exactly_one(invoke, workflow):
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


def test_an_inactive_or_empty_workflow_is_not_sent(invoke, workflow):
    WorkflowInstance.objects.update(is_active=False)
    assert invoke("--recipient", NUMBER + "202") == (
        2,
        "This workflow is off the send page. Nothing was sent.",
    )
    WorkflowInstance.objects.update(is_active=True)
    workflow.channels.all().delete()
    assert invoke("--recipient", NUMBER + "202") == (
        2,
        "This workflow has no channels yet. Nothing was sent.",
    )
    assert not Invocation.objects.exists()


def test_a_draft_at_kaleyra_goes_to_the_team_alone(invoke, workflow):
    WorkflowInstance.objects.update(stage="draft")
    Account.objects.update(pod=Pod.objects.get(code="IN"))
    ended, printed = invoke("--recipient", NUMBER + "202")
    assert ended == 2 and "This workflow is a draft." in printed and "Nothing was sent." in printed
    assert not Invocation.objects.exists()


# --- its time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--not-after", "2020-01-01T00:00"],
            "It would expire before it could leave. Nothing was sent.",
        ),
        (
            ["--not-before", "2099-01-02T00:00", "--not-after", "2099-01-01T00:00Z"],
            "It would expire before it could leave.",
        ),
        (["--not-before", "2099-01-02T00:00"], "This is more than 180 days ahead."),
        (["--not-before", "tomorrow"], "not a time such as"),
        (["--not-after", "2099-13-01T00:00"], ""),
    ],
)
def test_an_impossible_time_is_wrong_usage(invoke, words, said):
    ended, printed = invoke("--recipient", NUMBER + "202", *words)
    assert ended == 2 and said in printed and not Invocation.objects.exists()
