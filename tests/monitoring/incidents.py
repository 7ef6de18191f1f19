"""The incidents that are open, and the reason of the refusals that open one."""

from datetime import timedelta

from invocations.models import Incident

ERROR_KIND = "Workflow Instance … is not published."
MINUTE = timedelta(minutes=1)


def open_incidents():
    return list(
        Incident.objects.filter(closed_at__isnull=True).values_list("kind", "reason", "count")
    )
