"""Malformed requests for every address of the console, the same ones for the same seed.

`Requests(seed, world)` makes them. A request is data, so that a test can print it.
"""

from __future__ import annotations

import itertools
import random
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from tests.views.addresses import MATRIX, SETUP, address_of
from tests.views.junk import (
    BODIES,
    CHARSETS,
    COUNTS,
    FORM,
    HEADERS,
    JUNK,
    LIST_JUNK,
    LIST_NAMES,
    METHODS,
    NAMES,
)
from tests.views.pages import Page


@dataclass(frozen=True)
class Request:
    """One request of one person. `path` holds the query string, too."""

    who: str
    method: str
    path: str
    content_type: str = FORM
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, client: Client) -> Any:
        """The response of Django's test client. Cookies in `headers` replace those of `client`."""
        cookies = client.cookies.copy()
        extra = {}
        for name, value in self.headers.items():
            plain = name.upper().replace("-", "_")
            extra[plain if plain.startswith("CONTENT_") else f"HTTP_{plain}"] = value
        if "HTTP_COOKIE" in extra:
            client.cookies.clear()
        path, mark, query = self.path.partition("?")
        try:
            return client.generic(
                self.method,
                path,
                self.body,
                self.content_type,
                **({"QUERY_STRING": query} if mark else {}),
                **extra,
            )
        finally:
            client.cookies = cookies

    def __str__(self) -> str:
        body = self.body if len(self.body) < 600 else self.body[:600] + b"..."
        path = self.path if len(self.path) < 600 else f"{self.path[:600]}... ({len(self.path)})"
        return f"{self.who}: {self.method} {path} {self.content_type!r} {self.headers} {body!r}"


def encoded(fields: list[tuple[str, str]]) -> str:
    """As a browser would encode them, and lone surrogates, which it would not."""
    return "&".join(
        "=".join(urllib.parse.quote_plus(part, errors="surrogatepass") for part in pair)
        for pair in fields
    )


def routes(patterns: Any, before: str = "") -> Iterator[str]:
    """Each route of the URL table, with its converters: send/<int:workflow_id>/."""
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def _with(route: str, part: Callable[[re.Match[str]], str]) -> str:
    """The route with a part in place of each converter."""
    return re.sub(r"<[^>]+>|\(\?P?<?[^)]*\)", part, route).rstrip("$").lstrip("/")


def _pairs(form: Any, but: str = "") -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in form.fields.items()
        if name and name != but
        for value in values
    ]


def _counters(form: Any) -> list[str]:
    return [name for name in form.fields if name and name.endswith("_FORMS")]


