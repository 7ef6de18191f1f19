"""Keeps customer data and secrets out of error pages and error emails."""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType, TracebackType
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from fallback_console.error_text import without_values
from invocations.kaleyra.log_text import without_secrets


class ReporterWithoutValues(ExceptionReporter):
    """Leaves out the messages of exceptions that may quote a value (`error_text`)."""

    def __init__(
        self,
        request: HttpRequest | None,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | str | None,
        tb: TracebackType | None,
        is_email: bool = False,
    ) -> None:
        if isinstance(exc_value, BaseException):
            exc_value = without_values(exc_value)
            exc_type = type(exc_value)
        super().__init__(request, exc_type, exc_value, tb, is_email)  # type: ignore[arg-type]


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
            name: without_secrets(meta[name])
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
