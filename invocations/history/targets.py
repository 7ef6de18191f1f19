"""Where an invocation was posted to, as it was stored, for pages, tickets and exports."""

from __future__ import annotations

from dataclasses import dataclass

from invocations.models import Invocation, Pod, Target
from invocations.sending.targets import current_parts, has_left


@dataclass(frozen=True)
class ShownTarget:
    """`pod`: the title of the pod with this host today; empty if there is none.

    `differs`: today's set-up is another, and the message stays with this one.
    """

    row: Target
    pod: str
    differs: bool


def target_of(invocation: Invocation) -> Target:
    """The stored one. A row of a version that stored none shows today's set-up, as assumed."""
    if invocation.target is not None:
        return invocation.target
    host, sid, workflow = current_parts(invocation.workflow_instance, invocation.account)
    return Target(api_domain=host, sid=sid, workflow_instance_id=workflow, is_assumed=True)


def shown_target(invocation: Invocation) -> ShownTarget:
    row = target_of(invocation)
    today = current_parts(invocation.workflow_instance, invocation.account)
    if row.api_domain == today[0]:
        title = invocation.account.pod.title
    else:
        pod = Pod.objects.filter(api_domain=row.api_domain).first()
        title = pod.title if pod else ""
    return ShownTarget(row, title, has_left(invocation) and row.parts != today)
