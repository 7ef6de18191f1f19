"""After an outage nothing is in doubt that Kaleyra can still be asked about."""

import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Account, ApiKey, Channel, Invocation, WorkflowInstance
from invocations.sending import rate_limit
from invocations.sending.message_columns import payload_columns

from .replay import WIDTH, Api, Replay

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
QUEUED, IN_DOUBT = 200, 50
SENDS = [Send("919876543202", {"01": "Asha"})] * 2


@pytest.fixture
def accounts(workflow):
    """Two, with a workflow each."""
    pod = workflow.account.pod
    other = Account.objects.create(title="Other", pod=pod, sid="HXOTHER01IN")
    ApiKey.objects.create(account=other, title="console", key="another-key", is_primary=True)
    second = WorkflowInstance.objects.create(
        account=other, title="Order late", workflow_instance_id="w2"
    )
    for position, kind in enumerate(["whatsapp", "sms"], start=1):
        Channel.objects.create(workflow_instance=second, position=position, kind=kind)
    return [workflow, second]


def fill(api, workflows):
    """Queued messages, and messages of which each second one was taken without an answer."""
    now = timezone.now()
    doubt = {"status": "unknown", "doubtful_since": now - MINUTE, "doubt_count": 1}
    rows = [
        Invocation(
            workflow_instance=workflow,
            account=workflow.account,
            request_id=(request_id := uuid.uuid4()),
            **payload_columns(request_id, SENDS),
            due_at=now,
            not_after=now + 240 * MINUTE,
            **(doubt if n < IN_DOUBT else {}),
        )
        for n in range(QUEUED + IN_DOUBT)
        for workflow in [workflows[n % len(workflows)]]
    ]
    Invocation.objects.bulk_create(rows)
    api.taken.update({str(row.request_id): 1 for row in rows[: IN_DOUBT // 2]})


@pytest.mark.parametrize(
    ("kind", "dispatchers"),
    [("503", 1), ("refused", 2), ("silence", 2), ("500 after it was accepted", 2)],
)
def test_an_outage_of_twenty_minutes_leaves_no_doubt(
    clock, accounts, monkeypatch, kind, dispatchers
):
    api = Api(outage=kind)
    fill(api, accounts[:dispatchers])
    replay = Replay(monkeypatch, clock, api, dispatchers)
    replay.run(15, step=0.25)
    replay.run(20 * 60 - 15, step=10)
    put_in_doubt = Invocation.objects.filter(doubtful_since__isnull=False).count() - IN_DOUBT
    assert put_in_doubt <= (dispatchers * WIDTH if kind == "silence" else dispatchers * 10)
    assert_one_probe_in_ten_seconds(api)
    api.outage = None
    replay.run(120, step=1)
    assert set(Invocation.objects.values_list("status", flat=True)) == {"accepted"}
    assert len(api.taken) == QUEUED + IN_DOUBT and set(api.taken.values()) == {1}


def assert_one_probe_in_ten_seconds(api):
    begun = api.posts[0][0] + MINUTE
    for sid in {sid for _at, sid, *_ in api.posts}:
        probes = [at for at, of, *_ in api.posts if of == sid and at > begun]
        assert 100 < len(probes) <= 114
        assert all(later - at >= rate_limit.PROBE_EVERY for at, later in pairwise(probes))
