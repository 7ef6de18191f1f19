"""`make bench-import`: rows a second and memory of files of recipients, side by side in one run.

  bare     a loop over the csv module with the same check of each number (its first rows)
  gate     the same, and the gate for each row, as the send page asks it (its first rows)
  parse    the file read strictly, as rows of text
  check    parsed, and each row held against the gate's rules; nothing is stored
  record   taken in, parsed, checked, and durable as encrypted parts: SQLite, PostgreSQL

Each is a process of its own, and its memory is what it needs at most over a started Django. A
workbook is read by one more process, whose memory stands apart. On a shared machine trust the
ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.imports.files import write_csv, write_xlsx
from tests.servers import PrivatePostgres

CHECKS = ("parse", "check", "record")


def measured(way: str, path: Path, url: str) -> dict[str, Any]:
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_DATABASE_URL": url}
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.imports.worker", way, str(path)],
        check=True,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@contextmanager
def databases(folder: Path, *, with_postgres: bool) -> Iterator[list[tuple[str, Any]]]:
    """By name: a function that returns the address of an empty database."""
    made = [0]

    def sqlite() -> str:
        made[0] += 1
        return f"sqlite:///{folder / f'{made[0]}.sqlite3'}"

    if not with_postgres:
        yield [("SQLite", sqlite)]
        return
    server = PrivatePostgres()
    server.start()

    def postgres() -> str:
        made[0] += 1
        name = f"bench{made[0]}"
        command = ["psql", server.url, "--quiet", "--command", f"CREATE DATABASE {name}"]
        subprocess.run(command, check=True)
        return server.url.removesuffix("/postgres") + f"/{name}"

    try:
        yield [("SQLite", sqlite), ("PostgreSQL", postgres)]
    finally:
        server.stop()


def line(name: str, found: dict[str, Any], base: float) -> str:
    per_second = found["rows"] / found["seconds"]
    cpu = found["cpu"] / found["rows"] * 1e6
    child = f", its reader {found['child_mb']:4.0f} MB" if found["child_mb"] > 1 else ""
    return (
        f"{name:32} {per_second:9,.0f} rows/s  {per_second / base:6.1f} × bare  {cpu:7.1f} µs CPU"
        f"  +{found['grown_mb']:4.0f} MB{child}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--no-postgresql", action="store_true")
    parser.add_argument("--no-xlsx", action="store_true")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        databases(Path(name), with_postgres=not options.no_postgresql) as found,
    ):
        folder, sqlite = Path(name), found[0][1]
        for count in options.rows:
            paths = {"CSV": folder / f"{count}.csv", "XLSX": folder / f"{count}.xlsx"}
            write_csv(paths["CSV"], count)
            if options.no_xlsx:
                del paths["XLSX"]
            else:
                write_xlsx(paths["XLSX"], count)
            bare = measured("bare", paths["CSV"], sqlite())
            base = bare["rows"] / bare["seconds"]
            print(f"\n{count:,} rows")
            print(line("bare csv loop, first rows", bare, base))
            print(line("gate, first rows", measured("gate", paths["CSV"], sqlite()), base))
            for kind, path in paths.items():
                for way in CHECKS:
                    for database, url in found if way == "record" else found[:1]:
                        where = f", {database}" if way == "record" else ""
                        run = measured(way, path, url())
                        print(line(f"{way} {kind}{where}", run, base), flush=True)


main()
