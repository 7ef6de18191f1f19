"""What is remembered of keys: since when each is known, and how far a run over the tables is."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class SeenKey(models.Model):
    """A key of the environment, by its fingerprint (`encryption.fingerprints`)."""

    class Kind(models.TextChoices):
        ENCRYPTION = "encryption", "encryption"
        LOOKUP = "lookup", "lookup"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    fingerprint = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "fingerprint"], name="key_seen_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["encryption", "lookup"]), name="seen_key_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.fingerprint[:8]}"


class KeyRun(models.Model):
    """How far one run over one table is (`table_walk`). A run that was killed goes on there."""

    name = models.CharField(max_length=200, unique=True)
    """What it does, with which key, and to which table and column."""
    after = models.TextField(blank=True, default="")
    """The last primary key that is done; empty before the first."""
    rows = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    """When it last came to the end of the table."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
