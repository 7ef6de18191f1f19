"""Celery, for many machines: `celery --app fallback_console.celery worker --beat`. Where there is no broker, nothing needs it.

A message of the broker is a hint that there may be work, and nothing else: the rows say what there is. So one that is lost, late
or doubled changes nothing.
"""

from __future__ import annotations

import os

import django
from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fallback_console.settings")
django.setup()

LOOK_EVERY = 1.0
"""Seconds between two hints. One that nobody took until the next is there is dropped."""

app = Celery("fallback_console", broker=settings.CELERY_BROKER_URL or "memory://")
app.conf.update(
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=False,  # a hint that is worked on needs no second reader
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    timezone="UTC",
    imports=["invocations.tasks"],
    beat_schedule={
        "deliver what is due": {"task": "invocations.deliver_due", "schedule": LOOK_EVERY, "options": {"expires": LOOK_EVERY}},
        "sweep": {"task": "invocations.sweep", "schedule": 5.0, "options": {"expires": 5.0}},
    },
)
