"""`manage.py batch_result`: writes the result file of a batch."""

from __future__ import annotations

import os
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.result_file import ResultGone, write_csv, write_xlsx
from invocations.batches.trail_facts import facts_of
from invocations.models import Batch
from invocations.models.viewer import Viewer

CSV, XLSX = "csv", "xlsx"


class Command(BaseCommand):
    help = (
        "Writes the result file of a batch: your columns, and what became of each row by now. "
        "Numbers and values are whole if the file was imported from the command line."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("batch", metavar="BATCH", help="its ID, as import_batch prints it")
        parser.add_argument("--format", choices=[CSV, XLSX], default=CSV, help="default: csv")
        parser.add_argument(
            "--output", metavar="FILE", default="-", help="default: standard output"
        )

    def handle(self, *args: Any, batch: str, format: str, output: str, **options: Any) -> None:
        found = _batch(batch)
        facts = {**facts_of(found), "what": "batch", "whole_numbers": True}
        record(verbs.DOWNLOADED, by=None, about=found, facts=facts)
        try:
            if output == "-":
                self._print(found, format)
            else:
                with Path(output).open("wb") as file:
                    os.chmod(output, 0o600)  # it holds numbers
                    _write(found, format, file)
        except ResultGone:
            raise CommandError("The rows of this batch were deleted: its time is over.") from None
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}") from None

    def _print(self, batch: Batch, format: str) -> None:
        if format == XLSX and self.stdout.isatty():
            raise CommandError("A workbook is no text: name a file with --output, or use a pipe.")
        binary: BinaryIO | None = getattr(self.stdout, "buffer", None)
        if binary is not None:
            _write(batch, format, binary)
            binary.flush()
            return
        for piece in write_csv(batch, Viewer.operator()):
            self.stdout.write(piece.decode(), ending="")


def _write(batch: Batch, format: str, file: BinaryIO) -> None:
    write = write_csv if format == CSV else write_xlsx
    file.writelines(write(batch, Viewer.operator()))


def _batch(name: str) -> Batch:
    try:
        uid = uuid.UUID(name)
    except ValueError:
        raise CommandError(f"{name} is no ID of a batch.") from None
    batch = Batch.objects.filter(uid=uid).select_related("workflow", "version").first()
    if batch is None:
        raise CommandError(f"There is no batch {uid}.")
    return batch
