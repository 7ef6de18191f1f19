"""Times the growing history, and the change list of Django's admin for the same rows.

`make bench-history` builds 10 thousand and 10 million invocations on a private PostgreSQL, and 10
thousand and 1 million on SQLite, requests each page, filter and search, and prints medians and
ratios. ROWS=1000000 makes the larger one smaller. On a shared machine trust the ratios. It needs
20 GB of disk and half an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import psycopg

from tests.servers import PrivatePostgres

SMALL = 10_000
GROWS_AT_MOST, FASTER_THAN_STOCK, LONGEST_QUERY_MS = 2.0, 20.0, 100.0
Found = dict[str, dict[str, dict[str, float]]]


def measured(url: str, rows: int) -> Found:
    found: Found = {}
    for side, settings in (("ours", "tests.settings"), ("stock", "benchmarks.history.stock")):
        environment = os.environ | {
            "TEST_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONWARNINGS": "ignore",
        }
        command = [sys.executable, "-m", "benchmarks.history.measure", str(rows)]
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        for name, times in json.loads(done.stdout).items():
            found.setdefault(name, {})[side] = times
    return found


def on_postgresql(rows: list[int]) -> list[Found]:
    with PrivatePostgres() as postgres:
        found = []
        for count in rows:
            url = f"{postgres.url.rpartition('/')[0]}/rows{count}"
            with psycopg.connect(
                postgres.url.replace("postgres:", "postgresql:", 1), autocommit=True
            ) as connection:
                connection.execute(f"CREATE DATABASE rows{count}")
            found.append(measured(url, count))
        return found


def on_sqlite(rows: list[int]) -> list[Found]:
    with tempfile.TemporaryDirectory() as folder:
        return [measured(f"sqlite:///{folder}/rows{count}.sqlite3", count) for count in rows]


def show(title: str, rows: list[int], small: Found, big: Found) -> None:
    print(f"\n{title}: medians in ms, whole requests\n")
    head = ("", f"{rows[0]:,}", f"{rows[1]:,}", "grows", "slowest query", "stock", "stock/ours")
    print("| {:22} | {:>8} | {:>10} | {:>6} | {:>13} | {:>8} | {:>10} |".format(*head))
    print("|" + "|".join("-" * width for width in (24, 10, 12, 8, 15, 10, 12)) + "|")
    worst: dict[str, Any] = {"grows": 0.0, "query": 0.0}
    for name, page in big.items():
        before, after, stock = small[name]["ours"]["ms"], page["ours"]["ms"], page.get("stock", {})
        grows, query = after / before, page["ours"]["query_ms"]
        worst = {"grows": max(worst["grows"], grows), "query": max(worst["query"], query)}
        over, milliseconds = (
            ("> ", stock["at_least"]) if "at_least" in stock else ("", stock.get("ms", 0.0))
        )
        beside = (
            (f"{over}{milliseconds:.0f}", f"{over}{milliseconds / after:.0f} ×")
            if milliseconds
            else ("–", "–")
        )
        print(
            f"| {name:22} | {before:8.1f} | {after:10.1f} | {grows:5.2f} × | {query:13.1f}"
            f" | {beside[0]:>8} | {beside[1]:>10} |"
        )
    first = big["first page"]
    ahead = first["stock"].get("ms", first["stock"].get("at_least", 0.0)) / first["ours"]["ms"]
    print(f"\nGrows {worst['grows']:.2f} × at most (goal {GROWS_AT_MOST:.0f}).")
    print(f"Slowest query {worst['query']:.0f} ms (goal {LONGEST_QUERY_MS:.0f}).")
    print(
        f"First page {ahead:.0f} × faster than the stock change list"
        f" (goal {FASTER_THAN_STOCK:.0f})."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--rows", type=int, default=10_000_000, help="on PostgreSQL (default: 10,000,000)"
    )
    parser.add_argument(
        "--sqlite-rows", type=int, default=1_000_000, help="on SQLite (default: 1,000,000)"
    )
    parser.add_argument("--only", choices=["postgresql", "sqlite"])
    asked = parser.parse_args()
    for name, run, most in (
        ("postgresql", on_postgresql, asked.rows),
        ("sqlite", on_sqlite, asked.sqlite_rows),
    ):
        if asked.only in (None, name):
            small, big = run([SMALL, most])
            show(
                name.replace("postgresql", "PostgreSQL").replace("sqlite", "SQLite"),
                [SMALL, most],
                small,
                big,
            )


if __name__ == "__main__":
    main()
