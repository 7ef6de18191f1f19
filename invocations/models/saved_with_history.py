"""Saves a row and what its receivers store about it in one transaction, or nothing."""

from __future__ import annotations

from typing import Any

from django.db import models, router, transaction


class SavedWithHistory(models.Model):
    """Django's `save` commits the row before `post_save`, where its history and the trail are
    written: without this a setting would be changed where the trail cannot be written.
    """

    class Meta:
        abstract = True

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            super().save_base(*args, **kwargs)
