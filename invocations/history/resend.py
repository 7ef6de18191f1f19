"""Whether an invocation may be sent again together with others, and what is asked before.

Whether it may be sent again at all is the gate's rule (`composing.resending`).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from invocations.composing import resending
from invocations.history.deliveries import (
    NOT_DELIVERED,
    NOT_SENT,
    NOT_YET_SENT,
    SAID_DELIVERED,
    SAID_NOT_DELIVERED,
)
from invocations.history.meanings import Meaning, Text
from invocations.history.next_steps import is_settled_otherwise
from invocations.history.report import Report, report_of
from invocations.history.state import delivery_of, meaning_of
from invocations.models import Callback, Invocation


def why_not_resendable_in_bulk(
    invocation: Invocation, callbacks: Sequence[Callback]
) -> Text | None:
    """Stricter than `resending.why_not_resendable`, because nobody looks at each message by itself.

    `callbacks`: the invocation's, oldest first, with their results.
    """
    if invocation.status == Invocation.Status.UNKNOWN:
        return _("It may have gone out. Record what happened first.")
    if refusal := resending.why_not_resendable(invocation):
        return refusal
    if is_disputed(invocation, report_of(callbacks)):
        return _(
            "Its results contradict each other. Ask the customer, and open it to send it again."
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
    if delivery in (NOT_SENT, NOT_YET_SENT, NOT_DELIVERED, SAID_NOT_DELIVERED):
        return _("A new message, with a new request ID:")
    if delivery.tone == "delivered" or delivery is SAID_DELIVERED:
        return _("Does the customer want it once more?")
    return _("Only once the customer says that nothing came:")
