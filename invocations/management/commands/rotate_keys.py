"""`manage.py rotate_keys`: encrypts everything anew with the newest key, while the console runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import ensure_recordable, record
from invocations.management.progress_bar import ProgressBar
from invocations.models import encryption, seen_keys
from invocations.models.digest_run import DigestRun
from invocations.models.key_rotation import Opened, Rotation


class Command(BaseCommand):
    help = (
        "Encrypts everything anew with the first of FIELD_ENCRYPTION_KEYS, while web servers and"
        " dispatchers run. It may be interrupted and run again: it goes on where it was. Exit"
        " code: 0 the newest key alone opens everything, so the others may be removed; 1 not yet."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOOKUP_KEY_IS_SET:
            raise CommandError(
                "Set LOOKUP_KEY first: without it, nothing is found once an old key is removed."
                " `manage.py make_lookup_key` prints the line for .env."
            )
        if seen_keys.is_another_lookup_key("default"):
            raise CommandError(
                "LOOKUP_KEY is not the key that this database's digests were made with."
                " Put the former one back first."
            )
        ensure_recordable(verbs.KEYS_ROTATED)
        seen_keys.note_keys(timezone.now())
        self._make_digests()
        rotation = Rotation()
        self._rotate(rotation)
        opened = self._check(rotation)
        with transaction.atomic():
            record(verbs.KEYS_ROTATED, by=None, facts=_facts(opened))
        self._say(opened)

    def _make_digests(self) -> None:
        for name, walk, change in DigestRun(apps.get_model).walks():
            self._show(f"digests of {name.lower()}:", walk.rows_left(), walk.each(change))

    def _rotate(self, rotation: Rotation) -> None:
        for column, walk in rotation.walks():
            self._show(f"{column.name}:", walk.rows_left(), rotation.rotate(column, walk))

    def _show(self, what: str, rows: int, batches: Iterator[int]) -> None:
        bar, done = ProgressBar(self.stderr, rows), 0  # type: ignore[arg-type]
        for count in batches:
            done += count
            bar.add_bytes(count)
            bar.show(what, done)
        bar.clear()
        if done:
            self.stdout.write(f"{what} {done:,} rows")

    def _check(self, rotation: Rotation) -> Opened:
        bar, opened = ProgressBar(self.stderr, 0), Opened()  # type: ignore[arg-type]
        for opened in rotation.check():
            bar.show("checked:", opened.by_newest)
        bar.clear()
        return opened

    def _say(self, opened: Opened) -> None:
        for column, count in opened.unreadable.items():
            self.stdout.write(f"{column}: {count:,} that no key opens; they stay as they are")
        if opened.rotated:
            self.stdout.write(
                f"opened by the newest key alone: all but {opened.rotated:,}. Something still"
                " writes with an old key: restart what has an old .env, and run this again."
            )
            raise SystemExit(1)
        if opened.unreadable:
            self.stdout.write(
                f"opened by the newest key alone: {opened.by_newest:,}, and all that any key opens."
            )
        else:
            self.stdout.write(f"opened by the newest key alone: all ({opened.by_newest:,})")
        if len(settings.FIELD_ENCRYPTION_KEYS) > 1:
            self.stdout.write("The keys behind the first may be removed from .env now.")


def _facts(opened: Opened) -> dict[str, Any]:
    return {
        "key": encryption.fingerprints()[0][:8],
        "opened": opened.by_newest,
        "unreadable": sum(opened.unreadable.values()),
        "left": opened.rotated,
    }
