"""Loads a message with all that its page tells of it."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from invocations.models import Attempt, Callback, Invocation
from invocations.models.viewer import Viewer


def with_story(viewer: Viewer) -> QuerySet[Invocation]:
    """The messages that `viewer` reads. Loads what a `Detail` reads, in four queries, but for the
    long texts of what it shows.
    """
    callbacks = Callback.objects.select_related("matched_by", "set_aside_by").defer("body")
    attempts = Attempt.objects.select_related("asked_by", "target").defer("reply")
    return (
        viewer.invocations()
        .select_related(
            *("workflow_instance", "version", "account__pod", "target", "created_by"),
            *("cancelled_by", "sent_again_from", "settlement__settled_by", "batch"),
        )
        .defer("batch__found", "batch__reading", "batch__columns")
        .prefetch_related(
            Prefetch("attempts", attempts.order_by("number")),
            Prefetch(
                "callbacks", callbacks.prefetch_related("results").order_by("received_at", "pk")
            ),
        )
    )
