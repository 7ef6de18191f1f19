"""`make bench-import`: rows a second and memory of files of recipients, side by side in one run.

  bare     a loop over the csv module with the same check of each number (its first rows)
  gate     the same, and the gate for each row, as the send page asks it (its first rows)
  parse    the file read strictly, as rows of text
  check    parsed, and each row held against the gate's rules; nothing is stored
  record   taken in, parsed, checked, and durable as encrypted parts: SQLite, PostgreSQL
           (--processes 2: two such files at once, and the rows of both)
  newman   Postman's runner with the same rows, to a stand-in that answers at once (its first rows)

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
from benchmarks.imports.newman import with_newman
from tests.servers import PrivatePostgres

CHECKS = ("parse", "check", "record")


def measured(way: str, path: Path, url: str, processes: int = 1) -> dict[str, Any]:
    """With several `processes` each takes the whole file in, in one database: all rows count."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_URL": url,
    }
    worker = [sys.executable, "-m", "benchmarks.imports.worker"]
    subprocess.run([*worker, "prepare", str(path)], check=True, env=environment)
    runs = [
        subprocess.Popen(
            [*worker, way, str(path)], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    found = [json.loads(run.communicate()[0].splitlines()[-1]) for run in runs]
    most = {name: max(each[name] for each in found) for name in found[0]}
    return most | {name: sum(each[name] for each in found) for name in ("rows", "cpu")}


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
    parser.add_argument("--no-newman", action="store_true")
    parser.add_argument("--processes", type=int, default=1, help="that record at once")
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
            if not options.no_newman and (run := with_newman(folder)):
                per_second = run["rows"] / run["seconds"]
                print(f"{'newman sends them, first rows':32} {per_second:9,.0f} rows/s")
            for kind, path in paths.items():
                for way in CHECKS:
                    for database, url in found if way == "record" else found[:1]:
                        many = options.processes if way == "record" else 1
                        where = f", {database}" if way == "record" else ""
                        where += f", {many} processes" if many > 1 else ""
                        run = measured(way, path, url(), many)
                        print(line(f"{way} {kind}{where}", run, base), flush=True)


main()
