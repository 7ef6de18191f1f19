"""Whoever hints (Celery's beat), after the broker went away."""

import logging

import pytest
from celery.beat import SchedulingError

pytestmark = pytest.mark.postgres


@pytest.fixture
def hints(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    from fallback_console.celery import Hints, app  # it refuses to be where no broker is

    hints = Hints(app, lazy=True)
    hints.Producer = lambda connection, **options: object()
    hints._ensure_connected = lambda: hints.connection
    hints.setup_schedule()
    return hints


def test_after_a_hint_that_failed_the_next_goes_over_a_new_connection(hints, monkeypatch, caplog):
    def breaks(entry, producer, advance):
        raise SchedulingError("connection reset by peer")

    monkeypatch.setattr(hints, "apply_async", breaks)
    entry = hints.schedule["deliver what is due"]
    broken = hints.producer, hints.connection
    with caplog.at_level(logging.ERROR, "fallback_console.celery"):
        hints.apply_entry(entry, producer=hints.producer)
    assert caplog.messages == ["no hint to deliver what is due: connection reset by peer"]
    assert hints.producer is not broken[0] and hints.connection is not broken[1]
