"""Removes numbers, values, notes and answers of messages; IDs, digests and statuses stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from invocations.batches.retention import forget_texts
from invocations.history.references import masked_reference
from invocations.models import (
    Approval,
    Attempt,
    Callback,
    ChannelResult,
    Invocation,
    Note,
    SearchableValue,
    Settlement,
)
from invocations.models.bulk_update import update_each
from invocations.results.removed import forget_recipients

FINAL = Q(status__in=Invocation.FINAL, due_at__isnull=True, final_at__isnull=False)
"""Nothing leaves by itself any more. An unknown outcome with a `due_at` may be asked about again,
with the payload that it was sent with."""
_OF_PERSON = (
    *("recipient_digest", "recipient2_digest", "recipient_hint", "recipient2_hint"),
    *("recipient_last_four", "recipient2_last_four", "reference", "error_kind"),
)


def remove_values(ids: Collection[int], now: datetime) -> Counter[str]:
    """Removes the values of those of the messages `ids` that are final and still have theirs.

    Call it in a transaction. Returns how many were removed, by kind.
    """
    with_values = Invocation.objects.filter(FINAL, values_removed_at__isnull=True, pk__in=ids)
    found = dict(_locked(with_values).values_list("pk", "reference"))
    counts = _remove_around(found, now)
    masked = {pk: masked_reference(reference) for pk, reference in found.items()}
    changed = [pk for pk, reference in found.items() if masked[pk] != reference]
    update_each(Invocation, [({"id": pk}, {"reference": masked[pk]}) for pk in changed])
    return counts


def remove_person(ids: Collection[int], now: datetime) -> Counter[str]:
    """As `remove_values`, for messages to somebody who is erased, whether their values still stand
    or not: digests, masked numbers and tickets go, too.
    """
    found = list(_locked(Invocation.objects.filter(FINAL, pk__in=ids)).values_list("pk", flat=True))
    counts = _remove_around(found, now)
    Invocation.objects.filter(pk__in=found).update(**dict.fromkeys(_OF_PERSON, ""))
    answers = Attempt.objects.filter(invocation__in=found)
    answers.exclude(answered_invocation_id="").update(answered_invocation_id="")
    results = ChannelResult.objects.filter(callback__invocation__in=found)
    counts["results"] += forget_recipients(results)
    return counts


def _locked(rows: Any) -> Any:
    """In the order in which `sending` and `results` lock messages."""
    return rows.order_by("pk").select_for_update(of=("self",))


def _remove_around(found: Collection[int], now: datetime) -> Counter[str]:
    """What belongs to the locked messages `found`, and their own values."""
    of_message = Q(invocation__in=list(found))
    counts: Counter[str] = Counter()
    counts["answers"] = Attempt.objects.filter(of_message, reply__isnull=False).update(reply=None)
    bodies = Callback.objects.filter(of_message, Q(body__isnull=False))
    counts["result_bodies"] = bodies.update(body=None, set_aside_reason=None)
    counts["notes"] = Note.objects.filter(of_message, text__isnull=False).update(text=None)
    reasons = Settlement.objects.filter(of_message, reason__isnull=False)
    counts["reasons"] = reasons.update(reason=None)
    forget_texts(Approval.objects.filter(of_message))
    counts["searchable_values"] = SearchableValue.objects.filter(of_message).delete()[0]
    counts["messages"] = Invocation.objects.filter(pk__in=list(found)).update(
        payload=None,
        reply=None,
        note=None,
        values_removed_at=Coalesce("values_removed_at", Value(now)),
    )
    return +counts
