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
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "700"))
MOST_SECONDS = 2.0


@pytest.fixture
def people(priya, rosa, ada, sven, client):
    clients = {
        "support": priya,
        "reviewer": rosa,
        "admin": ada,
        "superuser": sven,
        "nobody": client,
    }
    for each in clients.values():
        each.raise_request_exception = False
    return clients


def fault_of(request: Request, clients) -> str:
    """What is wrong with the answer; empty if nothing is. The database is as before."""
    for _attempt in (1, 2):  # the machine may have been busy
        started = time.monotonic()
        savepoint = transaction.savepoint()
        try:
            status = request.send(clients[request.who]).status_code
        finally:
            transaction.savepoint_rollback(savepoint)
        seconds = time.monotonic() - started
        if status >= 500:
            return f"status {status}"
        if seconds <= MOST_SECONDS:
            return ""
    return f"{seconds:.1f} seconds, twice"


@pytest.fixture
def requests(world, people):
    requests = Requests(SEED, world, people)
    requests.read_forms()
    return requests


def assert_no_fault(requests, people):
    """Fails with each request whose answer is wrong."""
    faults = [
        f"{fault}, request {number} of seed {SEED}: {request}"
        for number, request in enumerate(requests)
        if (fault := fault_of(request, people))
    ]
    if faults:
        pytest.fail("\n\n".join([*faults[:30], f"{len(faults)} faults"]), pytrace=False)


@pytest.mark.django_db
def test_each_kind_of_malformed_request_is_refused_quickly(requests, people):
    assert_no_fault(requests.of_each_kind(), people)


@pytest.mark.django_db
def test_no_malformed_request_is_a_server_error_or_slow(requests, people):
    assert_no_fault(itertools.islice(requests, REQUESTS), people)
