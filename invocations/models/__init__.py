"""What the console keeps."""

from invocations.models.approvals import Approval
from invocations.models.attempts import Attempt, Settlement
from invocations.models.batches import Batch, BatchChunk, BatchPart, ColumnChoice
from invocations.models.configuration import Account, ApiKey, Pod
from invocations.models.home import AdminRequest, Favourite, FollowedUp
from invocations.models.invocations import Invocation
from invocations.models.kept_forms import KeptForm
from invocations.models.limits import DoNotContact, LimitCount, LimitSet, ListedNumber
from invocations.models.monitoring import Heartbeat, Incident, Quarter
from invocations.models.notes import Note
from invocations.models.preferences import Export, Preset, Profile, SavedFilter
from invocations.models.rate_limits import KillSwitch, Pace
from invocations.models.restores import DatabaseIdentity
from invocations.models.results import Callback, CallbackAddress, ChannelResult
from invocations.models.schedule_changes import ScheduleChange
from invocations.models.searchable_values import SearchableValue
from invocations.models.targets import Target
from invocations.models.template_fields import Parameter, WorkflowVersion
from invocations.models.trail import TrailRow
from invocations.models.workflows import Channel, WorkflowInstance

__all__ = [
    "Account",
    "AdminRequest",
    "ApiKey",
    "Approval",
    "Attempt",
    "Batch",
    "BatchChunk",
    "BatchPart",
    "Callback",
    "CallbackAddress",
    "Channel",
    "ChannelResult",
    "ColumnChoice",
    "DatabaseIdentity",
    "DoNotContact",
    "Export",
    "Favourite",
    "FollowedUp",
    "Heartbeat",
    "Incident",
    "Invocation",
    "KeptForm",
    "KillSwitch",
    "LimitCount",
    "LimitSet",
    "ListedNumber",
    "Note",
    "Pace",
    "Parameter",
    "Pod",
    "Preset",
    "Profile",
    "Quarter",
    "SavedFilter",
    "ScheduleChange",
    "SearchableValue",
    "Settlement",
    "Target",
    "TrailRow",
    "WorkflowInstance",
    "WorkflowVersion",
]
