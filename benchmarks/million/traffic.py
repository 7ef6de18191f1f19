"""Somebody who sends messages and opens pages, one after the other, for as long as it is wanted."""

from __future__ import annotations

import re
import statistics
import threading
import time
from collections import defaultdict
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import requests

from tests.views.pages import Page, confirm_anyway

NAME, PASSWORD = "person", "a password for tests"
WORKFLOW = "Sent meanwhile"
PAUSE = 0.2
PAGES = {"history": "/history/", "home": "/", "changes": "/changes/"}


class Browser:
    """As Django's test client, over HTTP: what `tests.views.pages` asks for."""

    def __init__(self, base: str) -> None:
        self._base, self._session = base, requests.Session()
        self.taken = 0.0
        """Seconds of the last request."""

    def get(self, address: str) -> Any:
        return self._asked("GET", address)

    def post(self, address: str, data: dict[str, Any], headers: object = None) -> Any:
        token = self._session.cookies.get("csrftoken", "")
        return self._asked("POST", address, data={**data, "csrfmiddlewaretoken": token})

    def _asked(self, method: str, address: str, **given: Any) -> Any:
        url = self._base + address
        started = time.monotonic()
        answer = self._session.request(
            method, url, headers={"Referer": url}, timeout=60, allow_redirects=False, **given
        )
        self.taken = time.monotonic() - started
        return SimpleNamespace(
            content=answer.content,
            status_code=answer.status_code,
            leads_to=answer.headers.get("Location", ""),
        )


class Traffic:
    """`phase` names what is going on beside it: its latencies are kept apart."""

    def __init__(self, base: str, workflow: int, first: int = 0) -> None:
        self.phase = "nothing beside"
        self.sent: list[str] = []
        """Request IDs of what was sent."""
        self.failed: list[str] = []
        self._seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
        self._browser, self._workflow, self._next = Browser(base), workflow, first
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        for _try in range(5):  # it listens before it can answer
            with suppress(requests.RequestException):
                self._browser.get("/login/?next=/me/")
                break
        data = {"username": NAME, "password": PASSWORD, "next": "/me/"}
        if self._browser.post("/login/", data).status_code != 302:
            raise SystemExit("nobody could sign in")
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join()

    def show(self) -> None:
        print(f"{len(self.sent):,} sent meanwhile, {len(self.failed)} requests failed")
        for said in sorted(set(self.failed)):
            print(f"  {said}")
        print(f"| {'':24} | {'':8} | {'n':>5} | {'p50 ms':>7} | {'p95 ms':>7} | {'max ms':>7} |")
        for (phase, what), taken in self._seconds.items():
            cuts = statistics.quantiles([1000 * each for each in taken] * 2, n=100)
            print(
                f"| {phase:24} | {what:8} | {len(taken):5} | {cuts[49]:7.0f} | {cuts[94]:7.0f}"
                f" | {1000 * max(taken):7.0f} |"
            )

    def _run(self) -> None:
        while not self._is_over.wait(PAUSE):
            try:
                self._round()
            except (requests.RequestException, StopIteration, KeyError, AssertionError) as error:
                self.failed.append(f"{self.phase}: {type(error).__name__}")

    def _round(self) -> None:
        self._next += 1
        page = Page(self._browser.get(f"/send/{self._workflow}/"))
        form = page.form("review").fill(
            recipient=f"+9197{self._next:05}202", reference=f"SENT-{self._next}"
        )
        review = form.press(self._browser, "review")
        answer = confirm_anyway(self._browser, review)
        self._note("send", answer, 302)
        if found := re.search(r"[0-9a-f-]{36}", answer.leads_to):
            self.sent.append(found[0])
            self._note("message", self._browser.get(f"/history/{found[0]}/"), 200)
        for name, address in PAGES.items():
            self._note(name, self._browser.get(address), 200)

    def _note(self, what: str, answer: Any, wanted: int) -> None:
        self._seconds[self.phase, what].append(self._browser.taken)
        if answer.status_code != wanted:
            self.failed.append(f"{self.phase}: {what} answered {answer.status_code}")
