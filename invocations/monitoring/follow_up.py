"""A sender's own messages that nobody received, until the sender has dealt with them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from invocations.history.periods import recorded_between
from invocations.models import FollowedUp, Invocation
from invocations.models.permissions import Viewer

FOLLOWED_FOR = timedelta(days=7)
"""A message older than this is not on the list any more."""
Status = Invocation.Status

NOBODY_RECEIVED = Q(deciding_channel=0) | Q(status__in=(Status.REJECTED, Status.EXPIRED))
"""Every channel failed, or nothing was sent."""


def to_follow_up(viewer: Viewer, now: datetime) -> QuerySet[Invocation]:
    """The viewer's own messages that nobody received, the newest first.

    Left out is what they marked as done, and what has been sent again since: from that message, or
    anew to the same number with the same workflow.
    """
    if viewer.user is None or not (viewer.may_send and viewer.sees_history):
        return Invocation.objects.none()
    later = Invocation.objects.filter(
        recipient_digest=OuterRef("recipient_digest"),
        workflow_instance=OuterRef("workflow_instance"),
        pk__gt=OuterRef("pk"),
    )
    again = Invocation.objects.filter(sent_again_from=OuterRef("pk"))
    own = Invocation.objects.filter(
        NOBODY_RECEIVED, recorded_between(now - FOLLOWED_FOR), created_by=viewer.user
    )
    done = FollowedUp.objects.filter(invocation=OuterRef("pk"))
    return own.exclude(Exists(done) | Exists(again) | Exists(later)).order_by("-id")
