"""What the console keeps."""

from invocations.models.configuration import Account, ApiKey, Channel, Pod, WorkflowInstance
from invocations.models.contracts import Parameter, WorkflowVersion
from invocations.models.invocations import Attempt, Invocation
from invocations.models.people import Preset, Profile

__all__ = [
    "Account",
    "ApiKey",
    "Attempt",
    "Channel",
    "Invocation",
    "Parameter",
    "Pod",
    "Preset",
    "Profile",
    "WorkflowInstance",
    "WorkflowVersion",
]
