"""No malformed request causes a 5xx, and none takes longer than two seconds.

A failure prints the request and the seed. `make fuzz N=20000 SEED=7` runs longer, or again.
"""

import itertools
import os
import time

import pytest
from django.db import transaction

from tests.views.malformed import Request, Requests

SEED = int(os.environ.get("FUZZ_SEED", "20261128"))
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "500"))
MOST_SECONDS = 2.0
MOST_SECONDS_IN_ALL = 10.0
"""With the database, and with whatever else the machine does."""


@pytest.fixture
def people(priya, rosa, ada, sven, client):
    clients = {"support": priya, "reviewer": rosa, "admin": ada, "superuser": sven}
    clients["nobody"] = client
    for each in clients.values():
        each.raise_request_exception = False
    return clients


def fault_of(request: Request, clients) -> str:
    """What is wrong with the answer; empty if nothing is. The database stays as it was."""
    started, worked = time.monotonic(), time.thread_time()
    savepoint = transaction.savepoint()
    try:
        status = request.send(clients[request.who]).status_code
    finally:
        transaction.savepoint_rollback(savepoint)
    if status >= 500:
        return f"status {status}"
    seconds, in_all = time.thread_time() - worked, time.monotonic() - started
    is_slow = seconds > MOST_SECONDS or in_all > MOST_SECONDS_IN_ALL
    return f"{seconds:.1f} seconds of work, {in_all:.1f} in all" if is_slow else ""


@pytest.mark.django_db
def test_no_malformed_request_is_a_server_error_or_slow(world, people):
    requests = Requests(SEED, world, people)
    requests.read_forms()
    sent = itertools.chain(requests.of_each_kind(), itertools.islice(requests, REQUESTS))
    faults = [
        f"{fault}, request {number} of seed {SEED}: {request}"
        for number, request in enumerate(sent)
        if (fault := fault_of(request, people))
    ]
    if faults:
        pytest.fail("\n\n".join([*faults[:30], f"{len(faults)} faults"]), pytrace=False)
