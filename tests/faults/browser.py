"""A browser without JavaScript, which asks again when the web server was killed."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Callable

import requests

NAME, PASSWORD = "person", "a password for tests"
PATIENCE = 60.0
"""Seconds for an answer, over however many tries."""
PAUSE = 0.2


class NoAnswer(Exception):
    """The web server did not answer within `PATIENCE`."""


class Browser:
    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._session = requests.Session()

    def sign_in(self) -> None:
        page = self.get("/login/")
        data = {"username": NAME, "password": PASSWORD, "next": "/batches/"}
        self._until_answered(lambda: self._post(page.url.removeprefix(self._base), data))

    def get(self, address: str) -> requests.Response:
        """The answer, whatever page it leads to. Raises `NoAnswer`."""
        return self._until_answered(lambda: self._session.get(self._base + address, timeout=20))

    def press(self, address: str, data: dict[str, object] | None = None) -> str | None:
        """Posts once. Returns where it led to; None if nobody knows whether it was done."""
        try:
            answer = self._post(address, data or {})
        except requests.RequestException:
            return None
        return answer.url.removeprefix(self._base) if answer.ok else None

    def press_in_two_tabs(self, address: str, data: dict[str, object]) -> None:
        tabs = [threading.Thread(target=self.press, args=(address, data)) for _ in range(2)]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()

    def upload(self, workflow: int, name: str, content: bytes) -> str:
        """The address of the batch. Uploads anew when it was cut off. Raises `NoAnswer`."""
        address = f"/batches/new/?workflow={workflow}"

        def once() -> requests.Response:
            return self._post(address, {}, files={"file": (name, content, "text/csv")})

        answer = self._until_answered(once)
        return "/".join(answer.url.removeprefix(self._base).split("/")[:3]) + "/"

    def download(self, address: str) -> bytes | None:
        """None if it was visibly torn, or refused."""
        try:
            answer = self._session.get(self._base + address, timeout=20)
        except requests.RequestException:
            return None
        is_file = answer.ok and "attachment" in answer.headers.get("Content-Disposition", "")
        return answer.content if is_file else None

    def _post(
        self, address: str, data: dict[str, object], files: object = None
    ) -> requests.Response:
        token = self._session.cookies.get("csrftoken", "")
        return self._session.post(
            self._base + address,
            data={**data, "csrfmiddlewaretoken": token},
            files=files,  # type: ignore[arg-type]
            headers={"Referer": self._base + address},
            timeout=20,
        )

    def _until_answered(self, ask: Callable[[], requests.Response]) -> requests.Response:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            try:
                answer = ask()
                if answer.status_code < 500:
                    return answer
            except requests.RequestException:
                pass
            time.sleep(PAUSE)
        raise NoAnswer


def hidden_fields(page: str, *names: str) -> dict[str, object]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found if name in names}


def values_of(page: str, name: str) -> list[str]:
    return [html.unescape(value) for value in re.findall(rf'name="{name}" value="([^"]*)"', page)]
