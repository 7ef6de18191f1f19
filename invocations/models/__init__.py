"""What the console keeps."""

from invocations.models.configuration import Account, ApiKey, Channel, Pod, WorkflowInstance
from invocations.models.invocations import Attempt, Invocation

__all__ = ["Account", "ApiKey", "Attempt", "Channel", "Invocation", "Pod", "WorkflowInstance"]
