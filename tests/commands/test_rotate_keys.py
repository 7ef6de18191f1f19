"""`manage.py rotate_keys`: afterwards the newest key alone opens everything, and all is found."""

import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.models import (
    ApiKey,
    Callback,
    ChannelResult,
    Invocation,
    KeyRun,
    Parameter,
    Profile,
    SearchableValue,
    TrailRow,
    encryption,
    key_rotation,
)
from invocations.models.encryption import digest_of
from invocations.models.recipients import phone_digests, sent_to
from invocations.models.searchable_values import value_digests
from invocations.results import endpoints, inbox
from invocations.results.endpoints import SECRET_HEADER
from invocations.sending.deliver import deliver
from invocations.sending.record import RequestIdTaken, record
from tests.stored_results import read_results, store_result

from .keys import NEW, OLD, as_before, migrate_keys, opened_by, result

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER, VALUE = "919876543202", "KF-20418"
SENDS = [Send(NUMBER, {"01": VALUE})] * 2


def rotate():
    printed = StringIO()
    call_command("rotate_keys", stdout=printed, stderr=StringIO())
    return printed.getvalue()


@pytest.fixture
def message(settings, workflow, ada):
    """One that was sent, with its result, under the old key."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    for key in ApiKey.objects.all():
        key.key = "practice-canary0canary0canary0c0fe"
        key.save()
    for channel in workflow.channels.all():
        Parameter.objects.create(channel=channel, key="01", label="Order", is_searchable=True)
    row, _new = record(workflow, SENDS, request_id=uuid.uuid4(), created_by=None)
    deliver(row.pk)
    row.refresh_from_db()
    address = endpoints.ensure_address(workflow.account, by=None)
    store_result(workflow.account, result(row, NUMBER))
    Profile.objects.create(user=ada.person, own_number="+91 98765 43202")
    assert address.token and Callback.objects.get().invocation == row
    return row


def everything_is_found(row):
    """By number, by value, by its request ID, by the token, and by the bytes of its result."""
    assert Invocation.objects.get(sent_to(NUMBER)) == row
    assert SearchableValue.objects.filter(digest__in=value_digests(VALUE)).exists()
    assert Profile.objects.filter(own_number_digest__in=phone_digests(NUMBER)).exists()
    assert ChannelResult.objects.filter(recipient_digest__in=phone_digests(NUMBER)).exists()
    again, is_new = record(row.workflow_instance, SENDS, request_id=row.request_id, created_by=None)
    assert again == row and not is_new
    other = [Send(NUMBER, {"01": "another"})] * 2
    with pytest.raises(RequestIdTaken):
        record(row.workflow_instance, other, request_id=row.request_id, created_by=None)
    [address] = row.account.callback_addresses.all()
    headers = {SECRET_HEADER: address.secret}
    assert endpoints.authorised_address(address.token, headers) == address
    inbox.store_result(row.account, result(row, NUMBER))
    read_results()
    assert Callback.objects.get().times == 2


def test_after_the_old_key_is_dropped_everything_is_found_and_a_message_leaves(
    message, settings, workflow
):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    said = rotate()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    opened, total = opened_by(NEW)
    assert opened == total > 6 and opened_by(OLD) == (0, total)
    assert f"opened by the newest key alone: all ({total:,})" in said
    assert "may be removed" in said
    everything_is_found(message)
    row, _new = record(workflow, SENDS, request_id=uuid.uuid4(), created_by=None)
    Invocation.objects.filter(pk=row.pk).update(due_at=None)
    deliver(row.pk)
    row.refresh_from_db()
    assert row.reason == "accepted"


def test_what_a_version_before_stored_under_two_keys_is_found_after_the_upgrade(
    message, settings, workflow
):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    # Tokens are of the old key, digests of the new one.
    as_before(NUMBER, VALUE, result(message, NUMBER))
    migrate_keys()
    rotate()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    message.refresh_from_db()
    assert message.payload_digest == digest_of(message.payload, "payload")
    everything_is_found(message)
    key = ApiKey.objects.get()
    assert key.key_for(workflow.account.pod.api_domain, workflow.account.sid) == key.key


def test_a_callback_keeps_its_body_and_the_reason_why_it_was_set_aside(message, settings, ada):
    body = b'{"workflowInvocationId":"of nobody"}'
    Callback.objects.all().delete()
    callback = store_result(message.account, body)
    assert inbox.set_aside(callback, "Of the old system.", ada.person)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    as_before(NUMBER, VALUE, body)
    before = Callback.objects.get().digest
    migrate_keys()
    callback.refresh_from_db()
    assert callback.digest != before
    assert (callback.body, callback.set_aside_reason) == (body.decode(), "Of the old system.")


def test_the_migration_passes_over_what_no_key_opens(message, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    as_before(NUMBER, VALUE, result(message, NUMBER))
    before = Invocation.objects.values_list("payload_digest", flat=True).get()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]  # lost
    migrate_keys()
    assert Invocation.objects.values_list("payload_digest", flat=True).get() == before


def test_a_message_whose_code_was_removed_is_still_known_as_the_same(message, workflow):
    without_code = to_text(build_payload(str(message.request_id), [Send(NUMBER, {"01": ""})] * 2))
    sealed = Invocation._meta.get_field("payload").seal(message, without_code)
    Invocation.objects.filter(pk=message.pk).update(payload=sealed)
    rotate()
    again, is_new = record(workflow, SENDS, request_id=message.request_id, created_by=None)
    assert again == message and not is_new


def test_the_digest_stays_immutable_for_everybody_else(message):
    rotate()
    with pytest.raises(IntegrityError), transaction.atomic():
        Invocation.objects.update(payload_digest="0" * 64)


def test_tokens_that_no_key_opens_are_counted_and_left(message, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    said = rotate()
    assert "invocations.invocation.payload: 1 that no key opens" in said
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert Invocation.objects.get().payload


def test_a_row_that_was_written_meanwhile_keeps_what_was_written(message, settings, monkeypatch):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    rotated = encryption.rotated

    def and_somebody_writes(token):
        monkeypatch.setattr(key_rotation.encryption, "rotated", rotated)
        message.note = "Written just now."
        message.save(update_fields=["note"])
        key = ApiKey.objects.get()
        key.key = "practice-another"
        key.save()
        return rotated(token)

    monkeypatch.setattr(key_rotation.encryption, "rotated", and_somebody_writes)
    rotate()
    assert ApiKey.objects.get().key == "practice-another"
    assert Invocation.objects.get().note == "Written just now."


def test_a_second_run_writes_nothing_and_the_trail_has_both(message, settings):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    rotate()
    tokens = list(ApiKey.objects.values_list("key", flat=True))
    assert "all (" in rotate()
    assert list(ApiKey.objects.values_list("key", flat=True)) == tokens
    assert TrailRow.objects.filter(verb="keys_rotated").count() == 2
    assert KeyRun.objects.filter(name__contains="invocations.invocation.payload").count() == 1


def test_without_a_lookup_key_of_its_own_nothing_is_rotated(settings):
    settings.LOOKUP_KEY_IS_SET = False
    with pytest.raises(CommandError, match="make_lookup_key"):
        rotate()


def test_where_the_trail_cannot_be_written_nothing_is_rotated(message, settings, refusing_trail):
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    before = list(ApiKey.objects.values_list("key", flat=True))
    with pytest.raises(IntegrityError):
        rotate()
    assert list(ApiKey.objects.values_list("key", flat=True)) == before


def test_the_line_for_env_is_the_key_in_use(settings, capsys):
    call_command("make_lookup_key")
    assert capsys.readouterr().out == f"LOOKUP_KEY={settings.LOOKUP_KEY}\n"
