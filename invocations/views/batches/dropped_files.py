"""Keeps files that nobody asked for off the disk: a form may be posted without a session."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


class DroppedFiles(FileUploadHandler):
    """Reads files and keeps nothing of them."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


def drops_files(view: View) -> View:
    """Unless the view sets handlers of its own, the files of a form are dropped. Django's own
    handlers keep a large file in the temporary folder, in clear.
    """

    @wraps(view)
    def dropping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.upload_handlers = [DroppedFiles(request)]
        return view(request, *args, **kwargs)

    return dropping
