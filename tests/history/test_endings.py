"""The sentence that says how many messages ended how."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from invocations.history.endings import TEXTS, endings_text
from invocations.history.state import delivery_of, meaning_of
from invocations.models import Invocation
from tests.many import messages, real_account, workflow_of

pytestmark = pytest.mark.django_db
Status = Invocation.Status

ACCEPTED = {"status": "accepted"}
DELIVERED = ACCEPTED | {"delivery": "completed", "deciding_channel": 1}
AWAITING = ACCEPTED | {"delivery": "awaiting"}
UNKNOWN = {"status": "unknown"}
SCHEDULED = {"status": "queued", "not_before": timezone.now() + timedelta(hours=9)}


@pytest.fixture
def flow(db):
    return workflow_of(real_account(), "Refund confirmed", expects_callback=True)


def sent(flow, columns):
    later = {"lease_until": timezone.now(), "result_due_at": timezone.now()}
    return messages(flow, [later | each for each in columns])


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ([], ""),
        ([ACCEPTED] * 5, "5 messages: 5 accepted"),
        ([AWAITING], "1 message: 1 awaiting result"),
        ([DELIVERED, DELIVERED | {"deciding_channel": 2}], "2 messages: 2 delivered"),
        ([DELIVERED | {"deciding_channel": 0}], "1 message: 1 not delivered"),
        ([DELIVERED | {"deciding_channel": None}], "1 message: 1 with delivery not confirmed"),
        ([ACCEPTED | {"delivery": "no_result"}], "1 message: 1 with no result received"),
        ([UNKNOWN, {"status": "cancelled"}], "2 messages: 1 with outcome unknown, 1 cancelled"),
        ([SCHEDULED, {"status": "queued"}], "2 messages: 1 queued, 1 scheduled"),
        ([{"status": "sending"}, {"status": "held"}], "2 messages: 1 sending, 1 on hold"),
        ([{"status": "rejected"}, {"status": "expired"}], "2 messages: 1 rejected, 1 expired"),
        ([{"status": "rejected"} | DELIVERED], "1 message: 1 delivered"),
        (
            [UNKNOWN | {"reason": f"settled_{said}"} for said in ("delivered", "not_delivered")],
            "2 messages: 1 recorded as delivered, 1 recorded as not delivered",
        ),
        (
            [DELIVERED, AWAITING, *[ACCEPTED] * 3],
            "5 messages: 1 delivered, 1 awaiting result, 3 accepted",
        ),
    ],
)
def test_the_sentence_names_each_ending_with_its_number(flow, columns, sentence):
    sent(flow, columns)
    assert endings_text(Invocation.objects.all(), timezone.now()) == sentence


def test_a_sentence_of_one_message_says_what_its_row_says(flow):
    """Every combination of columns has an ending, and its words are a label of the message."""
    reasons = ("", "settled_delivered", "settled_not_delivered", "settled_then_accepted")
    times = (None, SCHEDULED["not_before"])
    states = product(Status.values, Invocation.Delivery.values, reasons, times)
    names = ("status", "delivery", "reason", "not_before")
    columns = [dict(zip(names, state, strict=True)) for state in states]
    decided = [
        each | {"deciding_channel": 0} for each in columns if each["delivery"] == "completed"
    ]
    for row in sent(flow, columns + decided):
        said = endings_text(Invocation.objects.filter(pk=row.pk), timezone.now())
        words = said.removeprefix("1 message: 1 ").removeprefix("with ")
        labels = f"{meaning_of(row)}, {delivery_of(row)}".lower()
        assert words in labels, (row.status, row.delivery, row.reason)


def test_every_status_has_its_words():
    assert set(Status.values) <= set(TEXTS)
