"""Changes of a batch by one conditional UPDATE, so that two processes never both make one."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Q
from django.utils import timezone

from invocations.batches.recipient_file import FileRefused
from invocations.models import Batch
from invocations.models.encryption import EncryptedTextField

State = Batch.State


def change(batch: Batch, where: Q, **changes: Any) -> bool:
    """Whether the batch met `where`. Then `batch` has the changes, too.

    Texts of encrypted fields are given in clear.
    """
    sealed: dict[str, Any] = {}
    for name, value in changes.items():
        field = Batch._meta.get_field(name)
        if isinstance(field, EncryptedTextField) and value is not None:
            sealed[name] = field.seal(batch, value)
        else:
            sealed[name] = value
    changed = Batch.objects.filter(where, pk=batch.pk).update(**sealed)
    if changed:
        for name, value in changes.items():
            setattr(batch, name, value)
    return bool(changed)


def refuse(batch: Batch, error: FileRefused, where: Q) -> bool:
    """The file cannot be used. Its chunks stay: another sheet of it may do."""
    text = json.dumps({"code": error.code, "facts": error.facts}, ensure_ascii=False)
    return change(
        batch,
        where,
        state=State.REFUSED,
        refused=text,
        checked_at=timezone.now(),
        lease_until=None,
    )


def refusal_of(batch: Batch) -> FileRefused | None:
    if batch.refused is None:
        return None
    data = json.loads(batch.refused)
    facts = {
        name: tuple(fact) if isinstance(fact, list) else fact
        for name, fact in data["facts"].items()
    }
    return FileRefused(data["code"], **facts)
