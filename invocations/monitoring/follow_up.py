"""A sender's own messages that nobody received, until the sender has dealt with them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from invocations.history.periods import recorded_between
from invocations.models import FollowedUp, Invocation
from invocations.models.viewer import Viewer
from invocations.monitoring.kept_count import KeptCount

_COUNT = KeptCount("follow-up")
FOLLOWED_FOR = timedelta(days=7)
"""A message older than this is not on the list any more."""
Status = Invocation.Status

NOBODY_RECEIVED = Q(deciding_channel=0) | Q(status__in=(Status.REJECTED, Status.EXPIRED))
"""Every channel failed, or nothing was sent."""


def to_follow_up(viewer: Viewer, now: datetime) -> QuerySet[Invocation]:
    """The viewer's own messages that nobody received, the newest first.

    Left out is what they marked as done, and what has been sent again since: from that message, or
    anew to the same number with the same workflow. What was cancelled was not sent.
    """
    if viewer.user is None or not (viewer.may_send and viewer.sees_history):
        return Invocation.objects.none()
    not_cancelled = Invocation.objects.exclude(status=Status.CANCELLED)
    later = not_cancelled.filter(
        recipient_digest=OuterRef("recipient_digest"),
        workflow_instance=OuterRef("workflow_instance"),
        pk__gt=OuterRef("pk"),
    )
    again = not_cancelled.filter(sent_again_from=OuterRef("pk"))
    own = viewer.invocations().filter(
        NOBODY_RECEIVED, recorded_between(now - FOLLOWED_FOR), created_by=viewer.user
    )
    done = FollowedUp.objects.filter(invocation=OuterRef("pk"))
    return own.exclude(Exists(done) | Exists(again) | Exists(later)).order_by("-id")


def count_to_follow_up(viewer: Viewer, now: datetime, most: int) -> int:
    """How many there are, at most `most`, counted some seconds ago at most."""
    count = _COUNT.get(viewer)
    if count is None:
        count = to_follow_up(viewer, now).values("pk")[:most].count()
        _COUNT.keep(viewer, count)
    return count


def forget_count_to_follow_up(user_id: int) -> None:
    """After a deed of this person, and before a page that shows the list."""
    _COUNT.forget(user_id)
