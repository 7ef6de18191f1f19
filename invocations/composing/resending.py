"""Whether an earlier message may be sent again as a new one: the gate's findings about it.

They read the columns of the earlier message alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.composing.findings import Finding, Severity, token_of
from invocations.models import Invocation

Status, Delivery = Invocation.Status, Invocation.Delivery

NOT_RESENDABLE = "not_resendable"
MAY_HAVE_ARRIVED = "may_have_arrived"
"""The caution that a person has to acknowledge: the customer may get the message twice."""

STILL_OPEN = gettext_lazy("It may still leave by itself.")
CONTRADICTED = gettext_lazy(
    "A result came although nothing should have gone out: the customer may have it already."
    " Do not send it again."
)
SETTLED_THEN_ACCEPTED = gettext_lazy(
    "Kaleyra accepted it after a person had recorded what happened: the customer may have it"
    " already."
    " Do not send it again."
)
AWAITED = gettext_lazy("Its result is still awaited.")


def of_original(original: Invocation) -> Iterator[Finding]:
    """The blocker, or else the caution, about sending `original` again."""
    if refusal := why_not_resendable(original):
        yield Finding(NOT_RESENDABLE, Severity.BLOCKER, refusal, earlier=original.request_id)
    elif sign := sign_of_arrival(original):
        text = _("%(sign)s Sent again, the customer may get the message twice.") % {"sign": sign}
        yield Finding(
            MAY_HAVE_ARRIVED, Severity.CAUTION, text, asks=True, earlier=original.request_id
        )


def arrival_token(original: Invocation) -> str:
    """What acknowledges the caution about `original`."""
    return token_of(MAY_HAVE_ARRIVED, original.request_id)


def why_not_resendable(original: Invocation) -> str:
    """Why it must not be sent again by anybody; empty if it may be."""
    if not original.is_final:
        return str(STILL_OPEN)
    if original.reason == "settled_then_accepted":
        return str(SETTLED_THEN_ACCEPTED)
    if original.is_contradicted:
        return str(CONTRADICTED)
    if original.delivery == Delivery.AWAITING:
        return str(AWAITED)
    return ""


def was_delivered(original: Invocation) -> bool:
    """Whether Kaleyra reported a delivery, or a person said so."""
    return bool(original.deciding_channel) or original.reason == "settled_delivered"


def sign_of_arrival(original: Invocation) -> str:
    """Why the customer has the message, or may have it; empty if nothing speaks for it."""
    if original.deciding_channel:
        return _("It was delivered.")
    if original.reason == "settled_delivered":
        return _("A person recorded it as delivered.")
    if original.deciding_channel is None:
        if original.delivery == Delivery.COMPLETED:
            return _("Its result does not say whether it was delivered.")
        if original.status == Status.UNKNOWN:
            return _("It may have gone out. Kaleyra did not answer clearly.")
        if original.status == Status.ACCEPTED:
            return _("Kaleyra accepted it, and no result says that it failed.")
    return _("It may have arrived twice already.") if original.may_be_double else ""
