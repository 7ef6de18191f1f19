"""Django's door for an uploaded file: its bytes go into encrypted chunks, and nowhere else.

Django's own handlers keep a large file in the temporary folder, in clear.

A view sets `request.upload_handlers = [BatchUploadHandler(…)]` before anything reads
`request.POST`. `CsrfViewMiddleware` does read it, so the view is exempt from it and calls a second
one that is protected (Django, "Modifying upload handlers on the fly"); if that one refuses, it
calls `discard`, as it does when reading the request raises `UnreadablePostError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers
from django.http import HttpRequest

from invocations.batches.recipient_file import FileRefused
from invocations.batches.stored_parts import delete_chunks
from invocations.batches.upload import CHUNK_BYTES, Intake, UploadOver, begin
from invocations.models import Batch, WorkflowInstance

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class UploadedBatch(UploadedFile):  # type: ignore[type-arg]
    """What `request.FILES` has for the file. Its bytes are in `batch` only."""

    def __init__(self, batch: Batch, name: str, size: int) -> None:
        super().__init__(name=name, size=size)
        self.batch = batch


class BatchUploadHandler(FileUploadHandler):
    """Takes the first file of a request. `batch` is None if it had none.

    A file that is too large is refused: the batch says so, and the rest is read and dropped.
    """

    chunk_size = CHUNK_BYTES

    def __init__(self, request: HttpRequest, workflow: WorkflowInstance, by: User | None) -> None:
        super().__init__(request)
        self.batch: Batch | None = None
        self._workflow = workflow
        self._by = by
        self._intake: Intake | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.batch is None:
            self.batch = begin(self._workflow, self._by, self.file_name or "")
            self._intake = Intake(self.batch)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        # Not `SkipFile`: Django would take a file that is skipped at the end for interrupted.
        if self._intake is None:
            return
        try:
            self._intake.write(raw_data)
        except (FileRefused, UploadOver):
            self._intake = None

    def file_complete(self, file_size: int) -> UploadedBatch | None:
        intake, self._intake = self._intake, None
        if intake is None or self.batch is None:
            return None
        try:
            intake.finish()
        except (FileRefused, UploadOver):
            return None
        return UploadedBatch(self.batch, self.file_name or "", file_size)

    def upload_interrupted(self) -> None:
        self.discard()

    def discard(self) -> None:
        """Deletes what was taken in. Not a batch that somebody has started."""
        if self.batch is None:
            return
        delete_chunks(self.batch)
        Batch.objects.filter(pk=self.batch.pk, state__in=Batch.BEFORE_START).delete()
        self.batch = None
