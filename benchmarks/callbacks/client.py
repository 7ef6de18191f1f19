"""Posts prepared requests over kept connections, with as little CPU as Python allows.

What the client needs is not what is measured: it runs beside the server on the same cores.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

LENGTH = re.compile(rb"\r\ncontent-length: ?(\d+)", re.IGNORECASE)


@dataclass
class Answers:
    """Milliseconds from each request's scheduled time to its answer, and how it all went."""

    taken: list[float] = field(default_factory=list)
    not_ok: int = 0
    first: float = 0.0
    last: float = 0.0
    """`time.time()` of the first request and of the last answer."""


def post(port: int, requests: Sequence[bytes], *, rate: float = 0.0, connections: int) -> Answers:
    """Sends each request once, at its scheduled time whether or not others were answered.

    `rate` is requests a second; 0: each connection sends its next one once it has an answer.
    """
    answers = Answers()
    asyncio.run(_post(port, requests, rate, connections, answers))
    return answers


async def _post(
    port: int, requests: Sequence[bytes], rate: float, connections: int, answers: Answers
) -> None:
    begins = time.perf_counter() + 0.2
    turns = iter(enumerate(requests))
    answers.first = time.time() + 0.2
    await asyncio.gather(
        *(_connection(port, turns, begins, rate, answers) for _ in range(connections))
    )


async def _connection(
    port: int, turns: Iterator[tuple[int, bytes]], begins: float, rate: float, answers: Answers
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(max(0.0, begins - time.perf_counter()))
    for number, request in turns:
        due = begins + number / rate if rate else time.perf_counter()
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if reader.at_eof():  # the server has closed what was idle
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            answers.not_ok += not head.startswith(b"HTTP/1.1 200")
        except (asyncio.IncompleteReadError, ConnectionError):
            answers.not_ok += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers.taken.append((time.perf_counter() - due) * 1000)
        answers.last = time.time()
    writer.close()
