"""Options that several commands take."""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.management.base import CommandError
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from invocations.models import WorkflowInstance


def moment_from(text: str | None) -> datetime | None:
    """A time as ISO 8601 has it; without a zone it is UTC."""
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and moment is None:
        raise CommandError(f"{text!r} is not a time such as 2027-03-01T09:00+05:30.")
    return (
        moment if moment is None or timezone.is_aware(moment) else timezone.make_aware(moment, UTC)
    )


def workflow_named(named: str) -> WorkflowInstance:
    found = list(
        WorkflowInstance.objects.select_related("account__pod").filter(
            Q(workflow_instance_id=named) | Q(title=named)
        )[:2]
    )
    if not found:
        raise CommandError("No workflow has this ID or title.")
    if len(found) > 1:
        raise CommandError("More than one workflow has this ID or title.")
    return found[0]
