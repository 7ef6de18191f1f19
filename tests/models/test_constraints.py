"""What the database itself refuses: every write here bypasses the forms."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from invocations.models import (
    Account,
    ApiKey,
    Attempt,
    Callback,
    Channel,
    Invocation,
    Pod,
    WorkflowInstance,
)


def refused(write, *args, **kwargs):
    try:
        with transaction.atomic():
            write(*args, **kwargs)
    except IntegrityError:
        return True
    return False


HOSTS = [
    "https://x.example",
    "x.example/",
    "X.example",
    "a b",
    "x.example\n",
    "-x.example",
    "a@b",
    "x.example:",
    "x.example:123456",
    "",
    "a..b",
]


@pytest.mark.parametrize("host", HOSTS)
def test_an_api_domain_that_is_no_host_is_refused(pod, host):
    assert refused(Pod.objects.filter(pk=pod.pk).update, api_domain=host)


@pytest.mark.parametrize("host", ["api.na.kaleyra.ai", "127.0.0.1:8090", "localhost"])
def test_an_api_domain_may_have_a_port(db, host):
    Pod.objects.filter(code="NA").delete()
    Pod.objects.create(code="X", title="X", api_domain=host)


def test_pod_codes_and_hosts_are_unique(pod):
    assert refused(Pod.objects.create, code="X", title="X", api_domain=pod.api_domain)
    assert refused(Pod.objects.create, code="IN", title="X", api_domain="x.example")


@pytest.mark.parametrize("sid", ["HX/1", "HX1", "HX 11", "HX11\n", "HX1é", "H" * 65, ""])
def test_a_sid_that_does_not_fit_a_url_is_refused(account, sid):
    # PostgreSQL refuses the long one by the column's length, SQLite by the constraint.
    try:
        assert refused(Account.objects.filter(pk=account.pk).update, sid=sid)
    except Exception as error:
        assert "too long" in str(error)


def test_a_sid_is_unique_in_its_pod(account):
    assert refused(Account.objects.create, title="B", pod=account.pod, sid=account.sid)
    Account.objects.create(title="B", pod=Pod.objects.get(code="EU"), sid=account.sid)


def test_an_account_sends_at_least_one_per_second(account):
    assert refused(Account.objects.filter(pk=account.pk).update, sends_per_second=0)


@pytest.mark.parametrize("code", ["in", "I", "1N", "I-"])
def test_the_home_country_of_an_account_is_two_capital_letters(account, code):
    assert refused(Account.objects.filter(pk=account.pk).update, home_country=code)


def test_an_account_has_one_primary_key(api_key):
    assert refused(
        ApiKey.objects.create, account=api_key.account, title="two", key="A" * 33, is_primary=True
    )


def test_an_account_may_have_several_keys_that_are_not_primary(api_key):
    for title in ["two", "three"]:
        ApiKey.objects.create(account=api_key.account, title=title, key="A" * 33)
    assert api_key.account.primary_key == api_key


def test_a_key_title_is_unique_in_its_account(api_key):
    assert refused(
        ApiKey.objects.create, account=api_key.account, title=api_key.title, key="A" * 33
    )


@pytest.mark.parametrize("workflow_id", ["../x", "a/b", "a b", "a?b", "a%2f", "a\n", "-a", ""])
def test_a_workflow_id_that_does_not_fit_a_url_is_refused(workflow, workflow_id):
    assert refused(
        WorkflowInstance.objects.filter(pk=workflow.pk).update, workflow_instance_id=workflow_id
    )


def test_a_workflow_id_is_unique_in_its_account(workflow):
    assert refused(
        WorkflowInstance.objects.create,
        account=workflow.account,
        title="B",
        workflow_instance_id="w-1",
    )


@pytest.mark.parametrize(
    "channel",
    [
        {"position": 1, "kind": "sms"},
        {"position": 2, "kind": "whatsapp"},
        {"position": 3, "kind": "sms"},
        {"position": 0, "kind": "sms"},
        {"position": 2, "kind": "email"},
        {"position": 2, "kind": "sms", "delay_seconds": 4},
        {"position": 2, "kind": "sms", "delay_seconds": 901},
    ],
)
def test_wrong_channels_are_refused(workflow, channel):
    assert refused(Channel.objects.create, workflow_instance=workflow, **channel)


@pytest.mark.parametrize("delay", [None, 5, 900])
def test_a_second_channel_is_accepted(workflow, delay):
    Channel.objects.create(workflow_instance=workflow, position=2, kind="sms", delay_seconds=delay)


@pytest.mark.parametrize(
    "change",
    [{"status": "failed"}, {"delivery": "delivered"}, {"status": "sending", "lease_until": None}],
)
def test_an_unknown_or_inconsistent_state_is_refused(invocation, change):
    assert refused(Invocation.objects.filter(pk=invocation.pk).update, **change)


def test_a_request_id_is_unique(invocation):
    fields = {
        "workflow_instance": invocation.workflow_instance,
        "account": invocation.account,
        "payload": "{}",
    }
    assert refused(Invocation.objects.create, request_id=invocation.request_id, **fields)


def test_a_repeated_attempt_number_or_unknown_outcome_is_refused(invocation):
    fields = {"invocation": invocation, "started_at": "2026-01-01T00:00Z"}
    Attempt.objects.create(number=1, **fields)
    assert refused(Attempt.objects.create, number=1, **fields)
    assert refused(Attempt.objects.create, number=2, outcome="maybe", **fields)


def test_a_result_is_set_aside_with_person_time_and_reason_only(account, django_user_model):
    now, person = timezone.now(), django_user_model.objects.create_user("ada")
    callback = Callback.objects.create(
        account=account, digest="d", body="{}", received_at=now, last_received_at=now
    )
    write, sealed = (
        Callback.objects.filter(pk=callback.pk).update,
        Callback._meta.get_field("set_aside_reason").seal(callback, "why"),
    )
    every = {"set_aside_at": now, "set_aside_by": person, "set_aside_reason": sealed}
    for missing in every:
        assert refused(write, **{name: value for name, value in every.items() if name != missing})
    assert not refused(write, **every)


def test_records_in_use_are_protected(api_key, invocation):
    for needed in [invocation.account.pod, invocation.account, invocation.workflow_instance]:
        with pytest.raises(ProtectedError):
            needed.delete()


def test_deleting_a_workflow_deletes_its_channels(workflow):
    workflow.delete()
    assert not Channel.objects.exists()


def test_the_four_documented_pods_exist(db):
    assert dict(Pod.objects.values_list("code", "api_domain")) == {
        "IN": "api.in.kaleyra.io",
        "SG": "api.kaleyra.io",
        "EU": "api.eu.kaleyra.io",
        "NA": "api.na.kaleyra.ai",
    }
