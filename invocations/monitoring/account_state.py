"""In one badge, whether messages can leave over an account: ready, paused, or being set up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import Text
from invocations.models import Account, ApiKey, WorkflowInstance
from invocations.sending.account_key import key_problem, primary_key_of


class AccountCode(StrEnum):
    NO_KEY = "no_key"
    KEY_UNREADABLE = "key_unreadable"
    KEY_REFUSED = "key_refused"
    PAUSED = "paused"
    BEING_SET_UP = "being_set_up"
    """It has a key, and no workflow that staff may send to customers."""
    READY = "ready"


@dataclass(frozen=True)
class AccountState:
    """`tone` and `icon` as in `admin.badges.badge`."""

    code: AccountCode
    label: Text
    tone: str
    icon: str

    @property
    def is_unfinished(self) -> bool:
        """Whether the set-up itself is not complete yet."""
        return self.code in (AccountCode.NO_KEY, AccountCode.BEING_SET_UP)


STATES = {
    state.code: state
    for state in (
        AccountState(AccountCode.NO_KEY, _("Being set up: no API key"), "neutral", "construction"),
        AccountState(AccountCode.KEY_UNREADABLE, _("Key cannot be used"), "rejected", "lock"),
        AccountState(AccountCode.KEY_REFUSED, _("Key refused"), "rejected", "block"),
        AccountState(AccountCode.PAUSED, _("Paused"), "held", "pause"),
        AccountState(AccountCode.BEING_SET_UP, _("Being set up"), "neutral", "construction"),
        AccountState(AccountCode.READY, _("Ready"), "accepted", "check"),
    )
}


def state_of(account: Account) -> AccountState:
    """Reads `account.pod`, `api_keys` and `workflow_instances`, which may be prefetched."""
    if blocked := blocked_state_of(account):
        return blocked
    is_ready = _has_sendable_workflow(account)
    return STATES[AccountCode.READY if is_ready else AccountCode.BEING_SET_UP]


def blocked_state_of(account: Account) -> AccountState | None:
    """The state of an account over which nothing leaves; None if messages leave.

    Reads `account.api_keys`, which may be prefetched.
    """
    code = _blocked_code(account)
    return STATES[code] if code else None


def moved_words(key: ApiKey) -> str:
    """That the account points elsewhere than when the key was entered; "" if it does not.

    Needs the account's pod.
    """
    if not key.host or not key.was_moved_away_from:
        return ""
    account = key.account
    text = gettext("Entered for %(then)s; this account now points to %(now)s. Enter it again.")
    return text % {
        "then": _place(key.host, key.sid),
        "now": _place(account.pod.api_domain, account.sid),
    }


def _place(host: str, sid: str) -> str:
    return gettext("%(host)s, SID %(sid)s") % {"host": host, "sid": sid}


def is_refused(key: ApiKey) -> bool:
    """Whether Kaleyra's last word on the key was a refusal."""
    refused, accepted = key.last_refused_at, key.last_accepted_at
    return refused is not None and (accepted is None or accepted < refused)


def _blocked_code(account: Account) -> AccountCode | None:
    key = primary_key_of(account)
    if account.is_paused and not account.paused_because:  # a person paused it
        return AccountCode.PAUSED
    if key is None:
        return AccountCode.NO_KEY
    if key_problem(account):
        return AccountCode.KEY_UNREADABLE
    if account.paused_because == "credentials" or is_refused(key):
        return AccountCode.KEY_REFUSED
    return AccountCode.PAUSED if account.is_paused else None


def _has_sendable_workflow(account: Account) -> bool:
    """Whether staff may send one to everybody: practice needs no live one."""
    active = [each for each in account.workflow_instances.all() if each.is_active]
    live = WorkflowInstance.Stage.LIVE
    return any(account.pod.is_practice or each.stage == live for each in active)
