"""A person who sends files over the web, while the web server is killed again and again."""

from __future__ import annotations

import csv
import io
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .browser import Browser, NoAnswer, hidden_fields, values_of

STEP_PATIENCE = 60.0
"""Seconds for a file to be checked and started, and for a batch to end."""


class File(NamedTuple):
    workflow: int
    name: str
    content: bytes
    is_cancelled: bool = False


class Person:
    """`told`: a line of JSON for each thing that the judge asks about."""

    def __init__(self, port: int, told: Path, seed: int) -> None:
        self._browser = Browser(port)
        self._told = told
        self._chance = random.Random(seed)
        self._started: list[str] = []

    def send(self, files: Sequence[File], may_end: Any) -> None:
        """Uploads, starts, pauses, cancels, downloads, and sends failed rows again; goes on
        downloading until `may_end`.
        """
        self._browser.sign_in()
        for file in files:
            if self._start(self._browser.upload(file.workflow, file.name, file.content)):
                if file.is_cancelled:
                    self._cancel(self._started[-1])
                self._press_something()
        of_files = list(self._started)
        while not may_end.value or not all(map(self._has_ended, of_files)):
            self._press_something()
        for address in of_files:
            self._send_again(address)
        for address in self._started:
            self._wait(lambda address=address: self._has_ended(address))  # type: ignore[misc]
            self._download(address)

    # --- steps ---

    def _start(self, address: str) -> bool:
        """Goes on from page to page until the batch is started."""
        ends = time.monotonic() + STEP_PATIENCE
        while time.monotonic() < ends:
            page = self._browser.get(address)
            if 'value="recheck"' in page.text:  # an admin has changed the workflow
                self._browser.press(f"{address}check/", {"action": "recheck"})
            elif "/confirm/" in page.url:
                fields = hidden_fields(page.text, "shown", "says")
                acks = {"when": "now", "acknowledged": values_of(page.text, "acknowledged")}
                self._browser.press_in_two_tabs(f"{address}confirm/", {**fields, **acks})
            elif f"{address}result.csv" in page.text:
                self._started.append(address)
                self._tell(started=_uid(address))
                return True
            time.sleep(0.2)
        self._tell(stuck=_uid(address))
        return False

    def _cancel(self, address: str) -> None:
        time.sleep(self._chance.uniform(0.5, 1.5))
        self._wait(lambda: self._browser.press(f"{address}cancel/"))

    def _send_again(self, address: str) -> None:
        if f"{address}again/" not in self._browser.get(address).text:
            return
        new = self._wait(lambda: self._browser.press(f"{address}again/", {"which": "failed"}))
        if new and _uid(new) != _uid(address):
            self._start(f"/batches/{_uid(new)}/")

    def _press_something(self) -> None:
        address = self._chance.choice(self._started) if self._started else ""
        drawn = self._chance.random()
        if not address or drawn < 0.2:
            time.sleep(0.2)
        elif drawn < 0.5:
            self._download(address)
        elif drawn < 0.7:
            self._browser.press(f"{address}pause/")
            self._browser.press(f"{address}resume/")
        else:
            self._browser.get(address)

    def _download(self, address: str) -> None:
        content = self._browser.download(f"{address}result.csv")
        rows = None
        if content is not None:
            lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
            rows = sum(1 for _ in lines) - 1
        self._tell(result=_uid(address), rows=rows)

    # --- helpers of the steps ---

    def _has_ended(self, address: str) -> bool:
        page = self._browser.get(address).text
        return f"{address}pause/" not in page and f"{address}resume/" not in page

    def _wait(self, holds: Any) -> Any:
        ends = time.monotonic() + STEP_PATIENCE
        while time.monotonic() < ends:
            if found := holds():
                return found
            time.sleep(0.2)
        return None

    def _tell(self, **what: object) -> None:
        with self._told.open("a") as file:
            file.write(json.dumps(what) + "\n")


def _uid(address: str) -> str:
    return address.split("/")[2]


def send_files(port: int, told: Path, seed: int, files: Sequence[File], may_end: Any) -> None:
    """The process of a person."""
    person = Person(port, told, seed)
    try:
        person.send(files, may_end)
    except NoAnswer:
        person._tell(stuck="no answer")
