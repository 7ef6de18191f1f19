"""newman's time for the first rows of a file: it posts each, to the same quick stand-in."""

from __future__ import annotations

import csv
import itertools
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import requests

from benchmarks.dispatch.newman import HEADINGS, installed_newman, newman_words
from benchmarks.imports.files import rows
from tests.servers import free_port

ROWS = 300
"""It is slow."""
PATIENCE = 30.0


def with_newman(folder: Path) -> dict[str, Any] | None:
    """`rows` and `seconds`; None if newman cannot be installed."""
    newman = installed_newman(folder)
    if newman is None:
        return None
    path, port = folder / "newman.csv", free_port()
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADINGS)
        for cells in itertools.islice(rows(ROWS), ROWS):
            table.writerow([uuid.uuid4(), *cells[:4]])
    api = f"http://127.0.0.1:{port}"
    stand_in = subprocess.Popen([sys.executable, "-m", "benchmarks.dispatch.stub", str(port)])
    try:
        _wait_for(f"{api}/seen")
        requests.get(f"{api}/start?0", timeout=10)
        words = newman_words(newman, path, f"{api}/v1/HXBENCH0IN/workflow/v1/instances/0/invoke")
        began = time.perf_counter()
        subprocess.run(words, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        posts: int = requests.get(f"{api}/seen", timeout=10).json()["posts"]
    finally:
        stand_in.kill()
        stand_in.wait()
    return {"rows": posts, "seconds": seconds}


def _wait_for(address: str) -> None:
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            requests.get(address, timeout=1)
            return
        except requests.RequestException:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
