"""Writes a row of the trail, in the transaction of the deed: no row, no deed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Model

from invocations.audit.macs import row_mac
from invocations.audit.origin import current_origin
from invocations.kaleyra.redaction import mask_numbers
from invocations.models import TrailRow

TYPED = {"reason", "reason_before", "workflow", "account", "title"}
"""Facts that people type, and in which a number may stand. The trail cannot be erased later."""


def record(
    verb: str,
    *,
    by: User | None,
    about: Model | None = None,
    facts: Mapping[str, Any] | None = None,
) -> TrailRow:
    """Adds one row and returns it. Call it inside the transaction of the deed.

    `verb`: a name from `invocations.audit.verbs`. `by`: None for the console itself. `about`: the
    row concerned. `facts`: what JSON can hold; never a key, a whole number or a value.
    """
    origin = current_origin()
    recorded = dict(facts or {})
    for name in TYPED & recorded.keys():
        recorded[name] = mask_numbers(str(recorded[name]))
    if origin.os_user:
        recorded["os_user"] = origin.os_user
    row = TrailRow(
        who_id=str(by.pk) if by else "",
        who_name=by.get_username() if by else "",
        verb=verb,
        about_kind=about._meta.model_name or "" if about else "",
        about_id=str(about.pk) if about else "",
        facts=json.dumps(recorded, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
        ip=origin.ip,
        session=origin.session,
    )
    row.mac = row_mac(row)
    row.save(force_insert=True)
    if row.pk is None:  # SQLite swallows it without an error where a view stands in for the table
        raise IntegrityError("The row of the trail was not written.")
    return row


def ensure_recordable(verb: str) -> None:
    """Raises what `record` raises where no row can be written, and leaves none.

    For a deed of many transactions whose row comes at its end: call it in each of them.
    """
    with transaction.atomic():
        record(verb, by=None)
        transaction.set_rollback(True)
