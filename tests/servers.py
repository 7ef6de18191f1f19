"""Temporary PostgreSQL and Redis servers for tests and benchmarks.

Each has its own folder, which is deleted at the end, and a free port.

    with PrivatePostgres() as postgres:
        postgres.url, postgres.kill(), postgres.start()  # kill and start: to test a crash

    # run a command with TEST_DATABASE_URL and TEST_BROKER_URL set:
    .venv/bin/python -m tests.servers --postgres --redis -- .venv/bin/pytest …

The programs come from Debian's packages (tests/install-packages.sh). PostgreSQL writes commits to
the disk unless it is started with `--quick`; then it is faster and must not be killed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

SERVER_TIMEOUT = 60.0
"""Seconds for a server to start or stop. After a kill, PostgreSQL replays its log first."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + SERVER_TIMEOUT
    while time.monotonic() < ends and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen on {port} (exit code {process.poll()}).")


def _program(name: str) -> str:
    """The path of a program. Debian does not put PostgreSQL's server programs on the PATH."""
    found = shutil.which(name) or next(
        map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise RuntimeError(f"There is no {name}. tests/install-packages.sh installs it.")
    return found


class _Server:
    """A server process and its folder, which is deleted at exit."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = tempfile.mkdtemp(prefix="console-")
        self._process: subprocess.Popen[bytes] | None = None

    def _run(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        _wait_for_port(self.port, self._process)

    def start(self) -> None:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, number)
            self._process.wait(SERVER_TIMEOUT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


class PrivatePostgres(_Server):
    """A cluster with one user, `console`, and one empty database.

    `is_quick`: without fsync, for tests that do not kill it.
    """

    def __init__(self, *, is_quick: bool = False) -> None:
        super().__init__()
        self._quick_settings = {"fsync": "off", "full_page_writes": "off"} if is_quick else {}
        # PostgreSQL refuses to run as root; its package creates the user `postgres`.
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._as_user = as_postgres if os.geteuid() == 0 else []
        if self._as_user:
            shutil.chown(self._folder, "postgres")
        setup = [
            "--username=console",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--pgdata",
            f"{self._folder}/data",
        ]
        subprocess.run(
            [*self._as_user, _program("initdb"), *setup],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        return f"postgres://console:none@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
        }
        options = [
            word
            for name, value in (settings | self._quick_settings).items()
            for word in ("-c", f"{name}={value}")
        ]
        self._run(*self._as_user, _program("postgres"), "-D", f"{self._folder}/data", *options)
        ready = [_program("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={self.port}"]
        ends = time.monotonic() + SERVER_TIMEOUT
        # It listens before it accepts connections.
        while subprocess.call(ready) and time.monotonic() < ends:
            time.sleep(0.05)

    def kill(self) -> None:
        """Sends SIGKILL to all its processes, as in a power cut. `start` recovers the commits."""
        assert self._process
        pid = self._process.pid
        # Each child has a process group of its own.
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.stop(signal.SIGKILL)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)


class PrivateRedis(_Server):
    """Without persistence."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        listen = ["--port", str(self.port), "--bind", "127.0.0.1"]
        without_files = ["--save", "", "--appendonly", "no", "--dir", self._folder]
        self._run(_program("redis-server"), *listen, *without_files)


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Runs a command with temporary servers. Servers that TEST_DATABASE_URL and "
        "TEST_BROKER_URL name are used instead."
    )
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--quick", action="store_true", help="PostgreSQL without fsync")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    postgres = partial(PrivatePostgres, is_quick=arguments.quick)
    servers = [
        ("TEST_DATABASE_URL", postgres, arguments.postgres),
        ("TEST_BROKER_URL", PrivateRedis, arguments.redis),
    ]
    running: list[_Server] = []
    # SystemExit runs the `finally` below, which stops the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        for name, kind, is_wanted in servers:
            if is_wanted and not os.environ.get(name):
                running.append(kind().__enter__())
                os.environ[name] = running[-1].url  # type: ignore[attr-defined]
        return subprocess.call(arguments.command)
    finally:
        for server in running:
            server.__exit__()


if __name__ == "__main__":
    sys.exit(main())
