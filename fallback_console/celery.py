"""Celery, for many machines: `celery --app fallback_console.celery worker --beat`. Where there is no broker, nothing needs it.

A message of the broker is a hint that there may be work, and nothing else: the rows say what there is. So one that is lost, late
or doubled changes nothing.
"""

from __future__ import annotations

import logging
import os
from typing import Any

import django
from celery import Celery
from celery.beat import Scheduler, SchedulingError
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fallback_console.settings")
django.setup()

from invocations import checks  # noqa: E402  once Django is set up

checks.refuse_wrong_settings()
if not settings.CELERY_BROKER_URL:
    raise SystemExit(
        "Celery needs CELERY_BROKER_URL. Without a broker, `manage.py dispatch` does the same work."
    )

LOOK_EVERY = 1.0
"""Seconds between two hints."""
STALE_AFTER = 60.0
"""Seconds after which a hint that nobody took is dropped. More than the clocks of two machines may differ by."""

logger = logging.getLogger(__name__)


class Hints(Scheduler):
    """Keeps its times in memory: two hints too many harm nobody, a file of times that two processes share would."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Gives one hint. Without a broker it is left out, and said in one line."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            logger.error("no hint to %s: %s", entry.name, error)
            # A connection to RabbitMQ that broke does not mend itself. The next hint asks for another, for as long as it takes.
            self.connection.close()
            del self.producer, self.connection


app = Celery("fallback_console", broker=settings.CELERY_BROKER_URL)
app.conf.update(
    accept_content=["json"],
    task_default_queue="fallback_console",  # the broker may serve others too
    task_ignore_result=True,
    task_acks_late=False,  # a hint that is worked on needs no second reader
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # however long the broker is away
    # Redis alone knows this option: a hint that was taken is not kept. Kombu can break over one that it wants to give back.
    broker_transport_options={"ack_emulation": False}
    if settings.CELERY_BROKER_URL.startswith("redis")
    else {},
    task_publish_retry=False,  # the next hint is as good
    timezone="UTC",
    imports=["invocations.tasks"],
    beat_scheduler="fallback_console.celery:Hints",
    beat_schedule={
        "deliver what is due": {
            "task": "invocations.deliver_due",
            "schedule": LOOK_EVERY,
            "options": {"expires": STALE_AFTER},
        },
        "sweep": {
            "task": "invocations.sweep",
            "schedule": 5.0,
            "options": {"expires": STALE_AFTER},
        },
        "write exports": {
            "task": "invocations.write_exports",
            "schedule": 5.0,
            "options": {"expires": STALE_AFTER},
        },
    },
)
