"""The name of a batch on a page: that of its file, as long as it is kept."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.models import Batch
from invocations.models.encryption import Unreadable


def batch_name(batch: Batch) -> str:
    """Not for titles, addresses and logs: names of files name people."""
    try:
        name = str(batch.file_name)
    except Unreadable:
        name = ""
    if name:
        return name
    if batch.state in Batch.ENDED and batch.delete_at < timezone.now():
        return _("A file that is deleted")
    return _("Rows sent again") if batch.again_from_id else _("Pasted rows")
