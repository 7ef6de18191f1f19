"""Which rows are due. What was put off, or was recorded by a process that died before it could deliver, goes on here.

Run by `manage.py dispatch` beside the web server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from invocations import sending
from invocations.models import Invocation

GRACE = timedelta(seconds=20)
"""A row just recorded is being delivered by the request that recorded it."""
AT_ONCE = 100


def _ready() -> Q:
    now = timezone.now()
    return Q(not_before__lte=now) | Q(not_before__isnull=True, created_at__lte=now - GRACE)


def due() -> list[int]:
    """The queued invocations whose time has come, oldest first, `AT_ONCE` at most."""
    queued = Invocation.objects.filter(_ready(), status=Invocation.Status.QUEUED, account__is_paused=False)
    return list(queued.order_by("id").values_list("pk", flat=True)[:AT_ONCE])


def run_once(ended: Callable[[], bool] = lambda: False) -> int:
    """Settles what was interrupted, ends what is too late, delivers what is due until `ended`. Returns how many rows moved."""
    now = timezone.now()
    moved = sending.settle_interrupted(now) + sending.expire_overdue(now)
    for invocation_id in due():
        if ended():
            break
        # Asked anew: while the rows before it were delivered, another dispatcher may have tried this one and put it off.
        moved += sending.deliver(invocation_id, only_if=_ready())
    return moved
