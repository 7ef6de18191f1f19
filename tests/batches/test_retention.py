"""What files hold is deleted when its time is over; the counts of a batch stay."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.batches.choosing import choose_columns
from invocations.batches.column_json import Choice
from invocations.batches.retention import delete_old
from invocations.batches.upload import begin
from invocations.models import Batch, BatchChunk, BatchPart, TrailRow
from tests.batches.uploads import PHONE, checked, csv_of

State = Batch.State
DAY = timedelta(hours=24, minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(workflow) -> Batch:
    return checked(workflow, csv_of(f"{PHONE},Asha"))


def start(batch: Batch, state: State, delete_at) -> None:
    Batch.objects.filter(pk=batch.pk).update(
        state=state, started_at=timezone.now(), delete_at=delete_at
    )


def test_a_file_that_nobody_starts_is_deleted_after_a_day(batch: Batch) -> None:
    now = timezone.now()
    assert delete_old(now) == 0
    assert Batch.objects.exists()
    assert delete_old(now + DAY) == 1
    for model in (Batch, BatchChunk, BatchPart):
        assert not model.objects.exists()


def test_an_upload_that_broke_off_is_deleted_too(workflow) -> None:
    begin(workflow, None, "a.csv")
    assert delete_old(timezone.now() + DAY) == 1
    assert not Batch.objects.exists()


def test_a_file_that_somebody_works_on_is_kept(batch: Batch) -> None:
    Batch.objects.update(delete_at=timezone.now() + timedelta(minutes=1))
    batch.refresh_from_db()
    choose_columns(batch, Choice())
    assert delete_old(timezone.now() + timedelta(hours=23)) == 0


def test_the_uploaded_bytes_go_once_the_batch_is_started(batch: Batch) -> None:
    now = timezone.now()
    start(batch, State.RUNNING, now + DAY)
    assert delete_old(now) == 1
    assert not BatchChunk.objects.exists()
    assert BatchPart.objects.exists()
    assert delete_old(now + 2 * DAY) == 0  # it has not ended
    assert BatchPart.objects.exists()


def test_rows_and_texts_go_after_the_end_and_counts_stay(batch: Batch) -> None:
    now = timezone.now()
    start(batch, State.DONE, now + DAY)
    batch.approvals.create(lapses_at=now, state="refused", reason="Asha has moved")
    delete_old(now)
    assert delete_old(now + 2 * DAY) == 1
    assert batch.approvals.get().reason == ""
    assert TrailRow.objects.filter(verb="batch_emptied", about_id=str(batch.pk)).exists()
    batch.refresh_from_db()
    assert (batch.file_name, batch.found, batch.columns, batch.reading) == ("", "{}", "{}", "{}")
    assert batch.rows == 1
    assert not BatchPart.objects.exists()
    assert delete_old(now + 2 * DAY) == 0
