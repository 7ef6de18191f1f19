"""The rows to send, in the database that TEST_DATABASE_URL names.

`python -m benchmarks.dispatch.rows prepare API_DOMAIN`, `… fill N SEED FILE` (which writes the
same bodies to FILE, one for each line), `… slow RATE` and `… queue N SEED` (one account's rate, and
rows of it alone), `… state` (the number of rows by status).
"""

from __future__ import annotations

import os
import random
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone

from invocations.composing import template_fields
from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.models import Account, ApiKey, Attempt, Channel, Invocation, Pod, WorkflowInstance
from invocations.models.encryption import digests
from invocations.sending.targets import current_target

ACCOUNTS = 4
"""Each may send 1,000 a second, the maximum, so that the rate limit is not what is measured."""
CHUNK = 1000


def prepare(api_domain: str) -> None:
    """Migrates, and creates `ACCOUNTS` accounts at the stand-in with a workflow each."""
    call_command("migrate", verbosity=0)
    pod = Pod.objects.create(code="BENCH", title="Stand-in", api_domain=api_domain)
    for n in range(ACCOUNTS):
        account = Account.objects.create(
            title=f"Account {n}", pod=pod, sid=f"HXBENCH{n}IN", sends_per_second=1000
        )
        ApiKey.objects.create(account=account, title="bench", key="practice-key", is_primary=True)
        workflow = WorkflowInstance.objects.create(
            account=account, title="Order delayed", workflow_instance_id=f"00112233-{n}"
        )
        Channel.objects.create(
            workflow_instance=workflow,
            position=1,
            kind="whatsapp",
            template_text="Hello {{1}}, {{2}} comes {{3}}",
        )
        Channel.objects.create(
            workflow_instance=workflow,
            position=2,
            kind="sms",
            template_text="Hello {#var#}, {#var#} comes {#var#}",
        )


def fill(count: int, seed: int, file: str) -> None:
    """Creates `count` rows that are due, as `sending.record` creates them."""
    workflows = list(WorkflowInstance.objects.order_by("id"))
    with open(file, "w", encoding="utf-8") as bodies:
        for rows in _chunks(workflows, count, seed):
            bodies.writelines(row.payload + "\n" for row in rows)
            Invocation.objects.bulk_create(rows)


def slow(rate: int) -> None:
    """Lets the first account send `rate` messages a second."""
    Account.objects.filter(sid="HXBENCH0IN").update(sends_per_second=rate)


def queue(count: int, seed: int) -> None:
    """Creates `count` rows of the first account that are due."""
    for rows in _chunks(list(WorkflowInstance.objects.order_by("id")[:1]), count, seed):
        Invocation.objects.bulk_create(rows)


def _chunks(workflows: list[WorkflowInstance], count: int, seed: int) -> Iterator[list[Invocation]]:
    """`count` unsaved rows, evenly of these workflows."""
    chance, now = random.Random(seed), timezone.now()
    versions = [
        (each, template_fields.current_version(each, None), current_target(each))
        for each in workflows
    ]
    for begin in range(0, count, CHUNK):
        rows = []
        for n in range(begin, min(begin + CHUNK, count)):
            request_id = uuid.UUID(int=chance.getrandbits(128), version=4)
            number = f"9198{chance.randrange(10**8):08}"
            sends = [Send(number, {"01": "Asha", "02": f"KF-{n:06}", "03": "Thu 26 November"})] * 2
            payload = to_text(build_payload(str(request_id), sends))
            workflow, version, target = versions[n % len(versions)]
            rows.append(
                Invocation(
                    request_id=request_id,
                    workflow_instance=workflow,
                    account_id=workflow.account_id,
                    version=version,
                    target=target,
                    payload=payload,
                    payload_digest=digests(payload, "payload")[0],
                    recipient_digest=digests(number, "recipient")[0],
                    recipient_hint="+91 98•••• ••00",
                    due_at=now,
                    not_after=now + timedelta(hours=4),
                )
            )
        yield rows


def state() -> None:
    """Prints the number of rows by status, and of attempts beyond the first."""
    by_status = dict(Invocation.objects.order_by().values_list("status").annotate(Count("pk")))
    print(by_status, "attempts beyond the first:", Attempt.objects.filter(number__gt=1).count())


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", api_domain]:
            prepare(api_domain)
        case ["fill", count, seed, file]:
            fill(int(count), int(seed), file)
        case ["slow", rate]:
            slow(int(rate))
        case ["queue", count, seed]:
            queue(int(count), int(seed))
        case ["state"]:
            state()
