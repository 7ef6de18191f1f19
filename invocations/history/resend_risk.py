"""What the customer gets if the newest message to them is sent again."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _

from invocations.composing.resending import sign_of_arrival, why_not_resendable
from invocations.models import Invocation


class Risk(NamedTuple):
    """`text`: what is known of the message, and what sending it again would do."""

    tone: str
    text: str


def risk_of_resend(row: Invocation) -> Risk:
    text = _warning_about(row)
    if text:
        return Risk("unknown", text)
    return Risk("neutral", _("Nothing says that it reached the customer. It can be sent again."))


def _warning_about(row: Invocation) -> str:
    """Empty if nothing says that the customer has it, or will get it."""
    if row.status in Invocation.UNSETTLED:
        return _("It has not left yet. Sent again, the customer would get two.")
    if refusal := why_not_resendable(row):
        return refusal
    if row.status == Invocation.Status.UNKNOWN:
        return _(
            "It may have gone out. Open it and press “Check safely” first: nothing can be sent "
            "twice by it."
        )
    if sign := sign_of_arrival(row):
        risk = _("Sent again, the customer gets it twice.")
        may = _("Sent again, the customer may get it twice.")
        return f"{sign} {risk if row.deciding_channel else may}"
    return ""
