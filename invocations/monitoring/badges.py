"""The numbers in the menu: what this person can do now. Nobody else has one."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from invocations.models.viewer import Viewer
from invocations.monitoring.follow_up import count_to_follow_up, forget_count_to_follow_up
from invocations.monitoring.needs import count_of_needs, forget_count_of_needs

MAX_BADGE = 99
"""Highest number in a badge; beyond it stands “99+”."""


class Badges(NamedTuple):
    """Texts; empty where there is nothing to do, or no right to do it."""

    home: str
    needs_you: str


def badges_of(viewer: Viewer, now: datetime) -> Badges:
    """`home`: own messages to follow up, for whoever has the support home. `needs_you`: rows of the
    list for whoever can end one. Both are kept for some seconds: most pages ask nothing.
    """
    follow_up = 0
    if viewer.may_send and not viewer.may_configure:
        follow_up = count_to_follow_up(viewer, now, MAX_BADGE + 1)
    return Badges(count_text(follow_up), count_text(count_of_needs(viewer, now)))


def forget_counts(user_id: int) -> None:
    """After a deed of this person, so that the next page counts anew."""
    forget_count_of_needs(user_id)
    forget_count_to_follow_up(user_id)


def count_text(count: int) -> str:
    """ "" for none, and “99+” beyond `MAX_BADGE`."""
    if not count:
        return ""
    return f"{MAX_BADGE}+" if count > MAX_BADGE else str(count)
