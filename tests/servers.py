"""Private PostgreSQL and Redis servers for tests and benchmarks, in temporary folders.

    with PrivatePostgres() as postgres:    # postgres.url; kill() and start() for crash tests
        ...
    python -m tests.servers --postgres --redis -- pytest …
                                           # sets TEST_DATABASE_URL and TEST_BROKER_URL

They come from Debian's packages (tests/install-packages.sh). PostgreSQL commits to the disk, unless
`--quick` is given: then it does not wait for the disk, and must not be killed.
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

PATIENCE = 60.0
"""Seconds for a server to answer: after a kill it reads its log first."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen on {port} (exit code {process.poll()}).")


def _program(name: str) -> str:
    """Debian keeps PostgreSQL's server programs outside PATH."""
    found = shutil.which(name) or next(
        map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise RuntimeError(f"There is no {name}. tests/install-packages.sh installs it.")
    return found


class _Server:
    """A process in a temporary folder, which is removed with it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = tempfile.mkdtemp(prefix="console-")
        self._process: subprocess.Popen[bytes] | None = None

    def _run(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        _wait_until_it_listens(self.port, self._process)

    def start(self) -> None:
        raise NotImplementedError

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, number)
            self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


class PrivatePostgres(_Server):
    """A cluster with one user, `console`, and one empty database.

    `is_quick` is for tests that do not kill it.
    """

    def __init__(self, *, is_quick: bool = False) -> None:
        super().__init__()
        self._more = {"fsync": "off", "full_page_writes": "off"} if is_quick else {}
        # PostgreSQL refuses to run as root; its package brings a user for that.
        self._as_user = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            if os.geteuid() == 0
            else []
        )
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
            for name, value in (settings | self._more).items()
            for word in ("-c", f"{name}={value}")
        ]
        self._run(*self._as_user, _program("postgres"), "-D", f"{self._folder}/data", *options)
        ready = [_program("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={self.port}"]
        ends = time.monotonic() + PATIENCE
        # It listens before it accepts connections.
        while subprocess.call(ready) and time.monotonic() < ends:
            time.sleep(0.05)

    def kill(self) -> None:
        """Sends SIGKILL to each process, as in a power cut. `start` recovers what was committed."""
        assert self._process
        pid = self._process.pid
        # Each child has its own process group.
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.stop(signal.SIGKILL)
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)


class PrivateRedis(_Server):
    """Keeps nothing on the disk."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._run(
            _program("redis-server"),
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            self._folder,
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Runs a command beside private servers."
        " One that the environment names is used instead."
    )
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--redis", action="store_true")
    parser.add_argument("--quick", action="store_true", help="PostgreSQL waits for no disk")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    postgres = partial(PrivatePostgres, is_quick=asked.quick)
    wanted = [
        ("TEST_DATABASE_URL", postgres, asked.postgres),
        ("TEST_BROKER_URL", PrivateRedis, asked.redis),
    ]
    running: list[_Server] = []
    # `sys.exit` runs the `finally` that stops the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        for name, kind, is_wanted in wanted:
            if is_wanted and not os.environ.get(name):
                running.append(kind().__enter__())
                os.environ[name] = running[-1].url  # type: ignore[attr-defined]
        return subprocess.call(asked.command)
    finally:
        for server in running:
            server.__exit__()


if __name__ == "__main__":
    sys.exit(main())
