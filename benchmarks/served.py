"""The console as its users have it: gunicorn on a free port, gone afterwards.

with served(workers=2) as base: ...   # base: http://127.0.0.1:PORT
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 60.0
"""Seconds for it to answer."""


@contextmanager
def served(*, workers: int = 1, threads: int = 4) -> Iterator[str]:
    """Its address. It has the settings and the environment of this process."""
    with server(workers=workers, threads=threads) as (port, _process):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def server(*, workers: int = 1, threads: int = 4) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Its port and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "fallback_console.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
    ]
    options = [
        "--workers",
        str(workers),
        "--threads",
        str(threads),
        "--no-control-socket",
        "--log-level",
        "warning",
    ]
    process = subprocess.Popen([*command, *options], start_new_session=True)
    try:
        ends = time.monotonic() + PATIENCE
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if process.poll() is not None or time.monotonic() > ends:
                raise SystemExit("the server did not start")
            time.sleep(0.05)
        yield port, process
    finally:
        process.terminate()
        process.wait()
