"""Error texts that differ in IDs, times, numbers or values only are of one kind."""

import json
import time

import pytest

from invocations.kaleyra import redaction
from invocations.kaleyra.payload import Send

from .deliveries import REJECTED, delivered

pytestmark = pytest.mark.django_db


def kind_of(error, sends=()):
    return redaction.error_kind({"errors": [error], "message": None}, list(sends))


def test_refusals_that_differ_in_the_id_only_have_one_kind(recorded, kaleyra_says):
    for name in ("0cccf798-17b9-4a3f-9dad-f1aa00112233", "4THJKx9"):
        error = f"Workflow Instance [{name}] of 919876543202 is not published."
        kaleyra_says(400, REJECTED | {"errors": [error]})
        assert delivered(recorded()).error_kind == "Workflow Instance … of … is not published."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("flow 4xU9cYRHxDmNVR1D not found", "flow xUcYRHxDmNVRDa not found"),
        ("id deadbeef is taken", "id 0cccf798-17b9-4a3f-9dad-f1aa00112233 is taken"),
        ("until 2026-11-27T04:27:26.123Z", "until 2026-11-27 04:27"),
        ("numbers 919876543202, 447700900123 are wrong", "numbers 919876543202 are wrong"),
        ("host 10.1.2.3:8080 is down", "host 10.1.2.44 is down"),
        ("code [12] [Asha]", "code [3]"),
    ],
)
def test_errors_that_differ_in_ids_times_and_numbers_only_have_one_kind(one, other):
    assert kind_of(one) == kind_of(other)


@pytest.mark.parametrize(
    "text",
    [
        "WhatsApp templateParams workflowInstanceId is missing",
        "Balance too low",
        "sendToWABA failed: INSUFFICIENT_FUNDS",
    ],
)
def test_the_words_of_an_error_are_kept(text):
    assert kind_of(text) == text


def test_the_kind_holds_no_short_value_either():
    sends = [Send("919876543202", {"01": "Al", "02": 'An "old" one'})]
    text = json.dumps('Al: An "old" one is no value of Almond.')
    assert kind_of(text, sends) == "… is no value of Almond."


@pytest.mark.parametrize(
    "evil",
    [
        "x" * 4096,
        "-" * 4096,
        "[" * 4096,
        "[x" * 2048,
        "…" * 4096,
        "1,,," * 1024,
        "1 " * 2048,
        "aB" * 2048,
    ],
)
def test_a_hostile_error_is_read_quickly(evil):
    begun = time.thread_time()
    kind_of(evil)
    assert time.thread_time() - begun < 0.02


def test_the_kind_of_a_refusal_holds_no_sent_value_since_it_stands_in_urls(recorded, kaleyra_says):
    kaleyra_says(400, REJECTED | {"errors": ["Asha is no value for a passcode."]})
    assert delivered(recorded()).error_kind == "… is no value for a passcode."
