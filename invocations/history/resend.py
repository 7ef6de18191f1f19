"""Whether an invocation may be sent again as a new one.

The page, the history's bulk action and the form apply the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from invocations.history.deliveries import (
    NOT_DELIVERED,
    NOT_SENT,
    SAID_DELIVERED,
    SAID_NOT_DELIVERED,
)
from invocations.history.meanings import Meaning, Text
from invocations.history.next_steps import is_settled_otherwise
from invocations.history.report import Report, report_of
from invocations.history.state import delivery_of, meaning_of
from invocations.models import Callback, Invocation


def why_not_resendable(invocation: Invocation) -> Text | None:
    """Reads the invocation's columns only."""
    if not invocation.is_final:
        return _("It may still leave by itself.")
    if invocation.reason == "settled_then_accepted":
        return _(
            "Kaleyra accepted it after a person had settled it: the customer may have it already."
            " Do not send it again."
        )
    if meaning_of(invocation).is_contradicted:
        return _(
            "A result came although nothing should have gone out: the customer may have it already."
            " Do not send it again."
        )
    if invocation.delivery == Invocation.Delivery.AWAITING:
        return _("Its result is still awaited.")
    return None


def why_not_resendable_in_bulk(
    invocation: Invocation, callbacks: Sequence[Callback]
) -> Text | None:
    """Stricter than `why_not_resendable`, because nobody looks at each message by itself.

    `callbacks`: the invocation's, oldest first, with their results.
    """
    if invocation.status == Invocation.Status.UNKNOWN:
        return _("It may have gone out. Settle it first.")
    if refusal := why_not_resendable(invocation):
        return refusal
    if is_disputed(invocation, report_of(callbacks)):
        return _(
            "What is said of its delivery contradicts itself."
            " Ask the customer, and open it to send it again."
        )
    return None


def is_disputed(invocation: Invocation, report: Report | None) -> bool:
    """Whether two results, or a person and a result, contradict each other about the delivery."""
    if is_settled_otherwise(meaning_of(invocation), delivery_of(invocation)):
        return True
    return report is not None and invocation.deciding_channel in report.disputed


def question_before_resend(delivery: Meaning, *, is_disputed: bool) -> Text:
    """What stands above the button that opens the form with the same values."""
    if is_disputed:
        return _("Only once the customer says that nothing came:")
    if delivery in (NOT_SENT, NOT_DELIVERED, SAID_NOT_DELIVERED):
        return _("A new message, with a new request ID:")
    if delivery.tone == "delivered" or delivery is SAID_DELIVERED:
        return _("Does the customer want it once more?")
    return _("Only once the customer says that nothing came:")
