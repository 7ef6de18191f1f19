"""What is left afterwards, asked in a process that has the newest key alone.

`python -m benchmarks.million.found DUMP` prints a line for each thing, and fails if one is wrong.
DUMP: a file, or - for the files of SQLite itself.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.db import connection
from django.utils import timezone

from benchmarks.million.fill import ERASED
from invocations.models import Attempt, Callback, Invocation, Note, WorkflowInstance
from invocations.models.encryption import Unreadable, is_of_newest_key
from invocations.models.key_rotation import encrypted_columns
from invocations.privacy.phone import Phone
from invocations.privacy.removal import FINAL

BLOCK = 16_000_000


def tokens() -> tuple[int, int, int, int]:
    """All, those of another key, those that do not open, and texts with the erased number."""
    phone = Phone(ERASED)
    count = old = shut = canaries = 0
    for column in encrypted_columns():
        for row in column.rows().iterator(1_000):
            count += 1
            sealed = row.__dict__[column.field.attname]
            old += not is_of_newest_key(sealed.token)
            try:
                text = getattr(row, column.field.attname)
            except Unreadable:
                shut += 1
                continue
            canaries += phone.is_in(text if isinstance(text, str) else text.decode("latin-1"))
    return count, old, shut, canaries


def left_unpurged() -> int:
    """Messages whose time is over and that still have something of theirs."""
    left = 0
    for workflow in WorkflowInstance.objects.select_related("account"):
        until = timezone.now() - timedelta(days=workflow.effective_kept_days, minutes=10)
        due = Invocation.objects.filter(FINAL, workflow_instance=workflow, final_at__lte=until)
        left += due.filter(values_removed_at__isnull=True).count()
        left += due.filter(payload__isnull=False).count()
    for model, column in ((Attempt, "reply"), (Callback, "body"), (Note, "text")):
        rows = model._default_manager.filter(invocation__values_removed_at__isnull=False)
        left += rows.filter(**{f"{column}__isnull": False}).count()
    return left


def canaries_in(files: list[Path]) -> int:
    """The number in any spelling, and its digests, in bytes as they lie on the disk."""
    national = ERASED[2:]
    written = rb"[^0-9A-Za-z]{0,3}".join(digit.encode() for digit in national)
    sought = re.compile(b"|".join([written, *(each.encode() for each in Phone(ERASED).digests)]))
    return sum(len(sought.findall(block)) for file in files for block in _blocks(file))


def _blocks(file: Path) -> Iterator[bytes]:
    """Overlapping, so that nothing is missed between two."""
    with file.open("rb") as content:
        before = b""
        while block := content.read(BLOCK):
            yield before + block
            before = block[-80:]


def main() -> None:
    if sys.argv[1] == "-":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        files = list(Path(connection.settings_dict["NAME"]).parent.glob("*.sqlite3*"))
    else:
        files = [Path(sys.argv[1])]
    count, old, shut, canaries = tokens()
    wrong = {
        "encrypted with an old key": old,
        "opened by no key": shut,
        "due and not purged": left_unpurged(),
        "texts with the erased number": canaries,
        "places of it in the dump": canaries_in(files),
    }
    print(f"{count:,} tokens; " + ", ".join(f"{name}: {n}" for name, n in wrong.items()))
    sys.exit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
