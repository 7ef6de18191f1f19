"""Times each page of the history: `python -m benchmarks.history.measure ROWS` prints JSON.

Whole requests, rendered, by Django's test client, and the slowest single query of each. With the
settings `benchmarks.history.stock` it times the change list of Django's admin for the same rows.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client

from benchmarks.history.fill import NUMBER, fill
from invocations.models import Account, Invocation, WorkflowInstance

ROUNDS, STOCK_ROUNDS = 15, 3
STOCK_PATIENCE = 20.0
"""Seconds after which PostgreSQL cancels a query of a stock page: it takes at least that long."""


@contextmanager
def slowest_query() -> Iterator[list[float]]:
    taken: list[float] = [0.0]

    def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            taken.append((time.perf_counter() - started) * 1000)

    with connection.execute_wrapper(timed):
        yield taken


def measured(ask: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Medians of the request and its slowest query in ms; `at_least` if a query timed out."""
    whole, query = [], []
    for number in range(rounds + 1):
        with slowest_query() as taken:
            started = time.perf_counter()
            try:
                answer = ask()
            except OperationalError:
                return {"at_least": STOCK_PATIENCE * 1000}
            seconds = time.perf_counter() - started
        assert answer.status_code == 200, answer.status_code
        if number:  # the first one warms up
            whole.append(seconds * 1000)
            query.append(max(taken))
    return {"ms": statistics.median(whole), "query_ms": statistics.median(query)}


Page = tuple[str, str, str]
"""An address, what is searched for, and the query of the stock change list for the same rows."""


def pages(rows: int) -> dict[str, Page]:
    """The measured pages by name."""
    return {
        **_pages_of_status(rows),
        **_pages_of_workflow_and_person(),
        **_pages_of_errors(),
        **_searches(rows),
    }


def _pages_of_status(rows: int) -> dict[str, Page]:
    return {
        "first page": ("", "", ""),
        "deep page": (f"before={rows // 2}", "", f"p={rows // 2 // 50}"),
        "last page": ("before=40", "", f"p={rows // 50}"),
        "status: rejected": ("status=rejected", "", "status__exact=rejected"),
        "status: unknown": ("status=unknown", "", "status__exact=unknown"),
        "status, deep": (
            f"status=rejected&before={rows // 2}",
            "",
            f"status__exact=rejected&p={rows // 3500}",
        ),
        "delivery: no result": ("delivery=no_result", "", "delivery__exact=no_result"),
        "delivered on channel 2": ("delivery=2", "", "deciding_channel__exact=2"),
        "not delivered": ("delivery=failed", "", "deciding_channel__exact=0"),
        "delivery not confirmed": ("delivery=open", "", ""),
    }


def _pages_of_workflow_and_person() -> dict[str, Page]:
    workflow, account = WorkflowInstance.objects.first(), Account.objects.first()
    person = User.objects.exclude(username="bench").first()
    assert workflow and account and person
    return {
        "workflow": (f"workflow={workflow.pk}", "", f"workflow_instance__id__exact={workflow.pk}"),
        "account": (f"account={account.pk}", "", f"account__id__exact={account.pk}"),
        "person": (f"person={person.pk}", "", f"created_by__id__exact={person.pk}"),
        "one day": (
            "since=2026-05-04&until=2026-05-04",
            "",
            "created_at__year=2026&created_at__month=5&created_at__day=4",
        ),
        "status and day": (
            "status=rejected&since=2026-05-04&until=2026-05-04",
            "",
            "status__exact=rejected&created_at__year=2026&created_at__month=5&created_at__day=4",
        ),
        "workflow and person": (
            f"workflow={workflow.pk}&person={person.pk}",
            "",
            f"workflow_instance__id__exact={workflow.pk}&created_by__id__exact={person.pk}",
        ),
        "... that share nothing": (
            f"workflow={workflow.pk}&person={person.pk + 1}",
            "",
            f"workflow_instance__id__exact={workflow.pk}&created_by__id__exact={person.pk + 1}",
        ),
    }


def _pages_of_errors() -> dict[str, Page]:
    kind = Invocation.objects.exclude(error_kind="").values_list("error_kind", flat=True).first()
    return {
        "HTTP status 401": ("http=401", "", "http_status__exact=401"),
        "error": ("error=" + (kind or "").replace(" ", "+"), "", ""),
        "errors, 30 days": ("/history/errors/?days=30", "", ""),
        "dashboard": ("/", "", ""),
        "dashboard, 30 days": ("/?days=30", "", ""),
    }


def _searches(rows: int) -> dict[str, Page]:
    middle = Invocation.objects.filter(id__gte=rows // 2).order_by("id").first()
    assert middle
    message = f"msg-{rows // 2 // 10 * 10:020d}"
    return {
        "search: request ID": ("", str(middle.request_id), f"q={middle.request_id}"),
        "search: Kaleyra's ID": (
            "",
            middle.workflow_invocation_id or "wf",
            f"q={middle.workflow_invocation_id or 'wf'}",
        ),
        "search: message ID": ("", message, ""),
        "search: ticket": ("", f"CARE-{rows // 2 // 3 * 3}", f"q=CARE-{rows // 2 // 3 * 3}"),
        "search: number": ("", NUMBER, ""),
        "search: number, as at home": ("", f"0{NUMBER.removeprefix('91')}", ""),
        "search: last four": ("", "4581", "q=4581"),
    }


def main(rows: int) -> None:
    is_stock = os.environ["DJANGO_SETTINGS_MODULE"] == "benchmarks.history.stock"
    if is_stock:
        logging.disable(logging.CRITICAL)  # Django would log each query that times out
    if not is_stock:
        call_command("migrate", verbosity=0)
    if not Invocation.objects.exists():
        started = time.perf_counter()
        fill(rows)
        print(
            f"{rows:,} rows on {connection.vendor} built in {time.perf_counter() - started:.0f} s",
            file=sys.stderr,
        )
    person, _made = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(person)
    if is_stock and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{STOCK_PATIENCE}s'")
    found: dict[str, dict[str, float]] = {}
    for name, (address, searched, stocks) in pages(rows).items():
        if not is_stock:
            there = address if address.startswith("/") else f"/history/?{address}"
            found[name] = measured(
                lambda a=there, q=searched: browser.post(a, {"q": q}) if q else browser.get(a),
                ROUNDS,
            )
        elif stocks or name == "first page":
            found[name] = measured(
                lambda s=stocks: browser.get(f"/stock/invocations/invocation/?{s}"), STOCK_ROUNDS
            )
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
