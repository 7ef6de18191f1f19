"""How long the live preview takes, beside the cheapest page there is (/healthz), over real HTTP in one run.

`make bench-preview` prints the medians in milliseconds and their ratio. Machines are shared: trust the ratio.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from collections.abc import Callable

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

import requests  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.testcases import LiveServerThread, _StaticFilesHandler  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

ROUNDS = 200


def median_ms(ask: Callable[[], requests.Response]) -> float:
    """The median of `ROUNDS` calls, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ask().raise_for_status()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def main() -> None:
    databases = setup_databases(verbosity=0, interactive=False)
    server = LiveServerThread("127.0.0.1", _StaticFilesHandler)
    server.daemon = True
    try:
        call_command("demo", verbosity=0, stdout=open(os.devnull, "w"))
        server.start()
        server.is_ready.wait()
        base = f"http://127.0.0.1:{server.port}"
        browser = Client()
        browser.force_login(User.objects.get(username="admin"))
        session = requests.Session()
        session.headers["Connection"] = "close"  # the test server's kept connections wait 40 ms for an acknowledgement (Nagle)
        session.cookies.update({name: morsel.value for name, morsel in browser.cookies.items()})
        form = session.get(f"{base}/send/1/").text
        fields = dict(re.findall(r'name="(intent|csrfmiddlewaretoken)" value="([^"]+)"', form))
        fields |= {"recipient": "+91 80612 34581", "same_recipient": "on", "same_values": "on", "params-mode": "rows", "params2-mode": "rows"}
        fields |= {"value1-01": "Asha", "value1-02": "KF-20418", "value1-03": "Thu 26 November"}
        ways = {
            "/healthz": lambda: session.get(f"{base}/healthz"),
            "send page": lambda: session.get(f"{base}/send/1/"),
            "preview": lambda: session.post(f"{base}/send/1/preview/", data=fields, headers={"Referer": base}),
        }
        medians = {name: median_ms(ask) for name, ask in ways.items()}
        for name, milliseconds in medians.items():
            print(f"{name:10} {milliseconds:7.1f} ms   {milliseconds / medians['/healthz']:5.1f} × /healthz")
    finally:
        server.terminate()
        teardown_databases(databases, verbosity=0)


main()
