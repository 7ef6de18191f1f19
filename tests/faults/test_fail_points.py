"""A dispatcher that dies, or is frozen, at a chosen moment of an attempt. The receiver counts."""

import signal
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone

from invocations.models import Account, Attempt, Invocation
from invocations.monitoring.sweep import run_once
from invocations.sending.record import GRACE
from tests.faults.judge import judge
from tests.faults.receiver_process import ReceiverProcess
from tests.faults.worker import MOMENTS
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 120
BEFORE_ANYTHING_LEAVES = ["before_claim", "in_claim"]


@pytest.fixture
def dedupe():
    return "on"


@pytest.fixture
def receiver(tmp_path, dedupe):
    with ReceiverProcess(
        tmp_path / "received.jsonl", rate=0, refused=0, latency=0, dedupe=dedupe
    ) as receiver:
        yield receiver


@pytest.fixture
def three(recorded):
    """Three messages that are due."""
    ids = [str(recorded(f"{n:03d}").request_id) for n in range(3)]
    Invocation.objects.update(due_at=F("due_at") - GRACE)
    return ids


@pytest.fixture
def dies_at(process):
    def dies_at(moment):
        worker = process(
            "-m", "tests.faults.worker", "--die-at", moment, "--", "dispatch", "--threads", "1"
        )
        assert worker.wait(PATIENCE) == -signal.SIGKILL, worker.stderr.read()

    return dies_at


def another_takes_over():
    Invocation.objects.filter(status="sending").update(lease_until=timezone.now())
    run_once(width=2)


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_lost_and_nothing_is_sent_twice(moment, three, receiver, dies_at):
    dies_at(moment)
    another_takes_over()
    assert judge(three, receiver.received, dedupes=True).found == []
    assert set(Invocation.objects.values_list("status", flat=True)) == {"accepted"}


@pytest.mark.parametrize("dedupe", ["off"])
@pytest.mark.parametrize(
    "moment", ["in_claim", "after_claim", "full_body", "after_answer", "in_result"]
)
def test_with_the_policy_never_a_doubtful_message_is_shown_as_unknown(
    moment, three, receiver, dies_at
):
    Account.objects.update(retry_ambiguous="never")
    dies_at(moment)
    another_takes_over()
    assert judge(three, receiver.received, dedupes=False).found == []
    statuses = list(Invocation.objects.values_list("status", flat=True))
    assert set(statuses) <= {"accepted", "unknown"} and ("unknown" in statuses) is (
        moment not in BEFORE_ANYTHING_LEAVES
    )


@pytest.mark.parametrize(("moment", "requests"), [("after_claim", 1), ("full_body", 2)])
def test_a_worker_frozen_beyond_its_lease_sends_nothing_more_and_changes_no_verdict(
    moment, requests, recorded, receiver, process
):
    invocation = recorded()
    Invocation.objects.update(due_at=F("due_at") - GRACE)
    worker = process(
        "-m",
        "tests.faults.worker",
        "--hurry",
        "20",
        "--freeze-at",
        moment,
        "--",
        "dispatch",
        "--threads",
        "1",
    )
    until(
        lambda: Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T",
        PATIENCE,
    )
    until(
        lambda: Invocation.objects.filter(
            status="sending", lease_until__lt=timezone.now()
        ).exists(),
        PATIENCE,
    )
    run_once(width=1)
    settled = Invocation.objects.values().get()
    assert settled["status"] == "accepted"
    worker.send_signal(signal.SIGCONT)
    assert any("its answer came too late" in line for line in worker.stderr)
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    # A late answer may add Kaleyra's id, where the answer to the repetition did not name one.
    after = Invocation.objects.values().get()
    named = settled["workflow_invocation_id"] or after["workflow_invocation_id"]
    assert any(named in (attempt.reply or "") for attempt in Attempt.objects.all())
    assert after == settled | {"workflow_invocation_id": named}
    assert judge([str(invocation.request_id)], receiver.received, dedupes=True).found == []
    assert len(receiver.received) == requests
