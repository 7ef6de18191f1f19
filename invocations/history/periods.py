"""The query for invocations recorded in a period, for every list, count and statistic."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from invocations.models.reading import WHOLE

OUT_OF_ORDER = timedelta(hours=1)
"""By how much the order of ids may differ from that of recording.

Causes: the transaction of a long import, clocks of two machines.
"""
RECORDED_AT = Coalesce("created_at", "created_at")
"""`created_at` in a form that keeps the planner off its index."""


def recorded_between(start: datetime | None, end: datetime | None = None) -> Q:
    """Recorded from `start` on and before `end`, also as bounds of the id.

    Ids rise nearly in the order of recording, so the bounds are `OUT_OF_ORDER` wider than the
    period. They let every index that ends in the id serve the query. A planner that takes id and
    time for independent would choose the index on `created_at`, which is slower: hence
    `RECORDED_AT`. Runs one query for each bound.
    """
    query = Q()
    if start:
        query &= Q(GreaterThanOrEqual(RECORDED_AT, start))
        before = WHOLE.invocations().filter(created_at__lt=start - OUT_OF_ORDER)
        last = before.order_by("-created_at").values_list("pk", flat=True).first()
        if last is not None:
            query &= Q(pk__gt=last)
    if end:
        query &= Q(LessThan(RECORDED_AT, end))
        after = WHOLE.invocations().filter(created_at__gte=end + OUT_OF_ORDER)
        first = after.order_by("created_at").values_list("pk", flat=True).first()
        if first is not None:
            query &= Q(pk__lt=first)
    return query
