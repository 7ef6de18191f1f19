"""Bytes of a file become encrypted chunks as they come, and touch no disk in clear."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory

from invocations.batches import upload
from invocations.batches.change import refusal_of
from invocations.batches.recipient_file import LIMITS, FileRefused
from invocations.batches.upload import (
    ChunkStream,
    UploadOver,
    add_chunk,
    begin,
    complete,
    take_in,
)
from invocations.batches.upload_handler import BatchUploadHandler
from invocations.models import Batch, BatchChunk, WorkflowInstance
from invocations.models.encryption import running_digests

State = Batch.State
CONTENT = b"Phone,01\r\n919876512340,Asha\r\n"
pytestmark = pytest.mark.django_db


def test_bytes_come_back_as_they_came(workflow: WorkflowInstance, monkeypatch) -> None:
    monkeypatch.setattr(upload, "CHUNK_BYTES", 7)
    batch = take_in(workflow, None, "a.csv", io.BytesIO(CONTENT))
    assert batch.chunks.count() == 5
    assert io.BufferedReader(ChunkStream(batch)).read() == CONTENT
    assert (batch.state, batch.size) == (State.CHECKING, len(CONTENT))


def test_the_same_content_has_the_same_digest_however_it_came(workflow: WorkflowInstance) -> None:
    first = take_in(workflow, None, "a.csv", io.BytesIO(CONTENT))
    second = begin(workflow, None, "other name.csv")
    add_chunk(second, 0, CONTENT[:4])
    add_chunk(second, 1, CONTENT[4:])
    assert complete(second)
    assert first.content_digest == second.content_digest != ""
    other = take_in(workflow, None, "a.csv", io.BytesIO(CONTENT + b"\n"))
    assert other.content_digest != first.content_digest


def test_a_file_of_before_the_lookup_key_is_known_again(workflow: WorkflowInstance) -> None:
    of_key_before = running_digests(upload.CONTENT_DIGEST)[-1]
    of_key_before.update(CONTENT)
    before = take_in(workflow, None, "a.csv", io.BytesIO(b"other"))
    Batch.objects.filter(pk=before.pk).update(content_digest=of_key_before.hexdigest())
    again = take_in(workflow, None, "a.csv", io.BytesIO(CONTENT))
    before.refresh_from_db()
    assert before.content_digest == again.content_digest


def test_a_file_is_complete_once(workflow: WorkflowInstance) -> None:
    batch = take_in(workflow, None, "a.csv", io.BytesIO(CONTENT))
    assert not complete(batch)
    with pytest.raises(UploadOver):
        add_chunk(batch, 9, b"more")
    assert batch.chunks.count() == 1


def test_a_file_that_is_too_large_is_refused_and_not_kept(workflow, monkeypatch) -> None:
    monkeypatch.setattr(upload, "CHUNK_BYTES", 10)
    monkeypatch.setattr(upload, "LIMITS", replace(LIMITS, most_bytes=20))
    batch = take_in(workflow, None, "a.csv", io.BytesIO(CONTENT))
    refusal = refusal_of(Batch.objects.get(pk=batch.pk))
    assert isinstance(refusal, FileRefused) and refusal.code == "too_large"
    assert batch.state == State.REFUSED
    assert not BatchChunk.objects.exists()


def uploading(workflow: WorkflowInstance, *files: SimpleUploadedFile) -> HttpRequest:
    request = RequestFactory().post("/", {"file": files, "sheet": "x"})
    request.handler = BatchUploadHandler(request, workflow, None)
    request.upload_handlers = [request.handler]
    return request


def test_an_upload_goes_into_chunks_and_into_no_temporary_file(workflow, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.NamedTemporaryFile", None)
    content = CONTENT + b"919876512341,Bo\r\n" * 300_000
    request = uploading(workflow, SimpleUploadedFile("people.csv", content))
    batch = request.FILES["file"].batch
    assert request.POST["sheet"] == "x"
    assert (batch.state, batch.file_name) == (State.CHECKING, "people.csv")
    assert batch.chunks.count() == 6
    assert io.BufferedReader(ChunkStream(batch)).read() == content


def test_the_first_of_several_files_is_taken(workflow: WorkflowInstance) -> None:
    files = [SimpleUploadedFile(name, CONTENT) for name in ("one.csv", "two.csv")]
    request = uploading(workflow, *files)
    assert [file.name for file in request.FILES.getlist("file")] == ["one.csv"]
    assert Batch.objects.count() == 1


def test_an_upload_that_is_too_large_is_said_by_the_batch(workflow, monkeypatch) -> None:
    monkeypatch.setattr(upload, "LIMITS", replace(LIMITS, most_bytes=20))
    request = uploading(workflow, SimpleUploadedFile("people.csv", CONTENT))
    assert "file" not in request.FILES
    assert request.POST["sheet"] == "x"
    assert request.handler.batch.state == State.REFUSED


def test_an_upload_that_breaks_off_leaves_nothing(workflow: WorkflowInstance) -> None:
    request = uploading(workflow, SimpleUploadedFile("people.csv", CONTENT))
    assert request.FILES
    request.handler.upload_interrupted()
    assert not Batch.objects.exists()
    assert not BatchChunk.objects.exists()
