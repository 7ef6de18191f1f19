"""Files of recipients to measure with: one number for both channels, three values, a ticket."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter

HEADINGS = ("Phone", "Name", "Order", "Day", "Ticket")
_NAMES = ("Asha", "Rao Dev", "Meera Iyer", "José", "O'Brien", "Kabir", "Anita Desai", "Chen")
_MOBILES = ("98", "99", "97", "90", "88", "70")
"""Beginnings of numbers that India has given out."""
_DAYS = ("Thursday", "Friday, 10:30", "29/11", "Monday")


def rows(count: int) -> Iterator[list[str]]:
    """The same ones each time: mostly India, 2 of 100 with a fault."""
    chosen = random.Random(13)
    for number in range(count):
        phone = f"91{chosen.choice(_MOBILES)}{chosen.randrange(10**8):08}"
        kind = chosen.random()
        if kind < 0.05:
            phone = f"+{phone[:2]} {phone[2:7]} {phone[7:]}"
        elif kind < 0.10:
            phone = f"6581{chosen.randrange(10**6):06}"
        elif kind < 0.12:
            phone = chosen.choice(["9.1E+11", phone[2:], "0" + phone[2:]])
        name, day = chosen.choice(_NAMES), chosen.choice(_DAYS)
        yield [phone, name, f"KF-{number:07}", day, f"T-{number % 5_000}"]


def write_csv(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(rows(count))


def write_xlsx(path: Path, count: int) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([list(HEADINGS), *rows(count)]):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell)
