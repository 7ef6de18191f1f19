"""Encrypts everything anew with the newest key, while the console runs.

Every `EncryptedTextField` of every model is found by itself. `MultiFernet.rotate` keeps the place
inside the token, so a row that is bound to something stays bound to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models, transaction

from invocations.models import encryption
from invocations.models.bulk_update import update_each
from invocations.models.encryption import EncryptedTextField, Sealed, Unreadable
from invocations.models.immutable import a_run_may_change, is_guarded
from invocations.models.key_runs import KeyRun
from invocations.models.table_walk import Row, TableWalk

MOST_PASSES = 5
"""A row that is written meanwhile by a process with an old list of keys is found by the next."""


class EncryptedColumn(NamedTuple):
    model: type[models.Model]
    field: EncryptedTextField

    @property
    def name(self) -> str:
        return f"{self.model._meta.label_lower}.{self.field.column}"

    def rows(self) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(**{f"{self.field.attname}__isnull": False})


def encrypted_columns() -> list[EncryptedColumn]:
    """Of all models, histories and automatic ones too."""
    return [
        EncryptedColumn(model, each)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
        for each in model._meta.local_concrete_fields
        if isinstance(each, EncryptedTextField)
    ]


ELSEWHERE: list[Callable[[Callable[[str], str | None]], int]] = []
"""Each rotates tokens that are in no `EncryptedTextField`, and returns how many rows it changed.

It is given what makes the new token of an old one, None where it stays. Apps add theirs when they
start.
"""


@dataclass
class Opened:
    """What a pass over all tokens found."""

    by_newest: int = 0
    rotated: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    """By column: tokens that no key opens. They are left as they are."""


class Rotation:
    """One run of `manage.py rotate_keys`."""

    def __init__(self) -> None:
        self._key = encryption.fingerprints()[0]
        self.columns = encrypted_columns()

    def walks(self) -> Iterator[tuple[EncryptedColumn, TableWalk]]:
        """One walk over each column; one that was killed goes on where it was."""
        for column in self.columns:
            name = f"rotate {self._key[:16]} {column.name}"
            yield column, TableWalk(column.rows(), [column.field.attname], KeyRun.objects, name)

    def rotate(self, column: EncryptedColumn, walk: TableWalk) -> Iterator[int]:
        """Yields how many rows each batch had."""
        return walk.each(partial(_rotate_rows, column, opened=Opened()))

    def check(self) -> Iterator[Opened]:
        """Goes through everything until a pass finds no other key; yields after each batch."""
        for _pass in range(MOST_PASSES):
            opened = Opened()
            for column in self.columns:
                walk = TableWalk(column.rows(), [column.field.attname])
                for _rows in walk.each(partial(_rotate_rows, column, opened=opened)):
                    yield opened
            _rotate_elsewhere(opened)
            if not opened.rotated:
                break
        yield opened


def _rotate_elsewhere(opened: Opened) -> None:
    def renewed(token: str) -> str | None:
        try:
            return encryption.rotated(token)
        except Unreadable:
            opened.unreadable["elsewhere"] += 1
            return None

    opened.rotated += sum(rotate(renewed) for rotate in ELSEWHERE)


def _rotate_rows(column: EncryptedColumn, rows: list[Row], opened: Opened) -> None:
    """Writes a token only where the one that was read still stands."""
    key, name = column.model._meta.pk.name, column.field.attname
    changes = []
    for pk, sealed in rows:
        try:
            token = encryption.rotated(sealed.token)
        except Unreadable:
            opened.unreadable[column.name] += 1
            continue
        if token is None:
            opened.by_newest += 1
        else:
            changes.append(({key: pk, name: sealed}, {name: Sealed(token)}))
    opened.rotated += len(changes)
    if changes:
        with _transaction(column):
            update_each(column.model, changes)


def _transaction(column: EncryptedColumn) -> AbstractContextManager[Any]:
    if is_guarded(column.model._meta.db_table, column.field.attname):
        return a_run_may_change("default")
    return transaction.atomic()
