"""Messages are found by the phone, in any of its spellings."""

import uuid

import pytest

from invocations.kaleyra.payload import Send
from invocations.models import Channel, Invocation
from invocations.models.encryption import digests
from invocations.models.recipients import RECIPIENT_DIGEST, sent_to
from invocations.sending.record import record

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(workflow):
    """sent("919876543202"): a message to this number, or to one for each channel."""
    Channel.objects.create(workflow_instance=workflow, position=2, kind="sms")

    def sent(*numbers):
        both = (numbers * 2)[:2]
        sends = [Send(number, {"01": "Asha"}) for number in both]
        return record(workflow, sends, request_id=uuid.uuid4(), created_by=None)[0]

    return sent


BRAZIL = ("5531987654202", "553187654202")
ARGENTINA = ("5491123456503", "541123456503")


@pytest.mark.parametrize(("first", "other"), [BRAZIL, BRAZIL[::-1], ARGENTINA, ARGENTINA[::-1]])
def test_a_message_is_found_by_the_other_spelling_of_its_phone(sent, first, other):
    row = sent(first)
    assert list(Invocation.objects.filter(sent_to(other))) == [row]


def test_a_message_is_found_by_the_other_spelling_of_its_second_phone(sent):
    row = sent("919876543202", BRAZIL[1])
    assert list(Invocation.objects.filter(sent_to(BRAZIL[0]))) == [row]


@pytest.mark.parametrize("stored", BRAZIL)
def test_a_row_of_an_earlier_version_is_found_by_both_spellings(sent, stored):
    row = sent(stored)
    older = digests(stored, RECIPIENT_DIGEST)[0]
    Invocation.objects.update(recipient_digest=older)
    assert [list(Invocation.objects.filter(sent_to(each))) for each in BRAZIL] == [[row], [row]]


def test_a_message_to_a_mexican_phone_is_found_with_whatsapps_1(sent):
    row = sent("525512345678")
    assert list(Invocation.objects.filter(sent_to("5215512345678"))) == [row]


def test_another_phone_is_not_found(sent):
    sent(BRAZIL[0])
    assert not Invocation.objects.filter(sent_to("5511987654202")).exists()
