"""The values that a message is found by: stored with it, as keyed digests alone."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from invocations.composing.searchable import searchable_in
from invocations.kaleyra.payload import Send
from invocations.models import Channel, Invocation, Parameter, SearchableValue
from invocations.models.searchable_values import normalised, value_digests
from invocations.sending.record import NotSendable, record

pytestmark = pytest.mark.django_db
ORDER = "KF-20418"
NUMBER = "919876543202"


@pytest.fixture
def searchable(workflow):
    """`workflow`, whose one value is a searchable order number in both channels."""
    for channel in workflow.channels.all():
        words = {"label": "Order number", "is_searchable": True}
        Parameter.objects.create(channel=channel, key="01", **words)
    return workflow


def send(workflow, value=ORDER, **changes):
    sends = [Send(NUMBER, {"01": value})] * 2
    options = {"request_id": uuid.uuid4(), "created_by": None} | changes
    return record(workflow, sends, **options)[0]


@pytest.mark.parametrize(
    "typed",
    ["kf-20418 ", " KF-20418", "\u200bKF-\u00ad20418\ufeff", "\u00a0KF-20418\u3000", "Kf-20418"],
)
def test_a_whole_value_is_the_same_in_any_capitals_and_with_any_blanks_around_it(typed):
    assert value_digests(typed) == value_digests(ORDER)


def test_blanks_within_a_value_count_as_one_and_a_part_is_another_value():
    assert normalised("KF \u00a0 20418") == "kf 20418" != normalised("KF20418")
    assert value_digests("KF-2041") != value_digests(ORDER)
    assert value_digests(" \u200b") == []


def test_a_marked_value_is_stored_once_as_a_digest_alone(searchable):
    row = send(searchable)
    [stored] = row.searchable_values.all()
    assert (stored.label, stored.digest) == ("Order number", value_digests(ORDER)[0])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM invocations_searchablevalue")
        assert ORDER.lower() not in str(cursor.fetchall()).lower()


def test_a_value_without_the_mark_is_not_stored(workflow):
    assert not send(workflow).searchable_values.exists()


def test_the_same_form_twice_stores_its_values_once(searchable):
    request_id = uuid.uuid4()
    for _ in range(2):
        send(searchable, request_id=request_id)
    assert SearchableValue.objects.count() == 1


def test_a_message_that_is_not_recorded_leaves_no_value(searchable):
    with pytest.raises(NotSendable):
        send(searchable, value="")
    assert not SearchableValue.objects.exists() and not Invocation.objects.exists()


def test_values_are_stored_in_the_transaction_of_their_message(searchable, monkeypatch):
    def broken(value):
        raise RuntimeError

    monkeypatch.setattr("invocations.sending.message_columns.value_digests", broken)
    with pytest.raises(RuntimeError):
        send(searchable)
    assert not Invocation.objects.exists()


def test_a_value_in_places_side_by_side_is_found_as_a_whole(workflow):
    sms = workflow.channels.get(kind="sms")
    sms.template_text = "Order {#var#}{#var#} is late"
    sms.save()
    Parameter.objects.create(channel=sms, key="01", label="Order", is_searchable=True)
    sends = [Send(NUMBER, {"01": "Asha"}), Send(NUMBER, {"01": "KF-2", "02": "0418"})]
    assert searchable_in(workflow, sends) == [("Order", ORDER)]


@pytest.mark.parametrize(
    "words", [{"key": "01", "is_sensitive": True}, {"key": "#verification_code#"}]
)
def test_the_database_refuses_a_sensitive_value_that_is_searchable(workflow, words):
    channel = workflow.channels.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Parameter.objects.create(channel=channel, is_searchable=True, **words)


def test_a_value_beside_a_sensitive_one_is_not_stored(workflow):
    sms = workflow.channels.get(kind="sms")
    Channel.objects.filter(pk=sms.pk).update(template_text="Code {#var#}{#var#}")
    Parameter.objects.create(channel=sms, key="01", is_searchable=True)
    Parameter.objects.create(channel=sms, key="02", is_sensitive=True)
    sends = [Send(NUMBER, {"01": "Asha"}), Send(NUMBER, {"01": "12", "02": "34"})]
    assert searchable_in(workflow, sends) == []


def test_a_value_is_found_after_a_key_was_added(searchable, settings):
    from cryptography.fernet import Fernet

    row = send(searchable)
    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert row.searchable_values.get().digest in value_digests(ORDER)
