"""What people do in a run: set up, change the set-up, restore a copy, and check safely."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from django.db import transaction

from invocations.models import Account, ApiKey, Channel, Invocation, Pod, WorkflowInstance
from invocations.sending import pause, restored
from invocations.sending.deliver import deliver
from invocations.sending.high_water import HighWaterMark, WillNotDispatch
from invocations.sending.outcomes import Status
from tests.database_copies import DatabaseCopy
from tests.faults.connections import KEY

from .plan import Done

WAITING_IN_COPY = 8
WAITS_FOR = 10.0
"""Seconds."""


def set_up(host: str, accounts: int, policy: str) -> None:
    """Creates accounts at the receiver, each with a workflow and a key for each place."""
    pod = Pod.objects.create(code="FAULTS", title="Faults", api_domain=host)
    other = host.replace("127.0.0.1", "localhost")  # the same receiver, with other IDs
    pods = [pod, Pod.objects.create(code="OTHER", title="Other", api_domain=other)]
    for n in range(accounts):
        account = Account.objects.create(
            title=f"Account {n}",
            pod=pod,
            sid=f"FAULTS{n}",
            sends_per_second=1000,
            retry_ambiguous=policy,
        )
        _enter_keys(account, pods, [f"FAULTS{n}", f"OTHERS{n}"])
        workflow = WorkflowInstance.objects.create(
            account=account, title=f"Workflow {n}", workflow_instance_id=f"workflow-{n}"
        )
        for position, kind in enumerate(["whatsapp", "sms"], start=1):
            Channel.objects.create(workflow_instance=workflow, position=position, kind=kind)


def _enter_keys(account: Account, pods: list[Pod], sids: list[str]) -> None:
    """One for each place at which the account will be: a key is usable only there."""
    places = [(pod, sid) for pod in pods for sid in sids]
    first = (account.pod, account.sid)
    for pod, sid in places:
        account.pod, account.sid = pod, sid
        title, is_primary = f"{pod.code} {sid}", (pod, sid) == first
        ApiKey.objects.create(account=account, title=title, key=KEY, is_primary=is_primary)
    account.pod, account.sid = first


def _move(account: Account, **changes: Any) -> int:
    """As an admin who makes the key of the new place primary at once."""
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(**changes)
        account = Account.objects.select_related("pod").get(pk=account.pk)
        account.api_keys.filter(is_primary=True).update(is_primary=False)
        there = account.api_keys.filter(host=account.pod.api_domain, sid=account.sid)
        return there.update(is_primary=True)


def change_set_up(chance: random.Random, accounts: int) -> int:
    """Changes pod, SID or workflow ID of one account, as an admin does while messages are open.

    Each changes between two values, so that there is a key for every place. Returns how many rows.
    """
    n = chance.randrange(accounts)
    account = Account.objects.get(title=f"Account {n}")
    what = chance.choice(["pod", "sid", "workflow"])
    if what == "workflow":
        name = chance.choice([f"workflow-{n}", f"edited-{n}"])
        workflow = WorkflowInstance.objects.filter(title=f"Workflow {n}")
        return workflow.update(workflow_instance_id=name)
    if what == "pod":
        pods = Pod.objects.filter(code__in=["FAULTS", "OTHER"]).order_by("code")
        return _move(account, pod=chance.choice(list(pods)))
    return _move(account, sid=chance.choice([f"FAULTS{n}", f"OTHERS{n}"]))


def stop_until_some_wait(workers: Sequence[BaseProcess], may_record: Any) -> None:
    """Kills the workers, and waits for messages that have not left.

    What a copy holds as queued is sent before the copy is restored. On a fast machine there would
    be none, and a run would not show what becomes of them.
    """
    for process in workers:
        process.kill()
        process.join()
    may_record.value += WAITING_IN_COPY
    ends = time.monotonic() + WAITS_FOR
    waiting = Invocation.objects.filter(status=Invocation.Status.QUEUED, attempt_count=0)
    while waiting.count() < WAITING_IN_COPY and time.monotonic() < ends:
        time.sleep(0.05)


def take_copy(folder: Path, done: Done) -> DatabaseCopy:
    """While no other process uses the database."""
    ids = Invocation.objects.values_list("request_id", flat=True)
    done.in_copy = frozenset(str(request_id) for request_id in ids)
    return DatabaseCopy(folder)


def was_tried(done: Done) -> bool:
    """Whether every message that waited in the copy has left since, or may have."""
    waiting = Invocation.objects.filter(status=Invocation.Status.QUEUED, attempt_count=0)
    return not waiting.filter(request_id__in=done.in_copy).exists()


def go_back(copy: DatabaseCopy, done: Done, bug: str | None) -> None:
    """Restores the copy; then does what docs/operating.md says, unless that is the bug."""
    copy.restore()
    done.restored += 1
    with suppress(WillNotDispatch):
        HighWaterMark().check()
        done.not_refused += 1
    if bug == "no_after_restore":
        HighWaterMark().forget()
        return
    restored.mark_restored()
    pause.resume_everything(None)


def check_safely(done: Done) -> None:
    """Presses "Check safely", up to three times as a person would where no answer comes."""
    unknown = Invocation.objects.filter(status=Status.UNKNOWN).values_list("pk", flat=True)
    for pk in [*unknown] * 3:
        done.checked_by_hand += deliver(pk, starting_from=Status.UNKNOWN)
