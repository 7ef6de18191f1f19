"""What was recorded in a span of time: one question, for every list, count and figure that has days."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from invocations.models import Invocation

OUT_OF_ORDER = timedelta(hours=1)
"""By how much the order of ids and that of recording may differ: a long import's transaction, clocks of two machines."""
RECORDED_AT = Coalesce("created_at", "created_at")
"""`created_at`, as no index answers for it."""


def recorded_between(start: datetime | None, end: datetime | None = None) -> Q:
    """What was recorded from `start` on and before `end`, also as bounds of the id, so that every index that ends in it serves.

    Rows get their ids nearly in the order in which they are recorded, so the bounds lie `OUT_OF_ORDER` outside. Asks the database
    where they are. The moments themselves are asked in a way that no index answers: the bounds are the better way, and a database
    that takes them for independent of the moments would choose the worse.
    """
    asks = Q()
    if start:
        asks &= Q(GreaterThanOrEqual(RECORDED_AT, start))
        earlier = Invocation.objects.filter(created_at__lt=start - OUT_OF_ORDER).order_by(
            "-created_at"
        )
        if (last := earlier.values_list("pk", flat=True).first()) is not None:
            asks &= Q(pk__gt=last)
    if end:
        asks &= Q(LessThan(RECORDED_AT, end))
        later = Invocation.objects.filter(created_at__gte=end + OUT_OF_ORDER).order_by("created_at")
        if (first := later.values_list("pk", flat=True).first()) is not None:
            asks &= Q(pk__lt=first)
    return asks
