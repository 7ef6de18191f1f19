"""Files are checked by a process of its own, which the dispatcher starts."""

from __future__ import annotations

import threading

import pytest
from django.utils import timezone

from invocations.batches import checking
from invocations.batches.checking import claim, claim_check, run_worker
from invocations.models import Batch
from tests.batches.uploads import PHONE, csv_of, uploaded
from tests.waiting import until

State = Batch.State


def state_of(batch: Batch) -> str:
    return Batch.objects.values_list("state", flat=True).get(pk=batch.pk)


@pytest.mark.django_db
def test_a_worker_checks_all_that_waits(workflow) -> None:
    batches = [uploaded(workflow, csv_of(f"{PHONE},Asha")) for _ in range(3)]
    assert run_worker(threading.Event(), until_idle=True) == 3
    assert {state_of(batch) for batch in batches} == {State.CHECKED}


@pytest.mark.django_db
def test_a_check_that_fails_refuses_the_file_and_logs_no_cell(workflow, monkeypatch, caplog):
    def fail(self: object) -> None:
        raise ValueError("919876512340")

    monkeypatch.setattr("invocations.batches.check_run.CheckRun.run", fail)
    batch = uploaded(workflow, csv_of(f"{PHONE},Asha"))
    run_worker(threading.Event(), until_idle=True)
    assert state_of(batch) == State.REFUSED
    assert "ValueError" in caplog.text
    assert PHONE not in caplog.text


@pytest.mark.django_db
def test_a_worker_that_is_ended_gives_its_file_back(workflow, monkeypatch) -> None:
    def end(self: object) -> None:
        raise SystemExit(0)

    monkeypatch.setattr("invocations.batches.check_run.CheckRun.run", end)
    uploaded(workflow, csv_of(f"{PHONE},Asha"))
    with pytest.raises(SystemExit):
        run_worker(threading.Event(), until_idle=True)
    assert claim_check() is not None


@pytest.mark.django_db
def test_a_file_that_is_being_checked_does_not_wait(workflow) -> None:
    batch = uploaded(workflow, csv_of(f"{PHONE},Asha"))
    assert checking.waiting()
    assert claim(batch)
    assert not checking.waiting()
    Batch.objects.update(lease_until=timezone.now())
    assert checking.waiting()


@pytest.mark.django_db(transaction=True)
def test_the_dispatcher_has_files_checked(workflow, manage) -> None:
    manage("dispatch")
    batch = uploaded(workflow, csv_of(f"{PHONE},Asha"))
    until(lambda: state_of(batch) == State.CHECKED)


@pytest.mark.django_db(transaction=True)
def test_dispatch_once_checks_too(workflow, manage) -> None:
    batch = uploaded(workflow, csv_of(f"{PHONE},Asha"))
    assert manage("dispatch", "--once").wait(timeout=60) == 0
    assert state_of(batch) == State.CHECKED
