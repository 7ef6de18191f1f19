"""The sentence on what became of a message says no more than is known."""

from datetime import UTC, datetime
from itertools import product

import pytest

from invocations.history.report import Report
from invocations.history.state import delivery_of, meaning_of
from invocations.history.summary import summary
from invocations.kaleyra.callbacks import CodeMeaning, FlowResult, ReportedChannel, meaning_of_code
from invocations.models import Channel, Invocation

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TWO = [Channel(position=1, kind="whatsapp"), Channel(position=2, kind="sms")]
OPEN = "It may still arrive, and may have already."


def sentence(
    *codes,
    channels=TWO,
    status="accepted",
    reason="",
    wait=5,
    kinds=("whatsapp", "sms", "rcs"),
    disputed=(),
):
    """The summary of a message whose result has these codes; None: it does not name the channel."""
    told = [
        ReportedChannel(n, kinds[n - 1], code, wait_seconds=wait)
        for n, code in enumerate(codes, start=1)
        if code is not None
    ]
    decided = FlowResult(channels=tuple(told)).deciding(lambda: len(channels))
    row = Invocation(status=status, reason=reason, delivery="completed", deciding_channel=decided)
    report = Report(
        {each.position: each for each in told}, "COMPLETED", NOW, NOW, frozenset(disputed)
    )
    return summary(meaning_of(row), delivery_of(row), report, channels)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (["READ"], "Kaleyra reports: WhatsApp was delivered."),
        (
            ["TIMEOUT", "DELIVERED"],
            "Kaleyra reports: WhatsApp was not reported delivered within 5 s; SMS was delivered.",
        ),
        (["DELIVERED", "DELIVERED"], "Kaleyra reports: WhatsApp was delivered; SMS was delivered."),
        ([None, "DELIVERED"], "Kaleyra reports: WhatsApp is not mentioned; SMS was delivered."),
        (
            ["FAILED", "NOT-SENT"],
            "Kaleyra reports that every channel failed: WhatsApp failed; SMS failed.",
        ),
        (
            ["FAILED"],
            "The result does not say whether it was delivered: WhatsApp failed;"
            f" SMS is not mentioned. {OPEN}",
        ),
        (
            ["FAILED", "TIMEOUT"],
            "does not say whether it was delivered: WhatsApp failed;"
            f" SMS was not reported delivered within 5 s. {OPEN}",
        ),
        (
            ["SENT", "NEW-WORD"],
            ": WhatsApp was handed on, without a delivery report;"
            f" about SMS it says “NEW-WORD”. {OPEN}",
        ),
        (
            ["", "\u202eDEREVILED"],
            f": no more is said about WhatsApp; about SMS it says a word that is not known. {OPEN}",
        ),
        (["TIMEOUT", "TIMEOUT", "READ"], f"within 5 s; rcs was delivered. {OPEN}"),
        ([], f": WhatsApp is not mentioned; SMS is not mentioned. {OPEN}"),
    ],
)
def test_a_result_in_words(codes, words):
    assert sentence(*codes).endswith(words)


def test_without_any_channel_it_says_so():
    assert (
        sentence(channels=[])
        == f"The result does not say whether it was delivered: no channel is named. {OPEN}"
    )


def test_the_channels_are_named_in_the_results_words_and_else_in_those_of_then():
    assert sentence("READ", kinds=("sms",)) == "Kaleyra reports: SMS was delivered."
    assert sentence("READ", kinds=("",)) == "Kaleyra reports: WhatsApp was delivered."


CODES = [None, "", "DELIVERED", "FAILED", "TIMEOUT", "SENT", "NEW-WORD"]


@pytest.mark.parametrize("codes", list(product(CODES, CODES)))
def test_no_channel_is_said_to_have_delivered_or_failed_unless_its_code_says_so(codes):
    text = sentence(*codes)
    for kind, code in zip(("WhatsApp", "SMS"), codes, strict=True):
        assert (f"{kind} was delivered" in text) == (
            code is not None and meaning_of_code(code) is CodeMeaning.DELIVERED
        )
        assert (f"{kind} failed" in text) == (
            code is not None and meaning_of_code(code) is CodeMeaning.FAILED
        )
    assert ("every channel failed" in text) == (codes == ("FAILED", "FAILED"))
    assert text.startswith("Kaleyra reports") == (
        "DELIVERED" in codes or codes == ("FAILED", "FAILED")
    )


@pytest.mark.parametrize(
    ("verdict", "codes", "words"),
    [
        ("not_delivered", ["READ"], "says otherwise: WhatsApp was delivered."),
        ("delivered", ["READ"], "agrees: WhatsApp was delivered."),
        ("delivered", ["FAILED", "FAILED"], "says otherwise: WhatsApp failed; SMS failed."),
        ("not_delivered", ["FAILED", "FAILED"], "agrees: WhatsApp failed; SMS failed."),
        (
            "not_delivered",
            ["TIMEOUT"],
            "does not say whether it was delivered: WhatsApp was not reported delivered within"
            " 5 s;",
        ),
    ],
)
def test_what_a_person_settled_stands_beside_what_kaleyra_reported_later(verdict, codes, words):
    status = "accepted" if verdict == "delivered" else "rejected"
    text = sentence(*codes, status=status, reason=f"settled_{verdict}")
    assert text.startswith("Kaleyra did not answer clearly. A person recorded it as")
    assert f"Kaleyra’s result came later and {words}" in text


def test_results_that_contradict_each_other_are_named():
    assert "contradict each other on WhatsApp: one says delivered, another failed." in sentence(
        "READ", "FAILED", disputed=[1]
    )


@pytest.mark.parametrize("status", sorted(Invocation.Status))
def test_without_a_result_it_is_what_the_status_says(status):
    row = Invocation(status=status)
    assert summary(meaning_of(row), delivery_of(row), None, TWO) == meaning_of(row).says
    row = Invocation(status=status, delivery="completed", deciding_channel=1)
    contradiction = "Both are shown as they came" in str(meaning_of(row).says)
    assert (
        summary(meaning_of(row), delivery_of(row), None, TWO) == meaning_of(row).says
    ) is contradiction


@pytest.mark.parametrize("delivery", ["awaiting", "no_result"])
def test_a_result_that_is_not_there_is_not_told(delivery):
    row = Invocation(status="accepted", delivery=delivery)
    text = summary(meaning_of(row), delivery_of(row), None, TWO)
    assert text == delivery_of(row).says and "every channel" not in text
