"""Other processes of the console, with the test's database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

ROOT = Path(__file__).parent.parent


@pytest.fixture
def process(dispatcher_state: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """process("-m", "celery", …): Python with the test's database.

    Needs a test that commits (`transaction=True`).
    """
    running: list[subprocess.Popen[str]] = []

    def process(*words: str, **env: str) -> subprocess.Popen[str]:
        database = connection.settings_dict
        address = "{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
        url = (
            f"sqlite:///{database['NAME']}"
            if connection.vendor == "sqlite"
            else f"postgres://{address}"
        )
        environment = (
            os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "TEST_DATABASE_URL": url,
                "PYTHONUNBUFFERED": "1",
                "TEST_DISPATCHER_STATE_DIR": str(dispatcher_state),
            }
            | env
        )
        pipes: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "start_new_session": True,
        }
        running.append(
            subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, **pipes)
        )
        return running[-1]

    yield process
    for process_ in running:
        with suppress(ProcessLookupError):
            os.killpg(process_.pid, signal.SIGKILL)  # and those that it started
        process_.communicate()


@pytest.fixture
def manage(process: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.Popen[str]]:
    """manage("invoke", …): a command of ours, as an operator starts it."""
    return partial(process, "manage.py")
