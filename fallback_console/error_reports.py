"""What an error page, an error mail or a line of the log may show."""

from __future__ import annotations

import logging
import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

_TOKEN = re.compile(r"(/callbacks/)[^/\s'\"?]+")


def without_tokens(text: str) -> str:
    """`text` without the secret part of a callback address."""
    return _TOKEN.sub(r"\1…", text)


class NoTokens(logging.Filter):
    """Takes the secret part of a callback address out of what is written down: Django logs the path of each request it refuses."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "/callbacks/" in (message := record.getMessage()):
            record.msg, record.args = without_tokens(message), None
        return True


class NothingButTheTrace(SafeExceptionReporterFilter):
    """Leaves the lines of code and drops what was in them.

    Django hides what looks like a secret by its name. Here a phone number or a template value can sit in any variable
    and any form field, so local variables, form fields, cookies and settings are all left out.
    """

    def get_safe_settings(self) -> dict[str, Any]:
        return {}

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        meta = request.META if request else {}  # none: a command or a worker broke, not a page
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
