"""What the trail says about a batch: one row for all its messages, with digests over them."""

from __future__ import annotations

import hashlib
from typing import Any

from invocations.models import Batch


def facts_of(batch: Batch) -> dict[str, Any]:
    """Without the name of its file, which may hold a customer's.

    `digest` is the keyed digest of the file as it was taken in.
    """
    return {
        "uid": str(batch.uid),
        "workflow": batch.workflow.title,
        "rows": batch.rows,
        "left_out": batch.left_out,
        "digest": batch.content_digest,
    }


def numbers_digest(batch: Batch) -> str:
    """A digest over the keyed digests of its numbers, in the order of the file."""
    digest = hashlib.sha256()
    for numbers in batch.parts.order_by("number").values_list("digests", flat=True).iterator():
        digest.update(bytes(numbers))
    return digest.hexdigest()
