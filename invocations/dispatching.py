"""Which rows are due. What was put off, or was recorded by a process that died before it could deliver, goes on here.

Run by `manage.py dispatch` beside the web server.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from invocations import sending
from invocations.models import Invocation

GRACE = timedelta(seconds=20)
"""A row just recorded is being delivered by the request that recorded it."""
AT_ONCE = 100


def due() -> list[int]:
    """The queued invocations whose time has come, oldest first, `AT_ONCE` at most."""
    now = timezone.now()
    ready = Q(not_before__lte=now) | Q(not_before__isnull=True, created_at__lte=now - GRACE)
    queued = Invocation.objects.filter(ready, status=Invocation.Status.QUEUED, account__is_paused=False)
    return list(queued.order_by("id").values_list("pk", flat=True)[:AT_ONCE])


def run_once() -> int:
    """Settles what was interrupted, ends what is too late, delivers what is due. Returns how many rows moved."""
    now = timezone.now()
    moved = sending.settle_interrupted(now) + sending.expire_overdue(now)
    return moved + sum(sending.deliver(invocation_id) for invocation_id in due())
