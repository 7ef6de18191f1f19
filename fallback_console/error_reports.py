"""Keeps customer data and secrets out of error pages, error emails and logs."""

from __future__ import annotations

import logging
import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

_AFTER_CALLBACKS = re.compile(r"(/callbacks/)[^/\s'\"?]+")
_LIKE_A_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")


def without_tokens(text: str) -> str:
    """`text` with the token of every callback path replaced by "…", however the path is written."""
    before, callbacks, after = text.partition("/callbacks/")
    shortened = _AFTER_CALLBACKS.sub(r"\1…", callbacks + after)
    return before + (_LIKE_A_TOKEN.sub("…", shortened) if callbacks else "")


class CallbackTokenFilter(logging.Filter):
    """Removes the token of a callback address from log lines.

    Django logs the path of each request that it refuses, and the token is part of that path.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if "/callbacks/" in (message := record.getMessage()):
            record.msg, record.args = without_tokens(message), None
        return True


class TracebackOnlyFilter(SafeExceptionReporterFilter):
    """Reduces an error report to the lines of code, without any value.

    Django's own filter hides a value if its name looks like a secret's. Here any variable or form
    field can hold a phone number or a template value, so local variables, form fields, cookies,
    settings and headers are all left out.
    """

    def get_safe_settings(self) -> dict[str, Any]:
        return {}

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        meta = request.META if request else {}  # None: the error was in a command or worker
        return {
            name: without_tokens(meta[name])
            for name in ("REQUEST_METHOD", "PATH_INFO")
            if name in meta
        }

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        return dict[str, Any]().items()
