"""newman, Postman's runner, with a CSV: what many use in place of a console."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

COLLECTION = Path(__file__).parent / "newman.json"
HEADINGS = ("request_id", "recipient", "p1", "p2", "p3")
"""Of the CSV: `COLLECTION` names them."""


def installed_newman(folder: Path) -> Path | None:
    """The program, installed in `folder`; None if there is no npm, or it cannot install it."""
    newman = folder / "node_modules/.bin/newman"
    npm = shutil.which("npm")
    if newman.exists() or npm is None:
        return newman if newman.exists() else None
    install = [npm, "install", "--silent", "--no-audit", "--no-fund"]
    install += ["--prefix", str(folder), "newman"]
    failed = subprocess.call(install, stdout=subprocess.DEVNULL)
    return None if failed else newman


def newman_words(newman: Path, rows: Path, url: str) -> list[str]:
    """The command that posts each of `rows` to `url`."""
    words = [str(newman), "run", str(COLLECTION), "--iteration-data", str(rows)]
    return [*words, "--env-var", f"url={url}", "--reporters", "json"]
