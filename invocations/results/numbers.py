"""Compares the phone numbers in a result with those of an invocation."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from invocations.kaleyra import recipients
from invocations.kaleyra.callback_body import read_callback
from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Callback, Invocation
from invocations.models.encryption import Unreadable
from invocations.models.recipients import phone_digests


class NumberMatch(StrEnum):
    """How the numbers in a result compare with those of an invocation."""

    ITS_OWN = "its own"
    ANOTHER = "another"
    """At least one is a complete number to which the message was not sent."""
    UNCLEAR = "unclear"
    """At least one is incomplete, or cannot be decrypted any more."""
    NONE = "none"
    """The result has no number."""


def compare_numbers(callback: Callback, flow: FlowResult, invocation: Invocation) -> NumberMatch:
    """Compares every number in the result: the worst match counts.

    A number may have its country code, or be written as in its own country. If no encryption key
    opens the body any more, the stored digests of its numbers are compared.
    """
    if flow.problem == "unreadable":
        found = _compare_digests(callback, invocation) or {NumberMatch.UNCLEAR}
    else:
        numbers = [channel.recipient for channel in flow.channels if channel.recipient]
        found = {_compare_number(number, invocation) for number in numbers}
    worst_first = (NumberMatch.ANOTHER, NumberMatch.UNCLEAR, NumberMatch.ITS_OWN)
    return next((match for match in worst_first if match in found), NumberMatch.NONE)


def _compare_digests(callback: Callback, invocation: Invocation) -> set[NumberMatch]:
    stored = {each.recipient_digest for each in callback.results.all()} if callback.pk else set()
    own = recipient_digests(invocation)
    return {_own_or_another(digest in own) if digest else NumberMatch.UNCLEAR for digest in stored}


def _compare_number(text: str, invocation: Invocation) -> NumberMatch:
    digits, _hint = digits_and_hint(text)
    hints = (invocation.recipient_hint, invocation.recipient2_hint)
    codes = {code for hint in hints if (code := recipients.calling_code(hint)) is not None}
    readings = {each.digits for each in recipients.in_national_form(text, codes)}
    readings |= {digits} - {""}
    if not readings:
        return NumberMatch.UNCLEAR
    return _own_or_another(bool(recipient_digests(invocation) & _digests_of_numbers(readings)))


def _own_or_another(is_its_own: bool) -> NumberMatch:
    return NumberMatch.ITS_OWN if is_its_own else NumberMatch.ANOTHER


def digests_in_result(callback: Callback, flow: FlowResult) -> set[str]:
    """The digests that rows to the complete numbers in a result may have."""
    if flow.problem == "unreadable":
        return {result.recipient_digest for result in callback.results.all()} - {""}
    numbers = {digits_and_hint(channel.recipient)[0] for channel in flow.channels}
    return _digests_of_numbers(numbers - {""})


def _digests_of_numbers(numbers: Iterable[str]) -> set[str]:
    return {digest for digits in numbers for digest in phone_digests(digits)}


def recipient_digests(invocation: Invocation) -> set[str]:
    return {invocation.recipient_digest, invocation.recipient2_digest} - {""}


def read_again(callback: Callback) -> FlowResult:
    """The result parsed from its stored body; `unreadable` if that was removed, or no encryption
    key opens it.
    """
    try:
        return read_callback((callback.body or "").encode())
    except Unreadable:
        return FlowResult(problem="unreadable")


def digits_and_hint(text: str) -> tuple[str, str]:
    """The digits of a number, and its masked form.

    No digits if it is not a complete number: none at all, or masked already ("9196208XXX").
    """
    try:
        recipient = recipients.clean(text)
    except recipients.RecipientError:
        return "", f"…{text[-4:]}" if text else ""
    return recipient.digits, recipients.mask(recipient.formatted)
