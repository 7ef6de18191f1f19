"""Times the pages that staff open most, beside the change list of Django's admin.

`make bench-pages` builds 10 thousand messages and asks for each page in turn, round after round:
history, home, send form, message page, `/healthz`, and 50 rows of a stock change list without the
console's shell. It prints medians, queries and ratios. Then it times the home over 30 days with a
million messages too. ROWS=10000 sets the smaller number of messages, GROWN=0 leaves out the larger
one. On a shared machine trust the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg

from tests.servers import PrivatePostgres

ROUNDS, WARM_UP = 30, 3
STOCK, CHEAPEST, GROWING = "stock list", "/healthz", "home, 30 days"
GOALS = {"history": 0.6, "home": 0.5, "compose": 0.5, "message": 0.5}
"""Times of the stock list that a page may take."""
MOST_QUERIES = {"history": 15}
GROWS_AT_MOST = 2.0
Figures = dict[str, dict[str, float]]


class Side:
    """A process with the settings of one side, which asks for one page at a time."""

    def __init__(self, settings: str, url: str, rows: int) -> None:
        environment = os.environ | {
            "TEST_DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONWARNINGS": "ignore",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.pages.worker", str(rows)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pages: list[str] = self._answer()

    def ask(self, page: str) -> dict[str, float]:
        assert self.process.stdin
        self.process.stdin.write(f"{page}\n")
        self.process.stdin.flush()
        figures: dict[str, float] = self._answer()
        return figures

    def _answer(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the process that asks for the pages has ended")
        return json.loads(line)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def sides(url: str, rows: int) -> Iterator[dict[str, Side]]:
    """The side that answers, by page. The console's fills the database before the other begins."""
    ours = Side("tests.settings", url, rows)
    stock = Side("benchmarks.history.stock", url, rows)
    try:
        yield dict.fromkeys(ours.pages, ours) | dict.fromkeys(stock.pages, stock)
    finally:
        ours.close()
        stock.close()


def measured(asked: Mapping[str, tuple[Side, str]], rounds: int) -> Figures:
    """Medians by name. Each round asks for every page once, so that all share what is noise."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    queries: dict[str, float] = {}
    for number in range(-WARM_UP, rounds):
        for name, (side, page) in asked.items():
            figures = side.ask(page)
            queries[name] = figures["queries"]
            if number >= 0:
                times[name].append(figures["ms"])
    return {
        name: {"ms": statistics.median(each), "queries": queries[name]}
        for name, each in times.items()
    }


def show(found: Figures) -> None:
    print("\n| page          |     ms | queries | × stock list |    goal | × /healthz |")
    print("|---------------|--------|---------|--------------|---------|------------|")
    stock, cheapest = found[STOCK]["ms"], found[CHEAPEST]["ms"]
    for name, figures in found.items():
        goal = f"{GOALS[name]:.2f}" if name in GOALS else ""
        most = f", {MOST_QUERIES[name]}" if name in MOST_QUERIES else ""
        print(
            f"| {name:13} | {figures['ms']:6.1f} | {figures['queries']:7.0f}"
            f" | {figures['ms'] / stock:12.2f} | {goal + most:>7}"
            f" | {figures['ms'] / cheapest:10.1f} |"
        )


def show_growth(found: Figures, rows: tuple[int, int]) -> None:
    small, large = (found[str(count)] for count in rows)
    print(
        f"\n{GROWING}: {small['ms']:.1f} ms with {rows[0]:,} messages,"
        f" {large['ms']:.1f} ms with {rows[1]:,}:"
        f" {large['ms'] / small['ms']:.2f} × (goal {GROWS_AT_MOST:.0f})."
        f" Queries: {small['queries']:.0f} and {large['queries']:.0f}."
    )


def compare(url_of: Any, rows: int, grown: int, rounds: int) -> None:
    with sides(url_of(rows), rows) as small:
        show(measured({page: (side, page) for page, side in small.items()}, rounds))
        if grown:
            with sides(url_of(grown), grown) as large:
                asked = {
                    str(rows): (small[GROWING], GROWING),
                    str(grown): (large[GROWING], GROWING),
                }
                show_growth(measured(asked, rounds), (rows, grown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--grown", type=int, default=1_000_000, help="0: the home is not compared")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--postgresql", action="store_true", help="on a private PostgreSQL")
    asked = parser.parse_args()
    server = PrivatePostgres() if asked.postgresql else nullcontext()
    with server as postgres, tempfile.TemporaryDirectory() as folder:

        def url_of(rows: int) -> str:
            if postgres is None:
                return f"sqlite:///{folder}/rows{rows}.sqlite3"
            return _created(postgres.url, f"rows{rows}")

        compare(url_of, asked.rows, asked.grown, asked.rounds)


def _created(url: str, name: str) -> str:
    """The address of a new database beside that of `url`."""
    address = url.replace("postgres:", "postgresql:", 1)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{url.rpartition('/')[0]}/{name}"


if __name__ == "__main__":
    main()
