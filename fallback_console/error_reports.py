"""What an error page or an error mail may show."""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class NothingButTheTrace(SafeExceptionReporterFilter):
    """Leaves the lines of code and drops what was in them.

    Django hides what looks like a secret by its name. Here a phone number or a template value can sit in any variable
    and any form field, so local variables, form fields, cookies and settings are all left out.
    """

    def get_safe_settings(self) -> dict[str, Any]:
        return {}

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        meta = request.META if request else {}  # none: a command or a worker broke, not a page
        return {name: meta[name] for name in ("REQUEST_METHOD", "PATH_INFO") if name in meta}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        return {}

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        return dict[str, Any]().items()