class Requests:
    """Malformed requests at random: paths, queries, form fields, bodies, headers and methods.

    `clients` by name of their person. Forms are those that the pages show to that person.
    """

    def __init__(self, seed: int, world: Any, clients: dict[str, Client]) -> None:
        self.random = random.Random(seed)
        self.clients = clients
        names = sorted((MATRIX.keys() | SETUP) - {"remove_preset"})
        self.addresses = sorted({address_of(name, world) for name in names})
        self.addresses += ["/login/", "/password_change/", "/autocomplete/", "/jsi18n/"]
        self.addresses += ["/r/1/1/", "/auth/", "/search/"]
        self.routes = sorted(set(routes(get_resolver().url_patterns)))
        self.forms: dict[str, list[tuple[str, Any]]] = {}

    def read_forms(self) -> None:
        """Opens each address as each person, and keeps the forms on it."""
        for who, client in self.clients.items():
            self.forms[who] = []
            for address in self.addresses if who != "nobody" else ["/login/"]:
                answer = client.get(address)
                if answer.status_code == 200 and "text/html" in answer.headers["Content-Type"]:
                    page = Page(answer)
                    self.forms[who] += [
                        (form.action or address, form)
                        for form in page.forms
                        if form.method.lower() == "post" and form.action != "/logout/"
                    ]

    def of_each_kind(self) -> Iterator[Request]:
        """Each kind of fault at one place of its own: not at random."""
        for content_type, body in BODIES:
            yield Request("support", "POST", "/history/", content_type, body)
        for charset in CHARSETS:
            yield Request("support", "POST", "/history/", f"{FORM}; charset={charset}", b"q=a")
            yield Request("support", "GET", "/history/?q=a", f"{FORM}; charset={charset}")
        nothing_but_nul = encoded([(name, "\0") for name in NAMES])
        for address, who in itertools.product(self.addresses, ("support", "superuser")):
            yield Request(who, "GET", f"{address.partition('?')[0]}?{nothing_but_nul}")
        for headers in HEADERS:
            yield Request("support", "GET", "/history/", headers=headers)
        for method in METHODS:
            yield Request("support", method, "/send/")
        counted = {there: form for there, form in self.forms["admin"] if _counters(form)}
        for there, form in sorted(counted.items()):
            for name, junk in itertools.product(_counters(form), COUNTS):
                fields = [*_pairs(form, but=name), (name, junk)]
                yield Request("admin", "POST", there, FORM, encoded(fields).encode())
        for route in self.routes:
            if "<path:" in route or "<str:" in route or "(?P<" in route:
                for junk in ("zz", "-1", "%00", "9" * 30):
                    yield Request("superuser", "GET", "/" + _with(route, lambda _, to=junk: to))
        for model in ("workflowinstance", "account", "apikey", "pod"):
            for name, junk in itertools.product(LIST_NAMES, LIST_JUNK):
                query = encoded([(name, junk)])
                yield Request("admin", "GET", f"/invocations/{model}/?{query}")

    def __iter__(self) -> Iterator[Request]:
        kinds = [self._path, self._query, self._form, self._form, self._form, self._body]
        kinds += [self._headers, self._method]
        while True:
            yield self.random.choice(kinds)(self.random.choice(sorted(self.clients)))

    def _junk(self) -> str:
        return self.random.choice(JUNK)

    def _query_string(self) -> str:
        names = self.random.choices(NAMES, k=self.random.randint(1, 3))
        return encoded([(name, self._junk()) for name in names])

    def _path(self, who: str) -> Request:
        def part(_converter: re.Match[str]) -> str:
            junk = self._junk()[:3000]
            return urllib.parse.quote(junk, safe="", errors="surrogatepass")

        route = re.sub(r"<[^>]+>|\(\?P?<?[^)]*\)", part, self.random.choice(self.routes))
        return Request(
            who, self.random.choice(["GET", "POST"]), "/" + route.rstrip("$").lstrip("/")
        )

    def _query(self, who: str) -> Request:
        address = self.random.choice(self.addresses).partition("?")[0]
        return Request(who, "GET", f"{address}?{self._query_string()}")

    def _form(self, who: str) -> Request:
        there, form = self.random.choice(self.forms[who])
        fields = _pairs(form)
        names = [name for name, _ in fields]
        counters = _counters(form)
        for _ in range(self.random.randint(1, 4)):
            name = self.random.choice(counters * 3 + names + NAMES[:2])
            change = self.random.choice(["replace", "replace", "replace", "add", "drop"])
            if change in ("replace", "drop"):
                fields = [each for each in fields if each[0] != name]
            if change in ("replace", "add"):
                fields.append((name, self._junk()))
        if form.buttons:
            fields.append(("action", self.random.choice([*form.buttons, self._junk()])))
        return Request(who, "POST", there, FORM, encoded(fields).encode())

    def _body(self, who: str) -> Request:
        address = self.random.choice(self.addresses)
        if self.random.random() < 0.4:
            charset = self.random.choice(CHARSETS)
            body = encoded([("q", self._junk()), ("action", "review")]).encode()
            return Request(who, "POST", address, f"{FORM}; charset={charset}", body)
        content_type, body = self.random.choice(BODIES)
        return Request(who, "POST", address, content_type, body)

    def _headers(self, who: str) -> Request:
        method = self.random.choice(["GET", "POST"])
        headers = self.random.choice(HEADERS)
        return Request(who, method, self.random.choice(self.addresses), headers=headers)

    def _method(self, who: str) -> Request:
        address = self.random.choice(self.addresses)
        content_type = f"{FORM}; charset={self.random.choice(CHARSETS)}"
        return Request(who, self.random.choice(METHODS), address, content_type)
