"""What is known of an account's set-up: its key, its results, and its furthest workflow.

`setup_steps` turns these facts into the checklist that leads to the first live message.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from invocations.composing.missing_for_live import is_named
from invocations.composing.template_fields import fields_of
from invocations.history.wording import person_name
from invocations.models import (
    Account,
    ApiKey,
    Callback,
    CallbackAddress,
    Invocation,
    WorkflowInstance,
)
from invocations.models.reading import Reading
from invocations.monitoring.account_state import is_refused
from invocations.results import endpoints
from invocations.sending.account_key import key_problem, primary_key_of

Stage = WorkflowInstance.Stage
Status = Invocation.Status

MAX_VERSIONS_READ = 50
"""Versions of a key's row that are searched for the one with which the present key was stored."""


@dataclass(frozen=True)
class KeyFacts:
    """The primary key. Times are None where that never happened.

    `problem`: why it cannot be used, a reason in `sending.outcomes.TABLE`; else empty.
    """

    id: uuid.UUID
    last_four: str
    stored_at: datetime
    stored_by: str = ""
    problem: str = ""
    accepted_at: datetime | None = None
    refused_at: datetime | None = None
    checked_at: datetime | None = None
    is_refused: bool = False
    """Whether Kaleyra's last word on it was a refusal."""

    @property
    def is_answered(self) -> bool:
        """Whether Kaleyra accepted or refused it since it was last checked."""
        answers = [at for at in (self.accepted_at, self.refused_at) if at]
        return self.checked_at is not None and any(at >= self.checked_at for at in answers)


@dataclass(frozen=True)
class ResultsFacts:
    """The address for results, the callback profile at Kaleyra that posts there, the last result.

    `is_profile_on`: what a check of the key saw `profile_seen_at`; None if it saw no profile.
    """

    has_address: bool = False
    last_at: datetime | None = None
    is_profile_on: bool | None = None
    profile_seen_at: datetime | None = None


@dataclass(frozen=True)
class TryFacts:
    """The last message of a workflow that was not cancelled.

    `has_result`: its result said that the flow had ended.
    """

    request_id: uuid.UUID
    at: datetime
    status: str
    has_result: bool = False


@dataclass(frozen=True)
class WorkflowFacts:
    """`values`: how many its texts ask for; `named`: how many of them have a name for staff."""

    id: int
    account_id: int
    title: str
    stage: str = Stage.DRAFT
    has_texts: bool = False
    values: int = 0
    named: int = 0
    last_try: TryFacts | None = None

    @property
    def is_named(self) -> bool:
        return self.has_texts and self.named == self.values


@dataclass(frozen=True)
class SetupFacts:
    """An account as far as it is set up. `workflow`: the one nearest to being live."""

    account_id: int
    sid: str
    region: str
    host: str
    is_practice: bool = False
    key: KeyFacts | None = None
    results: ResultsFacts = ResultsFacts()
    workflow: WorkflowFacts | None = None


def facts_of(account: Account, reading: Reading) -> SetupFacts:
    """Reads what the database knows of `account`, as far as it is read."""
    pod = account.pod
    return SetupFacts(
        account_id=account.pk,
        sid=account.sid,
        region=pod.region,
        host=pod.api_domain,
        is_practice=pod.is_practice,
        key=_key_facts(account),
        results=_results_facts(account),
        workflow=_furthest_workflow(account, reading),
    )


# --- key and results ------------------------------------------------------------------------------


def _key_facts(account: Account) -> KeyFacts | None:
    key = primary_key_of(account)
    if key is None:
        return None
    stored_at, stored_by = _stored(key)
    return KeyFacts(
        id=key.pk,
        last_four=key.last_four,
        stored_at=stored_at,
        stored_by=stored_by,
        problem=key_problem(account),
        accepted_at=key.last_accepted_at,
        refused_at=key.last_refused_at,
        checked_at=key.last_checked_at,
        is_refused=is_refused(key),
    )


def _stored(key: ApiKey) -> tuple[datetime, str]:
    """When the present key was stored and by whom, as the change history shows it.

    The history does not keep keys. The present one came with the first version of the latest run
    that ends in the same four characters.
    """
    versions = key.history.select_related("history_user").order_by("-history_id")
    first = None
    for version in versions[:MAX_VERSIONS_READ]:
        if version.last_four != key.last_four:
            break
        first = version
    if first is None:
        return key.created_at, ""
    return first.history_date, person_name(first.history_user) if first.history_user else ""


def _results_facts(account: Account) -> ResultsFacts:
    last = Callback.objects.filter(account=account).order_by("-last_received_at")
    last_at = last.values_list("last_received_at", flat=True).first()
    address = endpoints.current_address(account)
    if address is None:
        return ResultsFacts(last_at=last_at)
    state = address.profile_state
    return ResultsFacts(
        has_address=True,
        last_at=last_at,
        is_profile_on=state == CallbackAddress.ProfileState.ON if state else None,
        profile_seen_at=address.profile_seen_at,
    )


# --- the workflow ---------------------------------------------------------------------------------

_PROGRESS = {Stage.DRAFT.value: 0, Stage.TESTED.value: 1, Stage.LIVE.value: 2}


def _furthest_workflow(account: Account, reading: Reading) -> WorkflowFacts | None:
    """The active workflow that is nearest to being live; of equal ones the first."""
    workflows = reading.workflows().filter(account=account, is_active=True).order_by("pk")
    found = [workflow_facts(each) for each in workflows.prefetch_related("channels__parameters")]
    if not found:
        return None
    furthest = max(found, key=lambda each: (_PROGRESS[each.stage], each.has_texts, each.named))
    last_try = _last_try(furthest.id, reading)
    return replace(furthest, last_try=last_try)


def workflow_facts(workflow: WorkflowInstance) -> WorkflowFacts:
    """Without its last try. Asks the database for channels and parameters, if not prefetched."""
    channels = list(workflow.channels.all())
    fields = [field for channel in channels for field in fields_of(channel)]
    return WorkflowFacts(
        id=workflow.pk,
        account_id=workflow.account_id,
        title=workflow.title,
        stage=workflow.stage,
        has_texts=bool(channels) and all(channel.template_text for channel in channels),
        values=len(fields),
        named=sum(is_named(field) for field in fields),
    )


def _last_try(workflow_id: int, reading: Reading) -> TryFacts | None:
    messages = reading.invocations().filter(workflow_instance_id=workflow_id).order_by("-id")
    # A message that somebody cancelled says nothing about the set-up.
    messages = messages.exclude(status=Status.CANCELLED)
    last = messages.only("request_id", "created_at", "status", "delivery").first()
    if last is None:
        return None
    has_result = last.delivery == Invocation.Delivery.COMPLETED
    return TryFacts(last.request_id, last.created_at, last.status, has_result)
