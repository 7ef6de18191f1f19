"""What the console keeps."""

from invocations.models.admin_changes import AdminChange
from invocations.models.api_keys import ApiKey
from invocations.models.approvals import Approval
from invocations.models.attempts import Attempt, Settlement
from invocations.models.batches import Batch, BatchChunk, BatchPart, ColumnChoice
from invocations.models.browser_sessions import BrowserSession
from invocations.models.configuration import Account, Pod
from invocations.models.home import AdminRequest, Favourite, FollowedUp
from invocations.models.invocations import Invocation
from invocations.models.kept_forms import KeptForm
from invocations.models.key_runs import KeyRun, SeenKey
from invocations.models.limits import DoNotContact, LimitCount, LimitSet, ListedNumber
from invocations.models.monitoring import Heartbeat, Incident, Quarter
from invocations.models.notes import Note
from invocations.models.preferences import Export, Preset, Profile, SavedFilter
from invocations.models.rate_limits import KillSwitch, Pace
from invocations.models.removals import CodeRemoval, Erasure, NumberSearch, PurgeRun
from invocations.models.restores import DatabaseIdentity
from invocations.models.results import Callback, CallbackAddress, ChannelResult
from invocations.models.schedule_changes import ScheduleChange
from invocations.models.searchable_values import SearchableValue
from invocations.models.targets import Target
from invocations.models.template_fields import Parameter, WorkflowVersion
from invocations.models.trail import TrailHead, TrailRow
from invocations.models.workflows import Channel, WorkflowInstance

__all__ = [
    "Account",
    "AdminChange",
    "AdminRequest",
    "ApiKey",
    "Approval",
    "Attempt",
    "Batch",
    "BatchChunk",
    "BatchPart",
    "BrowserSession",
    "Callback",
    "CallbackAddress",
    "Channel",
    "ChannelResult",
    "CodeRemoval",
    "ColumnChoice",
    "DatabaseIdentity",
    "DoNotContact",
    "Erasure",
    "Export",
    "Favourite",
    "FollowedUp",
    "Heartbeat",
    "Incident",
    "Invocation",
    "KeptForm",
    "KeyRun",
    "KillSwitch",
    "LimitCount",
    "LimitSet",
    "ListedNumber",
    "Note",
    "NumberSearch",
    "Pace",
    "Parameter",
    "Pod",
    "Preset",
    "Profile",
    "PurgeRun",
    "Quarter",
    "SavedFilter",
    "ScheduleChange",
    "SearchableValue",
    "SeenKey",
    "Settlement",
    "Target",
    "TrailHead",
    "TrailRow",
    "WorkflowInstance",
    "WorkflowVersion",
]
