"""One side of the comparison: asks for a page whenever its name comes in, and prints how it went.

`python -m benchmarks.pages.worker ROWS` prints a first line when it is ready, then for each name
that it reads one line of JSON: `ms` of the whole request by Django's test client, and `queries`.
Its settings say which side it is: the console's, or `benchmarks.history.stock`.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.history.fill import fill
from invocations.models import Invocation, WorkflowInstance

IS_STOCK = os.environ["DJANGO_SETTINGS_MODULE"] == "benchmarks.history.stock"
EXAMPLE = "Order delayed"
"""The workflow of `manage.py demo` that is composed, and of which a message is shown."""


def console_pages(rows: int) -> dict[str, str]:
    """The measured addresses by name. Fills the database if it is empty."""
    call_command("migrate", verbosity=0)
    if not Invocation.objects.exists():
        _fill(rows)
    workflow = WorkflowInstance.objects.get(title=EXAMPLE)
    message = Invocation.objects.get(workflow_instance=workflow)
    return {
        "history": "/history/",
        "home": "/",
        "home, 30 days": "/?days=30",
        "compose": f"/send/{workflow.pk}/",
        "message": f"/history/{message.request_id}/",
        "/healthz": "/healthz",
    }


def _fill(rows: int) -> None:
    """A year of messages up to now, one of them sent to the practice pod, counted ahead."""
    from invocations.monitoring.statistics import count_due_quarters

    started = time.perf_counter()
    fill(rows, timezone.now())
    _send_one()
    while count_due_quarters(timezone.now()):
        pass
    seconds = time.perf_counter() - started
    print(f"{rows:,} rows on {connection.vendor} built in {seconds:.0f} s", file=sys.stderr)


def _send_one() -> None:
    """Sends a message to a practice pod, and stores that its fallback was delivered."""
    from invocations.kaleyra.payload import Send
    from invocations.sandbox.server import PracticePod
    from invocations.sending.deliver import deliver
    from invocations.sending.record import record
    from tests.reports import report

    with PracticePod() as pod:
        call_command("demo", api_domain=pod.api_domain, stdout=io.StringIO())
        workflow = WorkflowInstance.objects.get(title=EXAMPLE)
        sends = [
            Send(
                "918061234581",
                {words.key: words.sample for words in channel.parameters.all()},
            )
            for channel in workflow.channels.order_by("position")
        ]
        person = User.objects.order_by("pk").first()
        found = record(workflow, sends, request_id=uuid.uuid4(), created_by=person)[0]
        deliver(found.pk)
    found.refresh_from_db()
    assert found.status == Invocation.Status.ACCEPTED, found.reason
    report(found, "TIMEOUT", "DELIVERED")


def ask(browser: Client, address: str) -> dict[str, float]:
    queries = 0

    def counted(execute: Callable[..., Any], *given: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*given)

    with connection.execute_wrapper(counted):
        started = time.perf_counter()
        answer = browser.get(address)
        seconds = time.perf_counter() - started
    assert answer.status_code == 200, (address, answer.status_code)
    return {"ms": seconds * 1000, "queries": queries}


def main(rows: int) -> None:
    pages = {"stock list": "/stock/invocations/invocation/"} if IS_STOCK else console_pages(rows)
    person, _made = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(person)
    print(json.dumps(list(pages)), flush=True)
    for name in sys.stdin:
        print(json.dumps(ask(browser, pages[name.strip()])), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
