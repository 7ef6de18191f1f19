"""How many of some messages ended how, in one sentence: "5 messages: 3 delivered, 2 accepted"."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from invocations.history.meanings import Text
from invocations.models import Invocation

Status, Delivery = Invocation.Status, Invocation.Delivery

TEXTS: dict[str, Text] = {
    "delivered": _("%(n)s delivered"),
    "said_delivered": _("%(n)s recorded as delivered"),
    "awaiting": _("%(n)s awaiting result"),
    Status.ACCEPTED: _("%(n)s accepted"),
    Status.SENDING: _("%(n)s sending"),
    Status.QUEUED: _("%(n)s queued"),
    "scheduled": _("%(n)s scheduled"),
    Status.HELD: _("%(n)s on hold"),
    Status.UNKNOWN: _("%(n)s with outcome unknown"),
    "no_result": _("%(n)s with no result received"),
    "not_confirmed": _("%(n)s with delivery not confirmed"),
    "not_delivered": _("%(n)s not delivered"),
    "said_not_delivered": _("%(n)s recorded as not delivered"),
    Status.REJECTED: _("%(n)s rejected"),
    Status.EXPIRED: _("%(n)s expired"),
    Status.CANCELLED: _("%(n)s cancelled"),
}
"""By ending, in the order in which they are named."""


def endings_text(messages: QuerySet[Invocation], now: datetime) -> str:
    """The sentence about `messages`, or "" if there are none. Each is counted once."""
    ending = messages.order_by().annotate(ending=_ending(now)).values("ending")
    counts = {each["ending"]: each["n"] for each in ending.annotate(n=Count("pk"))}
    if not counts:
        return ""
    parts = [
        str(text) % {"n": f"{counts[name]:,}"} for name, text in TEXTS.items() if name in counts
    ]
    total = sum(counts.values())
    named = ngettext("%(n)s message", "%(n)s messages", total) % {"n": f"{total:,}"}
    return f"{named}: {', '.join(parts)}"


def _ending(now: datetime) -> Case:
    """The key of `TEXTS`. As in `history.state`, a reported delivery counts before the status."""
    return Case(
        When(deciding_channel__gt=0, then=Value("delivered")),
        When(deciding_channel=0, then=Value("not_delivered")),
        When(delivery=Delivery.COMPLETED, then=Value("not_confirmed")),
        When(delivery=Delivery.AWAITING, then=Value("awaiting")),
        When(delivery=Delivery.NO_RESULT, then=Value("no_result")),
        When(reason="settled_delivered", then=Value("said_delivered")),
        When(reason__startswith="settled_", then=Value("said_not_delivered")),
        When(Q(status=Status.QUEUED, not_before__gt=now), then=Value("scheduled")),
        default=F("status"),
        output_field=CharField(),
    )
