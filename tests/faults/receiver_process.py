"""The receiver as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self


class ReceiverProcess:
    """Runs the receiver in a `with`; `options` as on the command line: rate=0.1, dedupe="off" …"""

    def __init__(self, log: Path, **options: object) -> None:
        self.log = log
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self._command = [sys.executable, "-m", "tests.faults.receiver", f"--log={log}", *words]

    def __enter__(self) -> Self:
        # In its own process group: Ctrl-C ends the harness, which may still read the log.
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self.process.stdout
        self.api_domain = f"127.0.0.1:{json.loads(self.process.stdout.readline())['port']}"
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def calm_down(self) -> None:
        """Ends the misbehaviour."""
        self.process.send_signal(signal.SIGUSR1)

    @property
    def received(self) -> list[dict[str, Any]]:
        """The log, line by line."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]
