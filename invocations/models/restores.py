"""What tells a database from an older copy of itself."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class DatabaseIdentity(models.Model):
    """The database's identity: the newest row. `sending.high_water` reads and writes it.

    `manage.py after_restore` adds a row, so that every dispatcher sees that it was run. The earlier
    rows show from which database the copy was made.
    """

    identity = models.UUIDField(unique=True, default=uuid.uuid4)
    made_at = models.DateTimeField()
    after_restore = models.BooleanField(default=False)
    beats = models.PositiveBigIntegerField(default=0)
    """Rounds of all dispatchers so far. It never falls, except by going back to a copy."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(beats__gte=0), name="database_beats_never_negative")
        ]

    def __str__(self) -> str:
        return str(self.identity)
