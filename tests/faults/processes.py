"""The work of a run's processes: recording messages, or delivering them."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.core.management import call_command
from django.db import InterfaceError, OperationalError, close_old_connections

from invocations.batches.worker import CheckProcess
from invocations.kaleyra.payload import Send
from invocations.models import Invocation, WorkflowInstance
from invocations.sending.record import record
from tests.faults import worker


def deliver_messages(bug: str | None, threads: int) -> None:
    if bug:
        worker.BUGS[bug]()
    worker.before(
        "sending.dispatcher.Dispatcher.run",
        lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM}),
    )
    # The run has processes of its own that check files (`web`).
    CheckProcess.start_if_needed = lambda self: None  # type: ignore[method-assign]
    call_command("dispatch", threads=threads)


def record_messages(mine: Sequence[tuple[int, str]], may_record: Any) -> None:
    """Records each message until that succeeds, with the same ID, as a second click on "Send" does.

    A process that replaces a killed one begins a few messages before the last recorded one.
    """
    workflows = _result_of(lambda: list(WorkflowInstance.objects.order_by("pk")))
    known = {
        str(request_id)
        for request_id in _result_of(
            lambda: list(Invocation.objects.values_list("request_id", flat=True))
        )
    }
    first = next(
        (place for place, (_n, request_id) in enumerate(mine) if request_id not in known), len(mine)
    )
    for n, request_id in mine[max(0, first - 3) :]:
        while n >= may_record.value:
            time.sleep(0.02)
        sends = [Send(f"9198{n:08d}", {"01": f"message {n}"})] * 2
        options = {"request_id": uuid.UUID(request_id), "created_by": None}
        _result_of(lambda: record(workflows[n % len(workflows)], sends, **options))  # noqa: B023


def _result_of(query: Callable[[], Any]) -> Any:
    """The result of `query`, which is repeated until the database answers."""
    while True:
        try:
            return query()
        except (OperationalError, InterfaceError):
            close_old_connections()
            time.sleep(0.1)


def if_database_answers(query: Callable[[], Any]) -> Any:
    """The result of `query`; None while the database does not answer."""
    with suppress(OperationalError, InterfaceError):
        return query()
    close_old_connections()
    return None


def are_all_tried() -> bool:
    """Whether every message had an attempt. What was cancelled never has one."""
    untried = Invocation.objects.filter(attempt_count=0)
    return not untried.exclude(status=Invocation.Status.CANCELLED).exists()
