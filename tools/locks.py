"""What the human lists (requirements*.txt) ask for, and what their locks pin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Pin(NamedTuple):
    """`marker` is empty unless only some Pythons or systems need it; `asked_by` names lists."""

    name: str
    version: str
    marker: str
    hashes: list[str]
    asked_by: list[str]


def normalised(name: str) -> str:
    """As registries compare names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def human_pins(file: Path) -> dict[str, str]:
    """Version by name, of `file` alone. Each line is a pin, a comment, or `-r`."""
    lines = [line.partition("#")[0].strip() for line in file.read_text().splitlines()]
    pins = [line.split("==") for line in lines if line and not line.startswith("-r ")]
    return {normalised(name.partition("[")[0]): version for name, version in pins}


def locked(file: Path) -> dict[str, Pin]:
    """The pins of a lock by name."""
    return {pin.name: pin for pin in _pins(file.read_text())}


def _pins(text: str) -> Iterator[Pin]:
    for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]:
        head = re.match(r"([\w.-]+)==([^\s;]+)(?: ; (.+?))? \\$", block, re.MULTILINE)
        if head is None:
            raise ValueError(f"not a pin with hashes: {block.splitlines()[0]}")
        hashes = re.findall(r"--hash=(sha256:[0-9a-f]{64})", block)
        asked_by = re.findall(r"(?:# via|#  ) -r (\S+)", block)
        yield Pin(normalised(head[1]), head[2], head[3] or "", hashes, asked_by)
