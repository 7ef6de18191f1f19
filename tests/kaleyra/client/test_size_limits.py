"""An answer of any size costs little memory: at most 64 KiB of it are read, and never unpacked.

`responses` unpacks what it fakes, so that compressed answers come from a socket.
"""

import gzip
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from invocations.kaleyra.reply import MAX_REPLY_BYTES
from tests.faults.behaviours import answers, floods
from tests.faults.server import FaultServer

from ..samples import http
from .calls import client, invoke
from .faults import HUGE, MIB


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """peak(): the most bytes that were in use at a time, beyond those at the start of the test."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("kind", HUGE)
def test_of_300_megabytes_only_the_first_64_kib_are_read(
    kind: str, peak: Callable[[], int]
) -> None:
    with FaultServer(floods(HUGE[kind], b"x" * MIB, 300)) as server:
        reply = invoke(client(server.api_domain))
        server.settled()
        assert server.visits[0].sent < 20 * MIB
    assert len(reply.text) == MAX_REPLY_BYTES
    assert peak() < 5 * MIB


@pytest.mark.parametrize("status_line", ["202 Accepted", "302 Found"])
def test_a_compression_bomb_is_not_unpacked(status_line: str, peak: Callable[[], int]) -> None:
    bomb = http(
        status_line,
        gzip.compress(bytes(50 * MIB), 1),
        "Content-Encoding: gzip",
        "Location: https://elsewhere.invalid/",
    )
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    with FaultServer(answers(bomb)) as server:
        assert len(invoke(client(server.api_domain)).text) <= MAX_REPLY_BYTES
    assert peak() - before < 5 * MIB
