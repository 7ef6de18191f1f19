"""What the database holds after a round."""

from invocations.models import Invocation


def statuses():
    """Of all invocations, oldest first."""
    return list(Invocation.objects.order_by("id").values_list("status", flat=True))
