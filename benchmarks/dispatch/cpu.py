"""User and system time of processes, in seconds, as Linux has it in /proc (proc_pid_stat(5))."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def seconds(pid: int) -> float:
    """Of one process and of its children that have ended; 0 if it has ended itself."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def tree(pid: int) -> float:
    """Of one process and of all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return seconds(pid) + sum(tree(int(child)) for child in children)


def resident_mb(pid: int) -> float:
    """The memory that a process has in RAM, in MB; 0 if it has ended."""
    try:
        return (
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
        )
    except OSError:
        return 0.0
