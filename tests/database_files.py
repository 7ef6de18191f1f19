"""What stands in the files of the database, as somebody who copies them reads it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from django.db import connection


def bytes_of_database() -> bytes:
    """Of SQLite's file, its journal and its index of it.

    Another process reads them: where this one closed a file, it would lose all its locks on it
    (POSIX), also those of SQLite, and another process could take the journal away.
    """
    name = Path(connection.settings_dict["NAME"])
    files = sorted(name.parent.glob(f"{name.name}*"))
    return subprocess.run(["cat", *map(str, files)], check=True, capture_output=True).stdout
