"""What the console keeps."""

from invocations.models.configuration import Account, ApiKey, Channel, Pod, WorkflowInstance
from invocations.models.contracts import Parameter, WorkflowVersion
from invocations.models.invocations import Attempt, Invocation, Settlement
from invocations.models.monitoring import Heartbeat, Incident, Quarter
from invocations.models.preferences import Export, Preset, Profile, SavedFilter
from invocations.models.rate_limits import KillSwitch, Pace
from invocations.models.results import Callback, CallbackAddress, ChannelResult

__all__ = [
    "Account",
    "ApiKey",
    "Attempt",
    "Callback",
    "CallbackAddress",
    "Channel",
    "ChannelResult",
    "Export",
    "Heartbeat",
    "Incident",
    "Invocation",
    "KillSwitch",
    "Pace",
    "Parameter",
    "Pod",
    "Preset",
    "Profile",
    "Quarter",
    "SavedFilter",
    "Settlement",
    "WorkflowInstance",
    "WorkflowVersion",
]
