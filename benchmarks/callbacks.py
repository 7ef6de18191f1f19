"""The latency of results that arrive at a high rate, and whether one is lost.

`make bench-callbacks` posts 200 a second for 30 seconds over HTTP to gunicorn and a private
PostgreSQL. Each POST starts at its scheduled time, whether or not the one before was answered, and
is measured from that time. /healthz, the cheapest page, is requested as often for comparison. It
fails if a result is lost, or answered by anything but 200.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

import requests
from django.core.management import call_command
from django.utils import timezone

from benchmarks.history.fill import fill
from benchmarks.served import served
from invocations.models import Account, Callback, ChannelResult, Invocation
from invocations.results import endpoints
from invocations.sandbox import answers, results

CONNECTIONS = 32
GOAL_MS = 300
"""What 95 of 100 results are answered within, in milliseconds."""

Ask = Callable[[requests.Session], requests.Response]


def awaited(count: int) -> list[Invocation]:
    """Accepted messages that await results, in an empty database."""
    call_command("migrate", verbosity=0)
    fill(count * 2)
    ChannelResult.objects.all().delete()
    Callback.objects.all().delete()
    accepted = Invocation.objects.filter(status="accepted")
    due = timezone.now() + timedelta(hours=1)
    accepted.update(
        delivery=Invocation.Delivery.AWAITING,
        result_due_at=due,
        deciding_channel=None,
        may_be_double=False,
        result_at=None,
    )
    return list(accepted.order_by("pk")[:count])


def posts(base: str, invocations: Sequence[Invocation]) -> list[Ask]:
    """For each message, how its result is posted."""
    addresses = {
        account.pk: endpoints.ensure_address(account, None) for account in Account.objects.all()
    }
    ways: list[Ask] = []
    for invocation in invocations:
        address = addresses[invocation.account_id]
        received = answers.Invocation(
            sid="", workflow_instance_id="", request_id="", recipient=f"91{invocation.pk:07d}015"
        )
        theirs = invocation.workflow_invocation_id
        body = results.reports(
            received, theirs, time.time_ns(), ("whatsapp", "sms"), results.Tempo()
        )[0].body
        url, headers = base + endpoints.path_of(address), {endpoints.SECRET_HEADER: address.secret}
        ways.append(
            lambda session, url=url, headers=headers, body=body: session.post(
                url, body, headers=headers
            )
        )  # type: ignore[misc]
    return ways


def paced(ways: Sequence[Ask], rate: int) -> tuple[list[float], int]:
    """Posts at this rate. Returns the ms from each scheduled time, and how many failed."""
    taken: list[float] = []
    refused: list[int] = []
    turns = iter(enumerate(ways))
    lock = threading.Lock()
    begins = time.perf_counter() + 0.2

    def work() -> None:
        with requests.Session() as session:
            session.trust_env = False
            while True:
                with lock:
                    number, ask = next(turns, (0, None))
                if ask is None:
                    return
                moment = begins + number / rate
                time.sleep(max(0.0, moment - time.perf_counter()))
                status = ask(session).status_code
                taken.append((time.perf_counter() - moment) * 1000)
                if status != 200:
                    refused.append(status)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken, len(refused)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=int, default=200, help="results a second (default: 200)")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--workers", type=int, default=2, help="gunicorn's processes (default: 2)")
    parser.add_argument("--threads", type=int, default=8, help="of each process (default: 8)")
    asked = parser.parse_args()
    invocations = awaited(asked.rate * asked.seconds)
    with served(workers=asked.workers, threads=asked.threads) as base:
        ways: dict[str, Sequence[Ask]] = {
            "/healthz": [lambda session: session.get(f"{base}/healthz")] * (asked.rate * 5),
            "results": posts(base, invocations),
        }
        paced(ways["/healthz"][: asked.rate], asked.rate)  # warms up
        found = {name: paced(way, asked.rate) for name, way in ways.items()}
    print(f"{asked.rate} a second, {asked.workers} processes of {asked.threads} threads\n")
    for name, (taken, refused) in found.items():
        cuts = statistics.quantiles(taken, n=100)
        figures = (
            f"median {cuts[49]:6.1f} ms, 95 of 100 within {cuts[94]:6.1f} ms,"
            f" 99 within {cuts[98]:6.1f} ms, all within {max(taken):6.1f} ms"
        )
        print(f"{name:9} {len(taken):6,} asked: {figures}; {refused} not answered 200")
    told = Invocation.objects.filter(
        pk__in=[each.pk for each in invocations], delivery=Invocation.Delivery.COMPLETED
    ).count()
    lost = len(invocations) - told
    print(
        f"\n{Callback.objects.count():,} kept, {told:,} told to their message, {lost} lost"
        f" (goal: none, and 95 of 100 within {GOAL_MS} ms)."
    )
    sys.exit(1 if lost or found["results"][1] else 0)


if __name__ == "__main__":
    main()
