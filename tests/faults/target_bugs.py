"""Bugs about targets and restored copies, which the harness must find (`worker.BUGS`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from invocations.models import Target
from invocations.sending import attempt, high_water, targets


def live_target() -> None:
    """A message in doubt is posted to today's set-up, and not to its own target."""
    post_once = attempt._reason_and_reply

    def to_todays_set_up(ours: Any, connections: Any) -> Any:
        today = targets.current_parts(ours.invocation.workflow_instance, ours.account)
        names = ("api_domain", "sid", "workflow_instance_id")
        target = Target(**dict(zip(names, today, strict=True)))
        key = ours.api_key or ours.account.primary_key
        route = replace(ours.route, target=target, api_key=key, blocked="")
        return post_once(replace(ours, route=route), connections)

    attempt._reason_and_reply = to_todays_set_up


def no_mark() -> None:
    """A dispatcher begins with whatever database it finds."""
    high_water.HighWaterMark._verify = lambda self: None


def no_after_restore() -> None:
    """After a copy was restored, sending goes on as if nothing had happened: see `moves`."""
    no_mark()
