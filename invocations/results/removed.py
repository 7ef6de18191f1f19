"""Results that come after the values of their message were removed: they bring no number back."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from invocations.models import Callback, ChannelResult, Invocation


def forget_late_bodies(invocations: Iterable[Invocation]) -> None:
    """Removes the bodies that were just matched to those of the locked messages whose values are
    removed; and the numbers in their results, if the person was erased.
    """
    removed = [each for each in invocations if each.values_removed_at is not None]
    if not removed:
        return
    bodies = Callback.objects.filter(invocation__in=removed, body__isnull=False)
    bodies.update(body=None, set_aside_reason=None)
    erased = [each for each in removed if not each.recipient_digest]
    forget_recipients(ChannelResult.objects.filter(callback__invocation__in=erased))


def forget_recipients(results: QuerySet[ChannelResult]) -> int:
    """Removes numbers and message IDs from `results`; codes and times stay. Returns how many."""
    names = ("recipient_digest", "recipient_hint", "message_id", "client_message_id", "sender")
    return results.update(**dict.fromkeys(names, ""))
