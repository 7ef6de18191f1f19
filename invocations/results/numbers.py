"""Whether the numbers in a result are those of an invocation."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from invocations.kaleyra import recipients
from invocations.kaleyra.callback_body import read_callback
from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Callback, Invocation
from invocations.models.encryption import Unreadable, digests
from invocations.models.recipients import RECIPIENT_DIGEST


class NumberMatch(StrEnum):
    """What the numbers that a result tells have to do with a message."""

    ITS_OWN = "its own"
    ANOTHER = "another"
    """At least one is a whole number to which the message was not sent."""
    UNCLEAR = "unclear"
    """At least one is no whole number, or cannot be read any more."""
    NONE = "none"


def compare_numbers(callback: Callback, said: FlowResult, invocation: Invocation) -> NumberMatch:
    """Whether each number that the result tells is one of the invocation's: with its country code, or as its country writes it at home."""
    if said.problem == "unreadable":
        # No key opens the body any more. What was kept of its numbers still tells whether they are these.
        kept = (
            {result.recipient_digest for result in callback.results.all()} if callback.pk else set()
        )
        found = {
            _whether(digest in recipient_digests(invocation)) if digest else NumberMatch.UNCLEAR
            for digest in kept
        } or {NumberMatch.UNCLEAR}
    else:
        found = {
            _is_to(channel.recipient, invocation) for channel in said.channels if channel.recipient
        }
    order = (NumberMatch.ANOTHER, NumberMatch.UNCLEAR, NumberMatch.ITS_OWN)
    return next((each for each in order if each in found), NumberMatch.NONE)


def _is_to(text: str, invocation: Invocation) -> NumberMatch:
    digits, _hint = digits_and_hint(text)
    hints = (invocation.recipient_hint, invocation.recipient2_hint)
    codes = {code for hint in hints if (code := recipients.calling_code(hint)) is not None}
    readings = ({digits} - {""}) | {
        each.digits for each in recipients.in_national_form(text, codes)
    }
    if not readings:
        return NumberMatch.UNCLEAR
    return _whether(bool(recipient_digests(invocation) & _digests_of_numbers(readings)))


def _whether(is_its_own: bool) -> NumberMatch:
    return NumberMatch.ITS_OWN if is_its_own else NumberMatch.ANOTHER


def digests_in_result(callback: Callback, said: FlowResult) -> set[str]:
    """The digests of the whole numbers that a result tells, under every key."""
    if said.problem == "unreadable":
        return {result.recipient_digest for result in callback.results.all()} - {""}
    return _digests_of_numbers(
        {
            digits
            for digits, _hint in (digits_and_hint(channel.recipient) for channel in said.channels)
            if digits
        }
    )


def _digests_of_numbers(numbers: Iterable[str]) -> set[str]:
    return {digest for digits in numbers for digest in digests(digits, RECIPIENT_DIGEST)}


def recipient_digests(invocation: Invocation) -> set[str]:
    return {invocation.recipient_digest, invocation.recipient2_digest} - {""}


def read_again(callback: Callback) -> FlowResult:
    """The result read again from its body; one without anything where no encryption key opens it."""
    try:
        return read_callback(callback.body.encode())
    except Unreadable:
        return FlowResult(problem="unreadable")


def digits_and_hint(text: str) -> tuple[str, str]:
    """A number's digits, and how everybody may see it. Without digits: it is none, or masked already ("9196208XXX")."""
    try:
        recipient = recipients.clean(text)
    except recipients.RecipientError:
        return "", f"…{text[-4:]}" if text else ""
    return recipient.digits, recipients.mask(recipient.formatted)
