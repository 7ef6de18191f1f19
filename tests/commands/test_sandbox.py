"""`manage.py sandbox`: the pod asks the console's database where results go."""

import re
import uuid

import pytest
from django.core.management import CommandError, call_command

from invocations.kaleyra.payload import Send
from invocations.management.commands.sandbox import ConfiguredFlows
from invocations.results import endpoints
from invocations.results.endpoints import SECRET_HEADER
from invocations.sandbox import PRACTICE_SID
from invocations.sending.deliver import deliver
from invocations.sending.record import record
from tests.sending.moves import enter_keys_again
from tests.stored_results import read_results

CONSOLE = "http://127.0.0.1:8000"


@pytest.fixture
def said():
    return []


@pytest.fixture
def flows(said, monkeypatch):
    monkeypatch.setattr(
        "invocations.management.commands.sandbox.connection.close", lambda: None
    )  # the test's own
    return ConfiguredFlows(CONSOLE, said.append)


def test_results_go_to_the_accounts_current_address_with_its_secret(flows, account):
    assert flows.profile(PRACTICE_SID) is None
    for change in (endpoints.ensure_address, endpoints.rotate_address):
        address = change(account, by=None)
        profile = flows.profile(PRACTICE_SID)
        assert (profile.url, profile.headers) == (
            f"{CONSOLE}/callbacks/{address.token}/",
            {SECRET_HEADER: address.secret},
        )


def test_an_account_that_is_not_on_this_machine_gets_nothing_from_it(flows, account):
    endpoints.ensure_address(account, by=None)
    account.pod.api_domain = "api.example.com"
    account.pod.save()
    assert flows.profile(PRACTICE_SID) is None


def test_a_flow_has_the_channels_that_the_console_knows(flows, workflow):
    assert flows.channels(PRACTICE_SID, workflow.workflow_instance_id) == ("whatsapp", "sms")
    workflow.channels.all().delete()
    workflow.channels.create(position=1, kind="sms")
    assert flows.channels(PRACTICE_SID, workflow.workflow_instance_id) == ("sms",)
    assert flows.channels(PRACTICE_SID, "another") == ("whatsapp", "sms")


def test_without_the_encryption_key_the_pod_goes_on_and_says_so_once(
    flows, account, said, settings
):
    endpoints.ensure_address(account, by=None)
    settings.FIELD_ENCRYPTION_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QtbG8="]
    assert flows.profile(PRACTICE_SID) is flows.profile(PRACTICE_SID) is None
    assert len(said) == 1 and "Unreadable" in said[0]


@pytest.mark.parametrize(
    "console", ["https://console.example.com", "http://10.0.0.1:8000", "8000", ""]
)
def test_a_console_elsewhere_is_refused(console):
    with pytest.raises(CommandError, match="this machine only"):
        call_command("sandbox", "--port", "0", "--console", console)


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_falls_back_before_a_newcomers_eyes(manage, live_server, workflow):
    """The pod is a process of its own, and posts to the console's server over a real socket."""
    endpoints.ensure_address(workflow.account, by=None)
    said = manage("sandbox", "--port", "0", "--console", live_server.url).stdout
    workflow.account.pod.api_domain = re.search("http://(.+?)/", said.readline())[1]
    workflow.account.pod.save()
    enter_keys_again()
    row, _ = record(
        workflow,
        [Send("918061234581", {"01": "Asha"})] * 2,
        request_id=uuid.uuid4(),
        created_by=None,
    )
    deliver(row.pk)
    row.refresh_from_db()
    assert row.status == "accepted"  # without it no result ever comes
    while "result posted" not in (line := said.readline()):
        assert line, "the pod has ended"
    read_results()
    row.refresh_from_db()
    assert (row.status, row.delivery, row.deciding_channel, row.may_be_double) == (
        "accepted",
        "completed",
        2,
        True,
    )
