"""Delivers one invocation, with the answers that Kaleyra gives."""

from invocations.models import Invocation
from invocations.sending.deliver import deliver

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


def delivered(invocation, **kwargs):
    """The invocation as it is stored after delivering it."""
    assert deliver(invocation.pk, **kwargs)
    invocation.refresh_from_db()
    return invocation


def outcomes(invocation):
    """The outcomes of its attempts, in order."""
    return list(invocation.attempts.order_by("number").values_list("outcome", flat=True))
