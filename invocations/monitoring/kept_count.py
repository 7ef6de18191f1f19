"""Counts for the menu of every page, kept for some seconds for each person."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache

from invocations.models.viewer import Viewer

COUNT_KEPT_SECONDS = 20
"""For how long a count may be behind. The list that it counts is always read anew."""


@dataclass(frozen=True)
class KeptCount:
    name: str

    def get(self, viewer: Viewer) -> int | None:
        """None if it was not counted within `COUNT_KEPT_SECONDS`."""
        count: int | None = cache.get(self._key(_user_id(viewer)))
        return count

    def keep(self, viewer: Viewer, count: int) -> None:
        cache.set(self._key(_user_id(viewer)), count, COUNT_KEPT_SECONDS)

    def forget(self, user_id: int) -> None:
        cache.delete(self._key(user_id))

    def _key(self, user_id: int) -> str:
        return f"{self.name}:{user_id}"


def _user_id(viewer: Viewer) -> int:
    return viewer.user.pk if viewer.user else 0
