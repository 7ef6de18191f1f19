"""Doors for Celery. The same functions as `manage.py dispatch`; `fallback_console.celery` says when they run."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from invocations import dispatching

LONGEST = 60.0
"""Seconds after which a worker lets go, so that it can be stopped and restarted. The next hint goes on."""


@shared_task(name="invocations.deliver_due")
def deliver_due() -> int:
    """Delivers until nothing is due. Several at once share the work. Returns how many attempts were made."""
    close_old_connections()
    if not dispatching.accounts_with_work():
        return 0
    return dispatching.Dispatcher().run(until_idle=True, seconds=LONGEST)


@shared_task(name="invocations.sweep")
def sweep() -> int:
    """Settles what only the passing of time settles, and asks paused accounts. Returns how many rows moved."""
    close_old_connections()
    return dispatching.sweep()
