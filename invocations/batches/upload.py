"""Takes a file in: its bytes become encrypted chunks as they come, and touch no disk in clear."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.change import change, refuse
from invocations.batches.recipient_file import LIMITS, FileRefused
from invocations.batches.trail_facts import facts_of
from invocations.models import Batch, BatchChunk, WorkflowInstance
from invocations.models.batches import part_place
from invocations.models.encryption import running_digests

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from django.contrib.auth.models import User

CHUNK_BYTES = 1_000_000
KEPT_UNSTARTED = timedelta(hours=24)
"""How long a file is kept that nobody starts."""
CONTENT_DIGEST = "batch content"
"""The purpose of the digests of files (`encryption.digests`)."""
State = Batch.State


class UploadOver(Exception):
    """The batch takes no further bytes: it is complete already, refused, or deleted."""


def begin(workflow: WorkflowInstance, by: User | None, file_name: str) -> Batch:
    """`file_name`: empty for pasted text."""
    return Batch.objects.create(
        workflow=workflow,
        account_id=workflow.account_id,
        created_by=by,
        file_name=file_name[-200:],
        delete_at=timezone.now() + KEPT_UNSTARTED,
    )


def add_chunk(batch: Batch, number: int, content: bytes) -> None:
    """`number`: from 0, in the file's order. Raises `FileRefused` (`too_large`), `UploadOver`."""
    chunk = BatchChunk(place=part_place(batch, number), batch=batch, number=number, content=content)
    with transaction.atomic():
        uploading = Batch.objects.filter(pk=batch.pk, state=State.UPLOADING)
        if not uploading.update(size=F("size") + len(content)):
            raise UploadOver
        chunk.save(force_insert=True)
    batch.size += len(content)
    if batch.size > LIMITS.most_bytes:
        refused = FileRefused("too_large", most=LIMITS.most_bytes)
        if refuse(batch, refused, Q(state=State.UPLOADING)):
            batch.chunks.all().delete()
        raise refused


def complete(batch: Batch, digests: Sequence[str] = ()) -> bool:
    """All bytes are here: it waits to be checked. False if it was complete or refused already.

    `digests`: if whoever took the bytes in has made them (`running_digests`).
    """
    digest, *of_old_keys = digests or _digests_of_chunks(batch)
    uploading = Q(state=State.UPLOADING)
    with transaction.atomic():
        is_taken = change(batch, uploading, state=State.CHECKING, content_digest=digest)
        if is_taken:
            # The same file, from before there was a lookup key.
            Batch.objects.filter(content_digest__in=of_old_keys).update(content_digest=digest)
            facts = {**facts_of(batch), "bytes": batch.size}
            record(verbs.BATCH_UPLOADED, by=batch.created_by, about=batch, facts=facts)
    return is_taken


def _digests_of_chunks(batch: Batch) -> list[str]:
    digests = running_digests(CONTENT_DIGEST)
    for content in chunks_of(batch):
        for digest in digests:
            digest.update(content)
    return [digest.hexdigest() for digest in digests]


class Intake:
    """Takes pieces of any size, stores chunks. Then `finish` it."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._digests = running_digests(CONTENT_DIGEST)
        self._pending = bytearray()
        self._number = 0

    def write(self, piece: bytes) -> None:
        """Raises `FileRefused` (`too_large`), `UploadOver`."""
        for digest in self._digests:
            digest.update(piece)
        self._pending += piece
        while len(self._pending) >= CHUNK_BYTES:
            self._store(bytes(self._pending[:CHUNK_BYTES]))
            del self._pending[:CHUNK_BYTES]

    def finish(self) -> bool:
        """As `complete`. Raises `FileRefused` (`too_large`), `UploadOver`."""
        if self._pending:
            self._store(bytes(self._pending))
            self._pending.clear()
        return complete(self.batch, [digest.hexdigest() for digest in self._digests])

    def _store(self, content: bytes) -> None:
        add_chunk(self.batch, self._number, content)
        self._number += 1


def take_in(workflow: WorkflowInstance, by: User | None, file_name: str, stream: BinaryIO) -> Batch:
    """All of `stream`, ready to be checked; refused if it is too large."""
    return fill(begin(workflow, by, file_name), stream)


def fill(batch: Batch, stream: BinaryIO) -> Batch:
    """As `take_in`, into a batch that was begun."""
    intake = Intake(batch)
    try:
        while piece := stream.read(CHUNK_BYTES):
            intake.write(piece)
        intake.finish()
    except FileRefused:
        pass  # the batch says so
    return batch


def chunks_of(batch: Batch) -> Iterator[bytes]:
    """In order, one query each: not two of them are in memory at once."""
    number = 0
    while chunk := BatchChunk.objects.filter(pk=part_place(batch, number)).first():
        yield chunk.content
        number += 1


class ChunkStream(io.RawIOBase):
    """The bytes of a batch's file, to be read once."""

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self._chunks = chunks_of(batch)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        target = memoryview(buffer).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        part, self._rest = self._rest[: len(target)], self._rest[len(target) :]
        target[: len(part)] = part
        return len(part)
