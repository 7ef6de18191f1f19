"""An API key leaves for the host and SID that it was entered for, whatever is changed and how."""

import copy
import uuid

import pytest
from django.db import connection
from django.urls import reverse

from invocations.kaleyra.hosts import DocumentedHost, may_have_keys
from invocations.kaleyra.payload import Send
from invocations.models import Account, ApiKey, Invocation, Pod, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.monitoring import key_check
from invocations.sending import attempt
from invocations.sending.account_key import key_problem
from invocations.sending.deliver import deliver
from invocations.sending.record import record
from tests.conftest import KEY

pytestmark = pytest.mark.django_db(transaction=True)
SENDS = [Send("919876543202", {"01": "Asha"})] * 2


def edit_host(account, other_pod):
    Pod.objects.filter(pk=other_pod.pk).delete()
    Pod.objects.filter(pk=account.pod_id).update(api_domain=other_pod.api_domain)


def move_account(account, other_pod):
    Account.objects.filter(pk=account.pk).update(pod=other_pod)


def edit_sid(account, other_pod):
    Account.objects.filter(pk=account.pk).update(sid="HXPRACTICE77IN")


def edit_host_and_key_by_sql(account, other_pod):
    """As somebody who can write to the database, and knows what is compared."""
    edit_host(account, other_pod)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE invocations_apikey SET host = %s", [other_pod.api_domain])


def copy_the_row(account, other_pod):
    """To an account at the listener, with the token as it stands."""
    thief = Account.objects.create(title="Thief", pod=other_pod, sid=account.sid)
    columns = "account_id, title, key, last_four, sid, host, is_primary, kaleyra_owner, created_at"
    values = f"{thief.pk}, title, key, last_four, sid, '{other_pod.api_domain}', is_primary"
    pk = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO invocations_apikey (id, {columns})"
            f" SELECT %s, {values}, kaleyra_owner, created_at FROM invocations_apikey",
            [pk.hex if connection.vendor == "sqlite" else str(pk)],
        )
    account.workflow_instances.update(account=thief)


CHANGES = [edit_host, move_account, edit_sid, edit_host_and_key_by_sql, copy_the_row]
change = pytest.mark.parametrize("change", CHANGES, ids=lambda function: function.__name__)


@change
def test_a_message_is_held_and_nothing_leaves(
    workflow, account, receiver, elsewhere, other_pod, change
):
    change(account, other_pod)
    workflow = WorkflowInstance.objects.get()
    row, _new = record(workflow, SENDS, request_id=uuid.uuid4(), created_by=None)
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("held", "unreadable_key")
    assert receiver.received == [] and elsewhere.received == []


@change
def test_a_check_of_the_key_asks_nobody(account, receiver, elsewhere, other_pod, change):
    change(account, other_pod)
    for key in ApiKey.objects.select_related("account__pod"):
        if change is copy_the_row and key.account_id == account.pk:
            continue
        found = key_check.check_key(key, "console.example.com")
        assert found.reason == "unreadable_key"
    assert receiver.received == [] and elsewhere.received == []


@pytest.mark.parametrize("change", [move_account, edit_sid], ids=lambda function: function.__name__)
def test_changed_back_it_is_used_again(recorded, account, receiver, other_pod, change):
    change(account, other_pod)
    assert key_problem(Account.objects.get()) == "unreadable_key"
    account.save()
    assert key_problem(Account.objects.get()) == ""
    row = recorded()
    deliver(row.pk)
    assert receiver.accepted == [str(row.request_id)]


def test_entered_again_it_is_used_at_the_new_place_and_not_at_the_old_one(
    recorded, account, receiver, elsewhere, other_pod
):
    move_account(account, other_pod)
    key = ApiKey.objects.get()
    key.key = KEY  # the same key, entered once more
    key.save()
    row = recorded()
    deliver(row.pk)
    assert elsewhere.accepted == [str(row.request_id)] and receiver.received == []
    with pytest.raises(Unreadable):
        key.key_for(receiver.api_domain, account.sid)


def test_a_key_that_is_only_renamed_or_read_anew_is_not_bound_anew(account, other_pod):
    host = account.pod.api_domain
    move_account(account, other_pod)
    for key in (ApiKey.objects.get(), ApiKey.objects.defer("key").get()):
        assert key.key == KEY
        key.refresh_from_db()
        key.title += " renamed"
        key.save()
        key.save(update_fields=["title"])
    assert ApiKey.objects.get().host == host
    assert key_problem(Account.objects.get()) == "unreadable_key"


def test_the_pages_say_what_it_was_entered_for_and_where_the_account_points(
    ada, account, other_pod
):
    host = account.pod.api_domain
    move_account(account, other_pod)
    key = ApiKey.objects.get()
    hub = reverse("account_hub", args=[account.pk])
    page = reverse("admin:invocations_apikey_change", args=[key.pk])
    for address in (hub, page, reverse("admin:invocations_apikey_changelist")):
        html = ada.get(address).content.decode()
        assert f"Entered for {host}" in html, address
        assert f"now points to {other_pod.api_domain}" in html, address
        assert KEY not in html


def test_a_text_that_was_not_recorded_is_not_posted(recorded, receiver):
    row = recorded()
    other = copy.copy(row.payload).replace("Asha", "Mallory")
    sealed = Invocation._meta.get_field("payload").seal(row, other)
    Invocation.objects.filter(pk=row.pk).update(payload=sealed)
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("held", "unreadable_message")
    assert receiver.received == []


# --- hosts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", DocumentedHost)
def test_the_documented_hosts_may_have_keys(host):
    assert may_have_keys(host, extra=(), practice=False)
    assert Pod.objects.filter(api_domain=host).exists()


@pytest.mark.parametrize(
    "host",
    [
        "api.kaleyra.io.example.com",
        "evil-api.kaleyra.io",
        "api.in.kaleyra.io:8443",
        "kaleyra.io",
        "8.8.8.8",
    ],
)
def test_no_other_host_gets_a_key(recorded, account, host, receiver, settings):
    assert not may_have_keys(host, extra=(), practice=True)
    assert may_have_keys(host, extra=[host], practice=False)
    assert not may_have_keys(f"evil-{host}", extra=[host], practice=False)
    Pod.objects.filter(pk=account.pod_id).update(api_domain=host)
    account.pod.refresh_from_db()
    key = ApiKey.objects.get()
    key.key = KEY
    key.save()
    row = recorded()
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("held", "address")


def test_the_practice_pod_gets_a_key_with_sandbox_only():
    assert may_have_keys("127.0.0.1:8100", extra=(), practice=True)
    assert not may_have_keys("127.0.0.1:8100", extra=["127.0.0.1:8100"], practice=False)


def test_the_client_knows_the_extra_hosts(account, settings):
    settings.EXTRA_API_DOMAINS = ["api.example.com"]
    target = key_check._target_of(account)
    assert attempt.client_for(target, KEY).extra_api_domains == ("api.example.com",)
