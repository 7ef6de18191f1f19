"""What the console keeps."""

from invocations.models.configuration import Account, ApiKey, Channel, Pod, WorkflowInstance
from invocations.models.contracts import Parameter, WorkflowVersion
from invocations.models.invocations import Attempt, Invocation, Settlement
from invocations.models.pace import KillSwitch, Pace
from invocations.models.people import Preset, Profile
from invocations.models.results import Callback, CallbackAddress, ChannelResult

__all__ = [
    "Account",
    "ApiKey",
    "Attempt",
    "Callback",
    "CallbackAddress",
    "Channel",
    "ChannelResult",
    "Invocation",
    "KillSwitch",
    "Pace",
    "Parameter",
    "Pod",
    "Preset",
    "Profile",
    "Settlement",
    "WorkflowInstance",
    "WorkflowVersion",
]
