"""What an invocation's status and delivery mean. Reads its columns only, never the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils import timezone
from django.utils.translation import pgettext_lazy

from invocations.history.deliveries import (
    AWAITING,
    DELIVERED,
    FELL_BACK,
    NO_CONFIRMATION,
    NO_RESULT,
    NOT_DELIVERED,
)
from invocations.history.meanings import Meaning, StatusMeaning, Text
from invocations.history.statuses import (
    ASKED_ABOUT,
    AWAITS_APPROVAL,
    CONTRADICTED,
    MAY_HAVE_LEFT,
    RESTORED,
    SCHEDULED,
    SETTLED,
    STATUSES,
)
from invocations.models import Channel, Invocation
from invocations.sending import awaiting
from invocations.sending.restored import DATABASE_RESTORED

Status = Invocation.Status
Delivery = Invocation.Delivery

_DELIVERED_LABELS: dict[str, tuple[Text, Text]] = {
    Channel.Kind.WHATSAPP: (
        pgettext_lazy("delivery", "Delivered on WhatsApp"),
        pgettext_lazy("delivery", "Delivered on WhatsApp"),
    ),
    Channel.Kind.SMS: (
        pgettext_lazy("delivery", "Delivered by SMS"),
        pgettext_lazy("delivery", "Delivered by SMS"),
    ),
}
"""By the kind of the channel that delivered: the label for position 1 and for position 2."""


def meaning_of(invocation: Invocation) -> StatusMeaning:
    """The status, refined by settlement, contradiction, schedule or a pending check."""
    if invocation.reason == "settled_then_accepted" and invocation.delivery == Delivery.COMPLETED:
        return SETTLED["settled_not_delivered"]  # the result decides between the two
    if invocation.reason in SETTLED:
        return SETTLED[invocation.reason]
    if invocation.is_contradicted:
        return CONTRADICTED[invocation.status]
    not_before = invocation.not_before
    if invocation.status == Status.QUEUED and not_before and not_before > timezone.now():
        return SCHEDULED
    if invocation.status == Status.HELD and invocation.reason == awaiting.AWAITS_APPROVAL:
        return AWAITS_APPROVAL
    if invocation.status == Status.UNKNOWN and invocation.due_at:
        return ASKED_ABOUT
    if invocation.status == Status.UNKNOWN and invocation.reason == DATABASE_RESTORED:
        return RESTORED
    if invocation.status == Status.UNKNOWN and invocation.reason == "reported_before_sent":
        return MAY_HAVE_LEFT
    return STATUSES[invocation.status]


def delivery_of(invocation: Invocation, kinds: Sequence[str] = ()) -> Meaning:
    """The reported delivery, or what the status implies about it.

    `kinds`: the kinds of channels 1 and 2. Without them the label does not name the channel.
    """
    if invocation.delivery == Delivery.AWAITING:
        return AWAITING
    if invocation.delivery == Delivery.NO_RESULT:
        return NO_RESULT
    if invocation.delivery != Delivery.COMPLETED:
        return meaning_of(invocation).delivery
    position = invocation.deciding_channel
    if position is None:
        return NO_CONFIRMATION
    if not position:
        return NOT_DELIVERED
    reported = DELIVERED if position == 1 else FELL_BACK
    labels = _DELIVERED_LABELS.get(kinds[position - 1]) if position <= len(kinds) else None
    return replace(reported, label=labels[position - 1]) if labels else reported
