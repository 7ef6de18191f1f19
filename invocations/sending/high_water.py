"""A dispatcher's own memory of the database, in a small file, so that it notices an older copy.

Going back to a backup makes messages that were sent since it look unsent. The file has, for each
database, its identity, the number of rounds of all dispatchers, and the newest attempt that this
dispatcher knows of. A database with the same identity and fewer rounds, or without that attempt, is
an older copy: nothing is dispatched until `manage.py after_restore` was run.

The file is replaced as a whole, so that a kill leaves the earlier or the new one. It holds no
numbers, values or keys.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from invocations.models import Attempt, DatabaseIdentity
from invocations.sending.attempts import StartedAttempt

logger = logging.getLogger(__name__)

MARK_FILE = "dispatcher-marks.json"
OLDER_DATABASE_EXIT_CODE = 3
"""The exit code of `manage.py dispatch` if it refuses to begin."""

Mark = dict[str, Any]


class WillNotDispatch(Exception):
    """The database may be an older copy. The text says what to do."""


class OlderDatabase(WillNotDispatch):
    def __init__(self) -> None:
        super().__init__(
            "This database is older than the one that this dispatcher worked on: a backup was"
            " restored. Messages that it shows as queued may have been sent since. Nothing is"
            ' dispatched. Run "manage.py after_restore" first: see docs/operating.md, "Backup".'
        )


class UnreadableMarks(WillNotDispatch):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} cannot be read, so it is not known whether this database is older than the one"
            " that this dispatcher worked on. Nothing is dispatched. If a backup was restored, run"
            ' "manage.py after_restore". If not, delete the file. Then start again.'
        )


class HighWaterMark:
    """The mark of this machine's dispatchers in `folder` (DISPATCHER_STATE_DIR by default)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.path = Path(folder or settings.DISPATCHER_STATE_DIR) / MARK_FILE
        self._mark: Mark | None = None
        self._is_failing = False

    def check(self) -> None:
        """Raises `WillNotDispatch` if the database is, or may be, an older copy."""
        self._verify()

    def beat(self) -> None:
        """Checks, counts a round in the database, and stores the mark. At most every few seconds.

        Raises `WillNotDispatch`.
        """
        with transaction.atomic():
            self._verify()
            current = _current_identity()
            rows = DatabaseIdentity.objects.filter(pk=current.pk)
            rows.update(beats=F("beats") + 1)
            beats = rows.values_list("beats", flat=True).get()
        newest = Attempt.objects.order_by("-pk").values_list("pk", "binding").first()
        self._store(current, beats, newest)

    def note(self, attempts: Sequence[StartedAttempt]) -> None:
        """Stores the newest of attempts that were just claimed, before they are posted."""
        if not attempts or self._mark is None:
            return
        newest = max(attempts, key=lambda attempt: attempt.pk)
        if newest.pk > (self._mark["attempt"] or 0):
            self._mark |= {"attempt": newest.pk, "binding": newest.binding.hex}
            self._write()

    def forget(self) -> None:
        """Deletes the file: `after_restore` was run on this machine."""
        self.path.unlink(missing_ok=True)

    # --- the check ---

    def _verify(self) -> None:
        # The file first: another dispatcher of this machine may count and store a round meanwhile.
        marks = self._read()
        identities = _identities()
        if identities and (mark := marks.get(identities[-1].identity.hex)):
            if identities[-1].beats < mark["beats"] or not _has_attempt(mark):
                raise OlderDatabase
            return
        by_identity = {row.identity.hex: row for row in identities}
        restores = [row for row in identities if row.after_restore]
        for identity, mark in marks.items():
            earlier = by_identity.get(identity)
            if earlier is None and (mark["place"] != _place() or not Attempt.objects.exists()):
                continue  # another database, or an empty one: nothing in it can be sent again
            if not any(_is_newer(row, earlier, mark) for row in restores):
                raise OlderDatabase

    def _read(self) -> dict[str, Mark]:
        """By identity. Empty without a file: this machine has not dispatched yet."""
        try:
            marks: dict[str, Mark] = json.loads(self.path.read_text(encoding="utf-8"))["marks"]
            for identity, mark in marks.items():
                _check(identity, mark)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UnreadableMarks(self.path) from None
        return marks

    # --- the file ---

    def _store(
        self, current: DatabaseIdentity, beats: int, newest: tuple[int, uuid.UUID] | None
    ) -> None:
        attempt, binding = newest or (None, None)
        self._mark = {
            "identity": current.identity.hex,
            "beats": beats,
            "attempt": attempt,
            "binding": binding.hex if binding else "",
            "place": _place(),
            "at": timezone.now().isoformat(),
        }
        self._write(is_durable=True)

    def _write(self, *, is_durable: bool = False) -> None:
        """Replaces the file. If that fails, it is logged once, and sending goes on."""
        mark = dict(self._mark or {})
        others = {
            identity: other
            for identity, other in self._read().items()
            if other["place"] != mark["place"]
        }
        text = json.dumps({"marks": {**others, mark.pop("identity"): mark}}, indent=1)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _replace(self.path, text, is_durable=is_durable)
            self._is_failing = False
        except OSError as error:
            if not self._is_failing:
                logger.error(
                    "%s cannot be written (%s): a restored backup would not be noticed."
                    " Set DISPATCHER_STATE_DIR to a folder that this process may write.",
                    self.path,
                    type(error).__name__,
                )
            self._is_failing = True


def _check(identity: str, mark: Mark) -> None:
    """Raises ValueError, or what Python raises, if this is not what `HighWaterMark` writes."""
    uuid.UUID(identity)
    if mark["attempt"] is not None:
        uuid.UUID(mark["binding"])
    counts = mark["beats"], mark["attempt"] or 0
    are_counts = all(type(count) is int and 0 <= count < 2**63 for count in counts)
    has_zone = timezone.is_aware(datetime.fromisoformat(mark["at"]))
    if not (are_counts and has_zone and isinstance(mark["place"], str)):
        raise ValueError


def _replace(path: Path, text: str, *, is_durable: bool) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


# --- the database ---------------------------------------------------------------------------------


def record_restore() -> DatabaseIdentity:
    """Gives the database a new identity: `after_restore` was run."""
    return DatabaseIdentity.objects.create(made_at=timezone.now(), after_restore=True)


def _identities() -> list[DatabaseIdentity]:
    return list(DatabaseIdentity.objects.order_by("pk"))


def _current_identity() -> DatabaseIdentity:
    newest = DatabaseIdentity.objects.order_by("-pk").first()
    return newest or DatabaseIdentity.objects.create(made_at=timezone.now())


def _has_attempt(mark: Mark) -> bool:
    """Whether the attempt of the mark is there. A copy may have given its number to another one."""
    if not mark["attempt"]:
        return True
    return Attempt.objects.filter(pk=mark["attempt"], binding=uuid.UUID(mark["binding"])).exists()


def _is_newer(restore: DatabaseIdentity, earlier: DatabaseIdentity | None, mark: Mark) -> bool:
    """Whether `after_restore` was run since the mark: on a copy of its database (`earlier`), or by
    the clock if the copy is from before identities were stored.
    """
    if earlier is not None:
        return restore.pk > earlier.pk
    return restore.made_at > datetime.fromisoformat(mark["at"])


def _place() -> str:
    """Where the database is: server and name, or the path of the file."""
    database = connection.settings_dict
    return " ".join(str(database.get(name) or "") for name in ("HOST", "PORT", "NAME")).strip()
