"""Times the live preview and the cheapest page (/healthz), over HTTP from gunicorn in one run.

`make bench-preview` prints the medians in milliseconds and their ratio. On a shared machine
trust the ratio.
"""

from __future__ import annotations

import io
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable

folder = tempfile.TemporaryDirectory()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "TEST_DATABASE_URL": f"sqlite:///{folder.name}/bench.sqlite3",
}

import django

django.setup()

import requests
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from benchmarks.served import served

ROUNDS = 200
VALUES = {
    "recipient": "+91 80612 34581",
    "value1-01": "Asha",
    "value1-02": "KF-20418",
    "value1-03": "Thu 26 November",
}
SWITCHES = {
    "same_recipient": "on",
    "same_values": "on",
    "params-mode": "rows",
    "params2-mode": "rows",
}


def median_ms(ask: Callable[[], requests.Response]) -> float:
    """The median of `ROUNDS` calls, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ask().raise_for_status()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def measure(base: str) -> dict[str, float]:
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    session = requests.Session()
    session.cookies.update({name: morsel.value for name, morsel in browser.cookies.items()})
    form = session.get(f"{base}/send/1/").text
    fields = (
        dict(re.findall(r'name="(intent|csrfmiddlewaretoken)" value="([^"]+)"', form))
        | VALUES
        | SWITCHES
    )
    ways: dict[str, Callable[[], requests.Response]] = {
        "/healthz": lambda: session.get(f"{base}/healthz"),
        "send page": lambda: session.get(f"{base}/send/1/"),
        "preview": lambda: session.post(
            f"{base}/send/1/preview/", data=fields, headers={"Referer": base}
        ),
    }
    return {name: median_ms(ask) for name, ask in ways.items()}


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("demo", stdout=io.StringIO())
    with served() as base:
        medians = measure(base)
    for name, milliseconds in medians.items():
        ratio = milliseconds / medians["/healthz"]
        print(f"{name:10} {milliseconds:7.1f} ms   {ratio:5.1f} × /healthz")


main()
