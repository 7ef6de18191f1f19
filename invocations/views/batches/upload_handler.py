"""Takes an upload in as it comes: into the batch's encrypted chunks, never into a file."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from invocations.batches import upload
from invocations.batches.recipient_file import LIMITS, FileRefused
from invocations.models import Batch, WorkflowInstance

FIELD = "file"
_READ_TO_THE_END = 3 * LIMITS.most_bytes
"""A longer body is not read to its end: the browser loses the answer, and shows its own error."""


class ChunkedUpload(FileUploadHandler):
    """Makes a batch of the first file in the field `FIELD`. `batch`: None if no file came."""

    request: HttpRequest

    def __init__(self, request: HttpRequest, workflow: WorkflowInstance, by: User) -> None:
        super().__init__(request)
        self.batch: Batch | None = None
        self._workflow, self._by = workflow, by
        self._intake: upload.Intake | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.batch is not None or self.field_name != FIELD:
            raise SkipFile
        self.batch = upload.begin(self._workflow, self._by, self.file_name or "")
        self._intake = upload.Intake(self.batch)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._intake is None:
            return
        try:
            self._intake.write(raw_data)
        except FileRefused as refused:
            raise StopUpload(connection_reset=self._announced > _READ_TO_THE_END) from refused

    def file_complete(self, file_size: int) -> None:
        """The file stays incomplete until the form's other fields were looked at."""

    def finish(self) -> None:
        """The whole file is here, or the batch says why it is refused."""
        if self._intake is not None:
            try:
                self._intake.finish()
            except (FileRefused, upload.UploadOver):
                pass  # the batch says so

    def forget(self) -> None:
        """Deletes what came."""
        if self.batch is not None:
            self.batch.delete()
            self.batch = None

    @property
    def _announced(self) -> int:
        """Bytes of the whole body, as the browser says."""
        length = str(self.request.META.get("CONTENT_LENGTH", ""))
        return int(length) if length.isdecimal() else 0
