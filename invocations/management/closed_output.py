"""Output that nobody reads any more: `manage.py invoke … | head`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper


@contextmanager
def may_be_closed(output: OutputWrapper) -> Iterator[None]:
    """Drops what is written to `output` within, and later, once its reader has closed the pipe.

    What a command did stays done, and its exit code says so. Python flushes standard output as it
    ends, and would exit with 120.
    """
    try:
        yield
        output.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output.fileno())
        os.close(nowhere)
