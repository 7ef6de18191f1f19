"""A fast stand-in of the API: it answers every POST as documented (202, ACCEPTED) and counts them.

It does not validate requests, as the practice pod does, and only counts them and their request IDs.
`GET /start?0.05` resets the counts and sets a delay of 0.05 s for each answer; `GET /seen` returns
the counts.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter

REQUEST_ID = re.compile(rb'"requestId": ?"([^"]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: ?(\d+)", re.IGNORECASE)
ANSWER = (
    b'{"success":true,"requestId":"%b",'
    b'"message":"Workflow invocation request submitted successfully",'
    b'"workflowInvocationId":"1PzqQWLYRnvVzGSnpMOYgc","executionStatus":"ACCEPTED",'
    b'"timestamp":"2025-04-22T12:16:01.489187246Z"}'
)
HEAD = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

latency = 0.0
seen: Counter[bytes] = Counter()
first = last = 0.0


class Connection(asyncio.Protocol):
    """One kept connection, with one request at a time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.read = transport, b""

    def data_received(self, data: bytes) -> None:
        self.read += data
        head, end, body = self.read.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        self.read = b""
        if head.startswith(b"GET"):
            return self.answer(b"200 OK", json.dumps(counts(head.split()[1].decode())).encode())
        found = REQUEST_ID.search(body)
        if not found:
            return self.answer(b"400 Bad Request", b"{}")
        note(found[1])
        answer = ANSWER % found[1]
        if latency:
            asyncio.get_running_loop().call_later(latency, self.answer, b"202 Accepted", answer)
        else:
            self.answer(b"202 Accepted", answer)

    def answer(self, status: bytes, body: bytes) -> None:
        self.transport.write(HEAD % (status, len(body)) + body)  # type: ignore[attr-defined]


def note(request_id: bytes) -> None:
    global first, last
    last = time.time()
    first = first or last
    seen[request_id] += 1


def counts(path: str) -> dict[str, float]:
    global latency, first, last
    if path.startswith("/start?"):
        latency, first, last = float(path.partition("?")[2]), 0.0, 0.0
        seen.clear()
    return {"posts": seen.total(), "ids": len(seen), "first": first, "last": last}


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
