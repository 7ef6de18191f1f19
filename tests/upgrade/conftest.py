"""A database of the version before, migrated by this one. Each test uses a copy of its own.

The file is SQLite, whatever database the other tests run on, so it is tested once: `make
test-postgres` leaves this folder out.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import ConnectionHandler, connection, connections
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from fallback_console.databases import SQLITE, with_durable_commits
from invocations.kaleyra.client import ClientConnection
from invocations.kaleyra.reply import Reply, read_reply

FOLDER = Path(__file__).parent
BEFORE: dict[str, Any] = json.loads((FOLDER / "before.json").read_text(encoding="utf-8"))
DUMP = FOLDER / "before.sql"


@contextmanager
def _default_database(path: Path) -> Iterator[None]:
    """Makes the SQLite file at `path` the default database, for threads that start here too."""
    database = with_durable_commits({"ENGINE": SQLITE, "NAME": str(path)})
    complete = ConnectionHandler({"default": database}).settings["default"]
    usual_connection = connections["default"]
    ContentType.objects.clear_cache()  # each database numbers them differently
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections.settings, "default", complete)
        del connections["default"]
        try:
            yield
        finally:
            connection.close()
            connections["default"] = usual_connection
            ContentType.objects.clear_cache()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Path:
    """The file of the version before after `manage.py migrate`."""
    path = tmp_path_factory.mktemp("before") / "console.sqlite3"
    secrets = override_settings(**BEFORE["settings"])
    with django_db_blocker.unblock(), _default_database(path), secrets:
        connection.ensure_connection()  # with Django's function REGEXP, for the constraints
        connection.connection.executescript(DUMP.read_text(encoding="utf-8"))
        call_command("migrate", verbosity=0)
    return path


@pytest.fixture
def before(
    migrated: Path, tmp_path: Path, settings: Any, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """This version five minutes later, with the database and the secrets of the version before."""
    copy = Path(shutil.copy(migrated, tmp_path / "console.sqlite3"))
    settings.EXPORTS_DIR = tmp_path / "exports"
    for name, value in BEFORE["settings"].items():
        setattr(settings, name, value)
    now = datetime.fromisoformat(BEFORE["now"])
    with django_db_blocker.unblock(), _default_database(copy), time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def signed_in(before: None) -> Callable[[str], Client]:
    """signed_in("ada"): a browser in which ada has signed in to this version."""

    def signed_in(username: str) -> Client:
        client = Client()
        if username != "anonymous":
            client.force_login(User.objects.get(username=username))
        return client

    return signed_in


@pytest.fixture
def ada(signed_in: Callable[[str], Client]) -> Client:
    """Support."""
    return signed_in("ada")


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The request ID of each request to Kaleyra. All are accepted, and none leaves this machine."""
    request_ids: list[str] = []

    def invoke(
        self: ClientConnection, workflow_instance_id: str, request_id: str, body: str
    ) -> Reply:
        request_ids.append(request_id)
        accepted = {
            "requestId": request_id,
            "success": True,
            "status": 202,
            "workflowInvocationId": f"Later{len(request_ids)}",
            "executionStatus": "ACCEPTED",
        }
        return read_reply(202, json.dumps(accepted).encode(), request_id=request_id)

    monkeypatch.setattr(ClientConnection, "invoke", invoke)
    return request_ids
