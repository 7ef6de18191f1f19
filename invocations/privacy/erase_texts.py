"""Looks through every text of every table for one phone's number, and takes it out.

Tables and columns come from the models themselves, so a new one is never forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import DataError, IntegrityError, models, transaction

from invocations.models import (
    ApiKey,
    Batch,
    BatchChunk,
    BatchPart,
    CallbackAddress,
    Erasure,
    Invocation,
    Note,
    TrailRow,
)
from invocations.models.encryption import EncryptedBytesField, EncryptedTextField, Unreadable
from invocations.privacy.phone import Phone
from invocations.privacy.removal import FINAL

_NOT_LOOKED_AT = {ApiKey, BatchChunk, BatchPart, CallbackAddress, Erasure, TrailRow}
"""Secrets that a person never typed a number into; rows with a step of their own; and the trail,
which has no whole numbers and never changes."""
_OTHER_APPS = {"auth", "contenttypes", "sessions"}
_FEWEST_CHARACTERS = 7


@dataclass(frozen=True)
class Table:
    """A model, and its columns that may hold a number."""

    model: type[models.Model]
    plain: tuple[Any, ...]
    encrypted: tuple[Any, ...]

    @property
    def name(self) -> str:
        return self.model._meta.label


@cache
def tables() -> list[Table]:
    found = (_table(model) for model in apps.get_models(include_auto_created=True))
    return [table for table in found if table and (table.plain or table.encrypted)]


def _table(model: type[models.Model]) -> Table | None:
    is_left_out = (
        model in _NOT_LOOKED_AT or model._meta.app_label in _OTHER_APPS or not model._meta.managed
    )
    if is_left_out:
        return None
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    encrypted = [
        field
        for field in fields
        if isinstance(field, EncryptedTextField) and not isinstance(field, EncryptedBytesField)
    ]
    if model is Batch:
        encrypted = [field for field in encrypted if field.name != "secret"]
    return Table(model, tuple(filter(_may_hold_text, fields)), tuple(encrypted))


def _may_hold_text(field: Any) -> bool:
    if isinstance(field, models.JSONField):
        return True
    is_text = isinstance(field, models.CharField | models.TextField)
    is_plain = is_text and not isinstance(field, EncryptedTextField)
    is_long = field.max_length is None or field.max_length >= _FEWEST_CHARACTERS
    return is_plain and is_long and not field.choices and not field.name.endswith("digest")


def erase_some(table: Table, phone: Phone, after: str, *, most: int) -> tuple[str, Counter[str]]:
    """Looks through the next `most` rows, from the primary key `after` ("": the beginning) on.

    Returns the primary key of the last one ("" when there are no more), and how many were changed
    and how many left. Call it in a transaction.
    """
    rows = table.model._default_manager.order_by("pk")
    if after:
        rows = rows.filter(pk__gt=after)
    bound = {field.bound_to for field in table.encrypted} - {"pk"}
    names = {field.attname for field in (*table.plain, *table.encrypted)} | bound
    found = list(rows.only(*names)[:most])
    counts: Counter[str] = Counter()
    for row in found:
        if changes := _changes(row, table, phone):
            counts[f"texts {table.name}" if _write(row, changes) else Erasure.LEFT] += 1
    last = str(found[-1].pk) if len(found) == most else ""
    return last, counts


def _changes(row: models.Model, table: Table, phone: Phone) -> dict[str, Any]:
    """The columns of a row that have the number, without it."""
    changes: dict[str, Any] = {}
    for field in table.plain:
        value = getattr(row, field.attname)
        if value and (clean := _without(value, phone)) != value:
            is_text = isinstance(clean, str)
            changes[field.attname] = clean[: field.max_length] if is_text else clean
    for field in table.encrypted:
        try:
            text = getattr(row, field.attname)
        except Unreadable:
            continue  # nobody reads it any more: no key opens it
        if text and phone.is_in(text):
            # A note never becomes another one (`models.immutable`).
            clean_text = None if isinstance(row, Note) else phone.removed_from(text)
            changes[field.attname] = clean_text and field.seal(row, clean_text)
    return changes


def _write(row: models.Model, changes: dict[str, Any]) -> bool:
    """False if the row may not have the change: a message that is still to be sent, or a column
    that takes no other text.
    """
    rows = type(row)._default_manager.filter(pk=row.pk)
    if isinstance(row, Invocation):
        rows = rows.filter(FINAL)
    try:
        with transaction.atomic():
            return bool(rows.update(**changes))
    except (IntegrityError, DataError):
        return False


def _without(value: Any, phone: Phone) -> Any:
    """The same text, or JSON data, without the number."""
    if isinstance(value, str):
        return phone.removed_from(value) if phone.is_in(value) else value
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return phone.removed_from(str(value)) if phone.is_in(str(value)) else value
    if isinstance(value, dict):
        return {_without(key, phone): _without(each, phone) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_without(each, phone) for each in value]
    return value
