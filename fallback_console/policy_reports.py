"""The address to which browsers report what the Content-Security-Policy blocked.

Anybody can post here. So a report is only a line in the log: the directive, and the page without
its values (`/history/…/`). What was blocked, samples, referrers and queries are never written.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.utils import DEFAULT_DIRECTIVES
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

MOST_BYTES = 32 * 1024
MOST_A_MINUTE = 20
"""Requests that are read, by each process. Browsers lose nothing by a refusal."""
MOST_IN_ONE = 10
"""Lines that one request writes."""
KINDS = {"application/csp-report", "application/reports+json", "application/json"}
HIDDEN = "…"

logger = logging.getLogger(__name__)


class PerMinute:
    """Says yes `most` times in each minute of `clock` (seconds)."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self._clock = most, clock
        self._lock = threading.Lock()
        self._began, self._count = clock(), 0

    def allows_one_more(self) -> bool:
        with self._lock:
            if self._clock() - self._began >= 60:
                self._began, self._count = self._clock(), 0
            self._count += 1
            return self._count <= self.most


limit = PerMinute(MOST_A_MINUTE)


@csrf_exempt
@require_POST
def policy_report(request: HttpRequest) -> HttpResponse:
    """204 once the report is in the log. It asks no database, and knows no session."""
    if not limit.allows_one_more():
        refusal = _answer(429, "too many", **{"Retry-After": "60"})
        refusal._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs each
        return refusal
    if request.content_type not in KINDS:
        return _answer(415, "not a report")
    try:
        body = _body(request)
        if len(body) > MOST_BYTES:
            return _answer(413, "too large")
        blocked = dict.fromkeys(_blocked(json.loads(body)))
    except (ValueError, RecursionError, OSError):  # OSError: the connection broke
        return _answer(400, "not a report")
    for directive, page in list(blocked)[:MOST_IN_ONE]:
        logger.warning("the policy's %s blocked something on %s", directive, page)
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> bytes:
    """At most one byte more than `MOST_BYTES`. A longer one is not read at all."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdecimal() or len(declared) > 9 or int(declared) > MOST_BYTES:
        return bytes(MOST_BYTES + 1)
    return request.read(MOST_BYTES + 1)


def _blocked(content: Any) -> Iterator[tuple[str, str]]:
    """Directive and page of each report: `report-uri` posts an object, `report-to` a list."""
    for report in content if isinstance(content, list) else [content]:
        if not isinstance(report, dict):
            raise ValueError("not a report")
        if isinstance(old := report.get("csp-report"), dict):
            directive = old.get("effective-directive") or old.get("violated-directive")
            yield directive_of(directive), page_of(old.get("document-uri"))
        elif report.get("type") == "csp-violation" and isinstance(new := report.get("body"), dict):
            yield directive_of(new.get("effectiveDirective")), page_of(new.get("documentURL"))


def directive_of(named: Any) -> str:
    """A directive that there is; browsers of old add its sources."""
    words = named.split() if isinstance(named, str) else []
    return words[0] if words and words[0] in DEFAULT_DIRECTIVES else "unknown directive"


def page_of(url: Any) -> str:
    """The path of one of our own pages, with `…` in place of each value in it."""
    try:
        path = unquote(urlsplit(url).path, errors="strict") if isinstance(url, str) else ""
        values = resolve(path).kwargs.values()
    except (ValueError, Resolver404):
        return HIDDEN
    for value in sorted(map(str, values), key=len, reverse=True):
        path = path.replace(value, HIDDEN) if value else path
    return path if path.isprintable() else HIDDEN


def _answer(status: int, text: str, **headers: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status, headers=headers)
