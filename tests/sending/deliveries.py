"""Deliver one invocation in a test, and what Kaleyra answers."""

from invocations.models import Invocation
from invocations.sending import deliver as sending_deliver

UNKNOWN = Invocation.Status.UNKNOWN
REJECTED = {
    "success": False,
    "status": 400,
    "message": None,
    "errors": ["Workflow Instance [x] is not published."],
    "executionStatus": "REJECTED",
}
DUPLICATE = REJECTED | {"errors": ["Request ID [x] has already been submitted."]}
ACCEPTED = {
    "success": True,
    "status": 202,
    "message": "Request accepted",
    "workflowInvocationId": "4xU9",
    "executionStatus": "ACCEPTED",
}


def deliver(invocation, **kwargs):
    """Delivers it, and returns it as it is stored then."""
    assert sending_deliver.deliver(invocation.pk, **kwargs)
    invocation.refresh_from_db()
    return invocation


def outcomes(invocation):
    """Of its attempts, in order."""
    return list(invocation.attempts.order_by("number").values_list("outcome", flat=True))
