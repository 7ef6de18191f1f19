"""The console behind gunicorn, over TLS with a certificate of our own, and over plain http."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import pytest

from fallback_console import policy_reports
from tests.conftest import ROOT
from tests.faults.certificates import Authority
from tests.servers import _wait_for_port, free_port

PATIENCE = 60.0
"""Seconds."""
HOST = "console.example.com"
SETTINGS = "tests.edges.settings"


@dataclass(frozen=True)
class Edge:
    """Where gunicorn listens. `ask` sends bytes as they are, and reads one answer."""

    https: int
    http: int
    authority: Path
    log: Path

    def ask(self, request: str | bytes, *, tls: bool = True) -> HTTPResponse:
        content = request if isinstance(request, bytes) else request.encode("latin1")
        plain = socket.create_connection(("127.0.0.1", self.https if tls else self.http), PATIENCE)
        with closing(self._secured(plain) if tls else plain) as connection:
            connection.sendall(content)
            answer = HTTPResponse(connection, method=content.split(b" ")[0].decode("latin1"))
            answer.begin()
            answer.text = answer.read().decode(errors="replace")  # type: ignore[attr-defined]
            return answer

    def get(self, path: str, *lines: str, method: str = "GET", tls: bool = True) -> HTTPResponse:
        head = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *lines]
        return self.ask("\r\n".join(head) + "\r\n\r\n", tls=tls)

    def post(self, path: str, body: str, *lines: str) -> HTTPResponse:
        head = [f"POST {path} HTTP/1.1", f"Host: {HOST}", "Connection: close", *lines]
        head += [f"Content-Length: {len(body)}"]
        return self.ask("\r\n".join(head) + "\r\n\r\n" + body)

    def _secured(self, connection: socket.socket) -> socket.socket:
        context = ssl.create_default_context(cafile=str(self.authority))
        return context.wrap_socket(connection, server_hostname=HOST)


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files as `collectstatic` writes them."""
    folder = tmp_path_factory.mktemp("static")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": SETTINGS, "TEST_STATIC_ROOT": str(folder)},
        check=True,
    )
    return folder


@pytest.fixture(scope="session")
def edge(static_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """With a database that has no tables: what needs one is answered 500 or 503."""
    folder = tmp_path_factory.mktemp("edge")
    authority = Authority(folder)
    authority.server(HOST)
    there = Edge(free_port(), free_port(), authority.bundle, folder / "log")
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "TEST_STATIC_ROOT": str(static_root),
        "TEST_DATABASE_URL": f"sqlite:///{folder}/empty.sqlite3",
    }
    options = ["--worker-class=gthread", "--threads=4", "--no-control-socket"]
    certificate = f"--certfile={folder}/{HOST}-False.pem"
    with ExitStack() as stack:
        started = {}
        for port, more in ((there.https, [certificate]), (there.http, [])):
            quiet = [f"--bind=127.0.0.1:{port}", "--log-level=critical", *more]
            words = [sys.executable, "-m", "gunicorn", "fallback_console.wsgi", *options, *quiet]
            log = stack.enter_context(there.log.open("ab"))
            started[port] = subprocess.Popen(words, cwd=ROOT, env=env, stderr=log)
            stack.callback(started[port].wait)
            stack.callback(started[port].terminate)
        for port, process in started.items():
            _wait_for_port(port, process)
            there.get("/healthz", tls=port == there.https)  # gunicorn listens before it has loaded
        yield there


@pytest.fixture(autouse=True)
def no_reports_before() -> Iterator[None]:
    """The limit of reports counts anew in each test."""
    before, policy_reports.limit = (
        policy_reports.limit,
        policy_reports.PerMinute(policy_reports.MOST_A_MINUTE),
    )
    yield
    policy_reports.limit = before
