"""One pause, and all pauses together, as the pages show them; `pauses` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.models import Account, KillSwitch, WorkflowInstance, permissions
from invocations.monitoring.remedies import Remedy


class Waiting(NamedTuple):
    """The messages of one status that a pause stops.

    `oldest`: when the oldest was recorded. `address`: the history, filtered to these messages.
    `first_expires`: when the first of them expires; None if none does.
    """

    n: int
    oldest: datetime
    address: str
    first_expires: datetime | None = None


@dataclass(frozen=True)
class Pause:
    """An account, a workflow or all sending, while it is paused.

    `because`: the reason in `sending.outcomes.TABLE` if the console paused it, empty if a person
    did. `since` is None and `by` is empty where the change history has no entry. `key_trouble`: why
    the account has no usable key, as a reason of that table.
    """

    of: Account | WorkflowInstance | KillSwitch
    why: str
    because: str = ""
    since: datetime | None = None
    by: str = ""
    key_trouble: str = ""
    mend: Remedy | None = None
    queued: Waiting | None = None
    held: Waiting | None = None

    @property
    def kind(self) -> str:
        """`account`, `workflow`, or `everything`."""
        return {Account: "account", WorkflowInstance: "workflow", KillSwitch: "everything"}[
            type(self.of)
        ]

    @property
    def account(self) -> Account | None:
        """The paused account, or the account of the paused workflow."""
        if isinstance(self.of, WorkflowInstance):
            return self.of.account
        return self.of if isinstance(self.of, Account) else None

    @property
    def name(self) -> str:
        """Title of the account or the workflow."""
        return "" if isinstance(self.of, KillSwitch) else self.of.title

    @property
    def title(self) -> str:
        """What is paused, as a sentence without a full stop."""
        if self.kind == "everything":
            return _("All sending is stopped")
        words = (
            _("The account %(name)s is paused")
            if self.kind == "account"
            else _("The workflow %(name)s is paused")
        )
        return words % {"name": self.name}

    @property
    def told(self) -> str:
        """What is paused and why, in one or two sentences."""
        return f"{self.title}. {self.why}".strip()

    @property
    def permission(self) -> str:
        """The permission that resuming needs: the one to change what is paused."""
        return {
            "account": permissions.CHANGE_ACCOUNT,
            "workflow": permissions.CHANGE_WORKFLOW,
            "everything": permissions.STOP,
        }[self.kind]

    @property
    def resume(self) -> str:
        """URL that the Resume button posts to.

        Empty where the account would be paused again at once, because it has no usable key.
        """
        if self.key_trouble or isinstance(self.of, KillSwitch):
            return ""
        view = "resume" if isinstance(self.of, Account) else "resume_workflow"
        return reverse(view, args=[self.of.pk])

    @property
    def waiting(self) -> int:
        """How many messages wait, at most `pauses.MAX_WAITING_COUNTED` of each status."""
        return sum(each.n for each in (self.queued, self.held) if each)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest waiting message was recorded."""
        return min((each.oldest for each in (self.queued, self.held) if each), default=None)


@dataclass(frozen=True)
class PauseOverview:
    """All pauses except the kill switch, those of accounts first.

    `waiting`: messages that at least one of them stops. `is_capped`: there may be more than that,
    because counting stopped at `pauses.MAX_WAITING_COUNTED`.
    """

    pauses: Sequence[Pause] = ()
    waiting: int = 0
    is_capped: bool = False

    @property
    def account_ids(self) -> set[int]:
        """Of the paused accounts themselves."""
        return {pause.of.pk for pause in self.pauses if pause.kind == "account"}

    @property
    def title(self) -> str:
        """For example: 3 accounts and 1 workflow are paused – 214 messages wait."""
        words = _("%(what)s is paused") if len(self.pauses) == 1 else _("%(what)s are paused")
        title = words % {"what": self._counted_kinds()}
        if not self.waiting:
            return title
        waits = ngettext("%(n)s message waits", "%(n)s messages wait", self.waiting)
        if self.is_capped:
            waits = _("at least %(n)s messages wait")
        return f"{title} – {waits % {'n': f'{self.waiting:,}'}}"

    def _counted_kinds(self) -> str:
        accounts = len(self.account_ids)
        workflows = len(self.pauses) - accounts
        counts = []
        if accounts:
            counts.append(ngettext("%(n)s account", "%(n)s accounts", accounts) % {"n": accounts})
        if workflows:
            text = ngettext("%(n)s workflow", "%(n)s workflows", workflows)
            counts.append(text % {"n": workflows})
        return _(" and ").join(counts)
