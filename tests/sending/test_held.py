"""Messages that the set-up holds: without a usable key, host or certificate nothing is sent."""

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NotSent
from invocations.models import ApiKey, Invocation, Pod
from invocations.models.encryption import encrypt
from invocations.sending import expiry, pause
from invocations.sending.deliver import deliver
from tests.conftest import KEY

from .deliveries import delivered

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("reason", ["certificate", "address", "key"])
def test_a_failure_of_the_set_up_holds_the_message(recorded, kaleyra_says, reason):
    kaleyra_says(NotSent(reason))
    invocation = delivered(recorded())
    assert (invocation.status, invocation.reason, invocation.due_at) == ("held", reason, None)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_holds_the_message_and_is_recorded_at_the_key(recorded, kaleyra_says, status):
    kaleyra_says(status)
    assert delivered(recorded()).status == "held"
    key = ApiKey.objects.get()
    assert key.last_refused_at and not key.last_accepted_at


@pytest.mark.parametrize("code", ["202", "400"])
def test_an_answer_of_the_workflow_shows_that_the_key_works(recorded, code):
    delivered(recorded(code))
    assert ApiKey.objects.get().last_accepted_at


@pytest.mark.parametrize("code", ["404", "500", "301", "499"])
def test_any_other_answer_shows_nothing_about_the_key(recorded, code):
    delivered(recorded(code))
    key = ApiKey.objects.get()
    assert not key.last_accepted_at and not key.last_refused_at


def test_a_message_without_a_key_is_held(recorded, receiver):
    invocation = recorded()
    ApiKey.objects.update(is_primary=False)
    assert delivered(invocation).reason == "no_key"
    assert invocation.status == "held" and not receiver.received


def test_a_key_from_another_row_is_not_sent(recorded, receiver):
    invocation = recorded()
    stolen = encrypt("practice-somebody-elses", "invocations_apikey.key:another row")
    ApiKey.objects.update(key=ApiKey._meta.get_field("key").from_db_value(stolen, None, None))
    assert delivered(invocation).reason == "unreadable_key"
    assert invocation.status == "held" and not receiver.received


def test_an_undecryptable_key_is_not_sent(recorded, receiver, settings):
    invocation = recorded()
    settings.FIELD_ENCRYPTION_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0="]
    assert deliver(invocation.pk)
    invocation = Invocation.objects.get()
    assert invocation.reason == "unreadable_key"
    assert invocation.status == "held" and not receiver.received


def test_a_host_on_this_machine_is_not_reached_without_sandbox(recorded, receiver, settings):
    settings.SANDBOX = False
    invocation = delivered(recorded())
    assert invocation.status in {"held", "queued"} and not receiver.received


def test_an_invalid_host_gets_no_key(recorded, receiver, account):
    Pod.objects.filter(code="PRACTICE").update(api_domain="10.0.0.1")
    port = receiver.api_domain.partition(":")[2]
    # On Linux 0.0.0.0 reaches this machine.
    Pod.objects.filter(code="PRACTICE").update(api_domain=f"0.0.0.0:{port}")
    account.pod.refresh_from_db()
    key = ApiKey.objects.get()
    key.key = KEY
    key.save()
    invocation = delivered(recorded())
    assert (invocation.status, invocation.reason) == ("held", "address")
    assert not receiver.received


def test_a_held_message_is_sent_with_its_id_once_the_set_up_is_corrected(recorded, receiver):
    invocation = recorded()
    ApiKey.objects.update(is_primary=False)
    delivered(invocation)
    ApiKey.objects.update(is_primary=True)
    held = Invocation.Status.HELD
    assert not deliver(invocation.pk, starting_from=held)  # still paused
    pause.resume(invocation.account)
    assert expiry.release_held(timezone.now()) == 1
    delivered(invocation)
    assert invocation.status == "accepted" and receiver.accepted == [str(invocation.request_id)]
