"""The Celery app: `celery --app fallback_console.celery worker --beat`.

Celery is optional; it spreads the dispatcher's work over many machines. A message on the broker is
only a hint that there may be work: the tasks find the work itself in the database. A hint that is
lost, late or delivered twice therefore changes nothing.
"""

from __future__ import annotations

import logging
import os
from typing import Any

import django
from celery import Celery, signals
from celery.beat import Scheduler, SchedulingError
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fallback_console.settings")
django.setup()

from invocations import checks  # noqa: E402  needs django.setup()

checks.refuse_wrong_settings()
if not settings.CELERY_BROKER_URL:
    raise SystemExit(
        "Celery needs CELERY_BROKER_URL. Without a broker, `manage.py dispatch` does the same work."
    )

DELIVERY_HINT_EVERY = 1.0
SWEEP_HINT_EVERY = 5.0
EXPORT_HINT_EVERY = 5.0
CHECK_HINT_EVERY = 1.0
HINT_EXPIRES_AFTER = 60.0
"""Seconds until a hint that no worker took is dropped. It has to exceed the clock difference
between machines."""

logger = logging.getLogger(__name__)


@signals.setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Without a receiver, Celery would set the levels and the handlers of its `--loglevel`."""


class Hints(Scheduler):
    """Beat's scheduler with its times in memory.

    After a restart it gives a few hints too many, which is harmless. Beat's default keeps its times
    in a file, which two processes must not share.
    """

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Publishes one hint. If the broker is away, logs one line and drops the hint."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            logger.error("no hint to %s: %s", entry.name, error)
            # A broken connection to RabbitMQ does not recover. The next hint opens a new one.
            self.connection.close()
            del self.producer, self.connection


def _hint(task: str, every: float) -> dict[str, Any]:
    return {"task": task, "schedule": every, "options": {"expires": HINT_EXPIRES_AFTER}}


# Only Redis has this option. Without it, kombu keeps a copy of each message that a worker took, to
# restore it later, and can fail on that. A hint need not be restored.
_uses_redis = settings.CELERY_BROKER_URL.startswith("redis")
_transport_options = {"ack_emulation": False} if _uses_redis else {}

app = Celery("fallback_console", broker=settings.CELERY_BROKER_URL)
app.conf.update(
    accept_content=["json"],
    task_default_queue="fallback_console",  # other applications may use the same broker
    task_ignore_result=True,
    task_acks_late=False,  # a hint in progress needs no redelivery
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # retry for as long as the broker is away
    broker_transport_options=_transport_options,
    task_publish_retry=False,  # the next hint replaces this one
    timezone="UTC",
    imports=["invocations.tasks"],
    beat_scheduler="fallback_console.celery:Hints",
    beat_schedule={
        "deliver what is due": _hint("invocations.deliver_due", DELIVERY_HINT_EVERY),
        "sweep": _hint("invocations.sweep", SWEEP_HINT_EVERY),
        "write exports": _hint("invocations.write_exports", EXPORT_HINT_EVERY),
        "check files": _hint("invocations.check_batches", CHECK_HINT_EVERY),
    },
)
