"""The request IDs of rows: always the same, in order, and not to be guessed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from invocations.batches.request_ids import RequestIds, whole_milliseconds
from invocations.models import Batch
from tests.batches.built import running_batch

AT = datetime(2026, 11, 28, 14, 24, 0, 123_000, tzinfo=UTC)


def _batch(**changes: object) -> Batch:
    columns = {"uid": uuid.UUID(int=7), "secret": "secret", "started_at": AT}
    return Batch(**(columns | changes))  # type: ignore[arg-type]


def test_a_row_has_the_same_id_whenever_it_is_asked_for():
    assert RequestIds(_batch()).of(88) == RequestIds(_batch()).of(88)


def test_ids_are_uuids_of_version_8_with_the_millisecond_of_the_start():
    request_id = RequestIds(_batch()).of(88)
    assert (request_id.version, request_id.variant) == (8, uuid.RFC_4122)
    assert request_id.int >> 80 == round(AT.timestamp() * 1000)


def test_ids_stand_in_the_order_of_the_rows():
    ids = RequestIds(_batch())
    rows = [1, 2, 999, 1 << 20, (1 << 20) + 1, 4_000_000_000]
    found = [ids.of(row) for row in rows]
    assert found == sorted(found)
    assert len(set(found)) == len(rows)


@pytest.mark.parametrize(
    "change",
    [{"secret": "other"}, {"uid": uuid.UUID(int=8)}, {"started_at": AT + timedelta(days=1)}],
)
def test_another_batch_has_other_ids(change: dict[str, object]):
    assert RequestIds(_batch(**change)).of(88) != RequestIds(_batch()).of(88)


def test_a_batch_that_has_not_started_has_no_ids():
    with pytest.raises(ValueError, match="not started"):
        RequestIds(_batch(started_at=None))


def test_a_start_is_kept_in_whole_milliseconds():
    assert whole_milliseconds(AT + timedelta(microseconds=999)) == AT


@pytest.mark.django_db
def test_ids_stay_when_the_encryption_keys_change(workflow, settings):
    batch = running_batch(workflow)
    before = RequestIds(Batch.objects.get(pk=batch.pk)).of(2)
    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert RequestIds(Batch.objects.get(pk=batch.pk)).of(2) == before
