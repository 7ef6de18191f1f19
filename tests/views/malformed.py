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
from tests.views.pages import Page

JUNK = [
    "",
    " ",
    "0",
    "-1",
    "1e9",
    "9999999999999999999999",
    "9" * 5000,
    "0x10",
    "٣",
    "²",
    "zz",
    "None",
    "null",
    "on",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e\ufeff",
    "%",
    "%00",
    "%s %(x)s {0} {x!r}",
    "{{ 7 }}{% x %}",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31T23:59:60Z",
    "00000000-0000-0000-0000-00000000000g",
    "{",
    '{"a":',
    "[" * 2000,
    "a" * 100_000,
    " ".join(["word"] * 1400),
    ",".join(["1"] * 3000),
    '"' * 999,
    "{{1}} {#var#} " * 5000,
    '{"a":' * 3000,
    "9 " * 20_000,
    "+91 98765-" * 3000,
    "curl -d '" * 2000,
    "\u0300" * 20_000,
    "\r\nX-Header: y",
    "🙈" * 500,
    "__",
    "id__in",
]
NAMES = [
    *("q", "p", "page", "o", "e", "all", "s", "term", "app_label", "model_name", "field_name"),
    *(
        "extended",
        "_popup",
        "_to_field",
        "_changelist_filters",
        "_facets",
        "next",
        "id",
        "timezone",
    ),
    *("status", "delivery", "workflow", "account", "person", "since", "until", "http", "again"),
    *("practice", "error", "why", "before", "after", "like", "preset", "action", "index"),
    *("is_active__exact", "account__id__exact", "channels__kind__exact", "groups__id__exact"),
    *("password__startswith", "account__api_keys__key", "id__in", "id__gte", "pk__regex"),
    *("title__isnull", "created_at__year", "last_login__gte", "user_permissions__codename"),
    *("select_across", "_selected_action", "tab", "a\0b", "x" * 300, "[]", "pod__code__foo__bar"),
]
COUNTS = ["-1", "9999999999", "1001", "", "zz", "9" * 5000]
LIST_NAMES = ["q", "p", "o", "e", "all", "id__in", "password__startswith", "is_active__exact"]
LIST_JUNK = [" ".join(["word"] * 1400), "9" * 30, "-1.x.9", "\0", "a" * 50_000]
METHODS = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]
CHARSETS = ["utf-16", "utf-7", "utf-32-be", "latin-1", "zlib", "rot13", "idna", "nonsense", "a\tb"]
FORM = "application/x-www-form-urlencoded"
BODIES = [
    ("multipart/form-data", b"--x\r\n"),
    ("multipart/form-data; boundary=", b"--x\r\n"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb"),
    ("multipart/form-data; boundary=\xe4", b"--x--"),
    ("multipart/form-data; boundary=" + "b" * 300, b"--x--"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--",
    ),
    (
        "multipart/form-data; boundary=x; charset=utf-16",
        b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\nabc\r\n--x--',
    ),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="q"; filename="' + b"f" * 5000 + b'"\r\n'
        b"Content-Type: text/plain; charset=zlib\r\n\r\nabc\r\n--x--",
    ),
    ("application/json", b"{"),
    ("application/json; charset=utf-16", b"\xff\xfe{"),
    ("text/plain", b"\0" * 1000),
    ("", b"a=b"),
    (";;;", b"a=b"),
    (FORM, b"a=b&" * 5000),
    (FORM, b"=" * 5000),
    (FORM, b"%" * 5000),
    (FORM, b"%ff%fe=%00&%zz"),
    (FORM, b"q=" + b"x" * 4_000_000),
    (FORM, bytes(range(256))),
]
HEADERS = [
    {"Cookie": 'sessionid="\\000abcdefghij"; csrftoken="\\000"'},
    {"Cookie": "sessionid=" + "s" * 8000},
    {"Cookie": "timezone=../../etc/passwd; sessionid=\xff\xfe; =; ;;;"},
    {"Cookie": "messages=[[; django_language=\u00e4; timezone=" + "z" * 5000},
    {"Host": "evil.example"},
    {"Host": "[::1"},
    {"Host": ""},
    {"Accept-Language": "xx-" * 500},
    {"Accept-Language": ",;q=;q=9"},
    {"Content-Length": "-1"},
    {"Content-Length": "9999999"},
    {"Content-Length": "abc"},
    {"If-Modified-Since": "Thu, 99 Foo 99999 99:99:99 GMT"},
    {"If-None-Match": '"' * 100},
    {"Range": "bytes=-9999999999-"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
    {"Authorization": "Basic !!!"},
    {"Accept-Encoding": "gzip;q=abc"},
    {"Referer": "\xff", "Origin": "null"},
    {"HX-Request": "true", "HX-Current-URL": "%"},
]


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
