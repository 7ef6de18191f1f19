"""Runs a command of the console, kills it half-way if asked to, and measures it from outside."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection

from benchmarks.dispatch import cpu

LOOK_EVERY = 0.02
NAME = "million-command"
_LONGEST = (
    "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)"
    " FROM pg_stat_activity WHERE application_name = %s AND state <> 'idle'"
)


@dataclass
class Run:
    """What one or several runs of a command took."""

    command: str
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of processor, without the database's. On a busy machine trust these."""
    longest: float = 0.0
    """Seconds of the longest transaction (SQLite: that somebody else waited to write)."""
    memory_mb: float = 0.0
    kills: int = 0
    code: int = 0
    said: list[str] = field(default_factory=list)

    def go(self, *words: str, until: Callable[[], bool] | None = None) -> None:
        """Runs it; once `until` is true it is killed."""
        command = [sys.executable, "manage.py", *words]
        began, looked_at, used = time.monotonic(), 0.0, 0.0
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"PGAPPNAME": NAME}, start_new_session=True,
        )  # fmt: skip
        look = Look()
        try:
            while process.poll() is None:
                self.longest = max(self.longest, look.longest())
                if until and time.monotonic() - looked_at > 0.25:
                    looked_at = time.monotonic()
                    if until():
                        process.kill()
                        self.kills += 1
                        until = None
                self.memory_mb = max(self.memory_mb, _memory_mb(process.pid))
                used = max(used, cpu.seconds(process.pid))
                time.sleep(LOOK_EVERY)
        finally:
            process.kill()
            look.close()
        self.cpu += used
        self.seconds += time.monotonic() - began
        self.code = process.returncode
        assert process.stdout
        self.said += process.stdout.read().splitlines()

    def show(self, rows: int, what: str) -> None:
        print(
            f"{self.command}: {self.seconds:.0f} s with {self.kills} kills, {rows:,} {what},"
            f" {rows / self.seconds:,.0f} a second; {self.cpu:.0f} s of processor;"
            f" longest transaction {self.longest:.2f} s;"
            f" at most {self.memory_mb:.0f} MB; exit code {self.code};"
            f" load {os.getloadavg()[0]:.0f}",
            flush=True,
        )
        for line in self.said[-3:]:
            print(f"  {line}")


def _memory_mb(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as lines:
            peak = next(line for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0.0
    return int(peak.split()[1]) / 1024


class Look:
    """A connection of its own, that sees how long the command holds others up."""

    def __init__(self) -> None:
        if connection.vendor == "postgresql":
            url = os.environ["TEST_DATABASE_URL"].replace("postgres:", "postgresql:", 1)
            self._postgres = psycopg.connect(url, autocommit=True)
        else:
            name = str(connection.settings_dict["NAME"])
            self._sqlite = sqlite3.connect(name, timeout=60, isolation_level=None)

    def longest(self) -> float:
        if connection.vendor == "postgresql":
            row: Any = self._postgres.execute(_LONGEST, [NAME]).fetchone()
            return float(row[0])
        began = time.monotonic()
        self._sqlite.execute("BEGIN IMMEDIATE")
        self._sqlite.execute("ROLLBACK")
        return time.monotonic() - began

    def close(self) -> None:
        (self._postgres if connection.vendor == "postgresql" else self._sqlite).close()
