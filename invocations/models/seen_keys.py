"""Since when the database knows a key, and with which lookup key its digests were made."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connections

from invocations.models import encryption
from invocations.models.key_runs import SeenKey

OLD_KEYS_MAY_STAY = timedelta(days=30)
_noted: list[str] = []
"""The fingerprints that this process has noted."""


def note_keys(now: datetime) -> None:
    """Remembers the keys of the environment, each from the first time on."""
    found = encryption.fingerprints()
    if found == _noted:
        return
    kind = SeenKey.Kind.ENCRYPTION
    SeenKey.objects.bulk_create(
        [SeenKey(kind=kind, fingerprint=each, first_seen_at=now) for each in found],
        ignore_conflicts=True,
    )
    _noted[:] = found


def note_lookup_key(using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: remembers the lookup key that digests are made with.

    The first one counts: another one would not find what is stored.
    """
    if not _has_table(using):
        return  # after a migration to an earlier state
    lookup_keys = SeenKey.objects.using(using).filter(kind=SeenKey.Kind.LOOKUP)
    if not lookup_keys.exists():
        fingerprint = encryption.lookup_fingerprint()
        lookup_keys.create(kind=SeenKey.Kind.LOOKUP, fingerprint=fingerprint)


def is_another_lookup_key(using: str) -> bool:
    """Whether the lookup key is not the one that the stored digests were made with."""
    if not _has_table(using):
        return False
    seen = SeenKey.objects.using(using).filter(kind=SeenKey.Kind.LOOKUP)
    known = set(seen.values_list("fingerprint", flat=True))
    return bool(known) and encryption.lookup_fingerprint() not in known


def newest_key_is_known_for(using: str, now: datetime) -> timedelta | None:
    """None if there is one key only, or the newest has not been noted yet."""
    newest, *others = encryption.fingerprints()
    if not others or not _has_table(using):
        return None
    seen = SeenKey.objects.using(using).filter(kind=SeenKey.Kind.ENCRYPTION, fingerprint=newest)
    first = seen.values_list("first_seen_at", flat=True).first()
    return now - first if first else None


def _has_table(using: str) -> bool:
    return SeenKey._meta.db_table in connections[using].introspection.table_names()
