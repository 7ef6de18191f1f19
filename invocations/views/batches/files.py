"""Files of a batch to download: the rows at fault, and the result."""

from __future__ import annotations

import logging
import tempfile
import uuid
from pathlib import Path

from django.http import FileResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from invocations.batches.faulty_file import write_faulty_rows
from invocations.models import permissions
from invocations.views.base import StaffRequest, staff_page
from invocations.views.batches.shown import own_batch
from invocations.views.history.exports import TYPES

logger = logging.getLogger(__name__)


@staff_page(permissions.SEND)
@require_safe
def batch_faulty_rows(request: StaffRequest, uid: uuid.UUID) -> FileResponse:
    """For whoever uploaded the file: nothing is masked, the cells are theirs."""
    batch = own_batch(request, uid)
    logger.info("user %s fetches the rows at fault of batch %s", request.user.pk, batch.pk)
    name = f"rows-to-correct-{timezone.localtime():%Y-%m-%d-%H%M}.xlsx"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_faulty_rows(batch, path)
        # An open file stays readable after its folder is deleted.
        file = path.open("rb")
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES["xlsx"])
