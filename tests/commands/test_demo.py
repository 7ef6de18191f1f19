"""`manage.py demo` at every start: it adds what is missing once and keeps people's changes."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from invocations.forms.send import Send
from invocations.models import (
    Account,
    ApiKey,
    CallbackAddress,
    Channel,
    Invocation,
    Pod,
    WorkflowInstance,
)
from invocations.sending.deliver import deliver
from invocations.sending.record import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(capsys):
    def demo(*words):
        call_command("demo", *words)
        return capsys.readouterr().out

    return demo


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in [Pod, Account, ApiKey, WorkflowInstance, Channel, User]
    ]


def test_a_second_run_changes_nothing(demo):
    demo()
    before = rows()
    demo()
    assert rows() == before


def test_the_password_is_printed_once_and_opens_the_door(demo, client):
    said = demo("--at", "http://localhost:8000/")
    password = re.search("with the password (.+)", said)[1]
    assert "http://localhost:8000/" in said and client.login(username="admin", password=password)
    assert password not in demo("--at", "http://localhost:8000/")
    assert User.objects.get().is_superuser


def test_nobody_is_added_where_somebody_is(demo):
    User.objects.create_user("priya")
    assert "password " not in demo()
    assert list(User.objects.values_list("username", flat=True)) == ["priya"]


def test_what_people_changed_stays(demo):
    demo()
    Account.objects.update(title="Ours", is_paused=True)
    ApiKey.objects.update(title="Ours")
    WorkflowInstance.objects.filter(title="Order delayed").update(title="Ours", is_active=False)
    WorkflowInstance.objects.filter(title="One-time passcode").delete()
    before = rows()
    demo()
    assert rows() == before


def test_another_port_is_taken_over(demo):
    demo()
    demo("--api-domain", "127.0.0.1:8200")
    assert (
        Pod.objects.get(code="PRACTICE").api_domain == "127.0.0.1:8200"
        and Account.objects.count() == 1
    )


@pytest.mark.parametrize("api_domain", ["api.in.kaleyra.io", "10.0.0.1:80", "0.0.0.0:8100", ""])
def test_practice_stays_on_this_machine(demo, api_domain):
    with pytest.raises(CommandError, match="loopback"):
        demo("--api-domain", api_domain)
    assert not User.objects.exists() and not Account.objects.exists()


def test_what_it_sets_up_can_send(demo, receiver):
    demo("--api-domain", receiver.api_domain)
    for workflow in WorkflowInstance.objects.all():
        sends = [Send("919876543202") for _ in workflow.channels.all()]
        invocation, _ = record(
            workflow,
            sends,
            request_id=Invocation._meta.get_field("request_id").get_default(),
            created_by=User.objects.get(),
        )
        deliver(invocation.pk)
    assert (
        set(Invocation.objects.values_list("status", flat=True)) == {"accepted"}
        and len(receiver.accepted) == 2
    )


def test_the_practice_account_has_a_callback_address_and_its_examples_report_their_results(demo):
    demo()
    assert CallbackAddress.objects.get().is_current
    assert set(WorkflowInstance.objects.values_list("expects_callback", flat=True)) == {True}
    before = CallbackAddress.objects.get().token
    demo()
    assert CallbackAddress.objects.get().token == before


def test_an_installation_from_before_gets_the_address_too(demo):
    demo()
    CallbackAddress.objects.all().delete()
    WorkflowInstance.objects.update(expects_callback=False)
    own = WorkflowInstance.objects.create(
        account=Account.objects.get(), title="Ours", workflow_instance_id="ours"
    )
    demo()
    assert CallbackAddress.objects.count() == 1
    assert set(
        WorkflowInstance.objects.exclude(pk=own.pk).values_list("expects_callback", flat=True)
    ) == {True}
    own.refresh_from_db()
    assert own.expects_callback is False
