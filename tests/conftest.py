"""Shared fixtures: a practice pod that records requests, an account there, messages, people."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from invocations.kaleyra.client import ClientConnection
from invocations.kaleyra.payload import Send
from invocations.kaleyra.reply import Reply, read_reply
from invocations.models import (
    Account,
    ApiKey,
    Channel,
    Heartbeat,
    Invocation,
    Pod,
    TrailRow,
    WorkflowInstance,
)
from invocations.monitoring import trail_watch
from invocations.results import pending_worker
from invocations.sandbox import PRACTICE_SID
from invocations.sandbox.server import PracticePod
from invocations.sending.record import record
from tests.emptied_tables import all_rows, tables_given_back
from tests.processes import manage as manage
from tests.processes import process as process

ROOT = Path(__file__).parent.parent
PASSWORD = "correct horse battery"
KEY = "practice-canary0canary0canary0c0fe"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselects the tests for PostgreSQL, instead of skipping them, when the tests run on SQLite.

    `make test` runs them on both.
    """
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        only = [item for item in items if item.get_closest_marker("postgres")]
        config.hook.pytest_deselected(items=only)
        items[:] = [item for item in items if item not in only]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in production: threads and other processes use it, and tests read it."""
    for database in settings.DATABASES.values():
        if database["ENGINE"] == "django.db.backends.sqlite3":
            database.setdefault("TEST", {})["NAME"] = str(
                tmp_path_factory.mktemp("database") / "console.sqlite3"
            )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database, with the pods and groups of the migrations, for every test."""
    with django_db_blocker.unblock():
        as_migrated = all_rows()
    with tables_given_back(as_migrated):
        yield


@pytest.fixture(autouse=True)
def no_reader_of_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread of this process reads results: a test says when (`stored_results`)."""
    monkeypatch.setattr(pending_worker, "wake", lambda: None)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """What a page keeps for some seconds is not of the test before."""
    cache.clear()


@pytest.fixture(autouse=True)
def dispatcher_state(tmp_path: Path, settings: Any) -> Path:
    """A folder of its own for the dispatcher's mark: each test has another database, in effect."""
    settings.DISPATCHER_STATE_DIR = tmp_path
    trail_watch._Seen.head = None
    return tmp_path


@pytest.fixture
def receiver() -> Iterator[PracticePod]:
    """A practice pod in place of Kaleyra.

    Tests count what it `received` and `accepted`, and not our own rows.
    """
    with PracticePod(slow_seconds=0.3, silent_seconds=0.3) as pod:
        yield pod


@pytest.fixture
def account(db: None, receiver: PracticePod) -> Account:
    """At the receiver, with a key."""
    pod = Pod.objects.create(code="PRACTICE", title="Practice pod", api_domain=receiver.api_domain)
    account = Account.objects.create(title="Acme", pod=pod, sid=PRACTICE_SID)
    ApiKey.objects.create(account=account, title="console", key=KEY, is_primary=True)
    return account


@pytest.fixture
def workflow(account: Account) -> WorkflowInstance:
    """WhatsApp, then SMS; one value each."""
    workflow = WorkflowInstance.objects.create(
        account=account,
        title="Order delayed",
        workflow_instance_id="00112233-4455-6677-8899-aabbccddeeff",
    )
    Channel.objects.create(
        workflow_instance=workflow, position=1, kind="whatsapp", template_text="Hello {{1}}"
    )
    Channel.objects.create(
        workflow_instance=workflow, position=2, kind="sms", template_text="Hello {#var#}"
    )
    return workflow


@pytest.fixture
def recorded(workflow: WorkflowInstance) -> Callable[..., Invocation]:
    """recorded("429"): a queued row; its number chooses the answer (docs/practice-pod.md)."""

    def recorded(code: str = "202", **changes: Any) -> Invocation:
        sends = [Send(f"919876543{code}", {"01": "Asha"})] * 2
        options: dict[str, Any] = {"request_id": uuid.uuid4(), "created_by": None} | changes
        return record(workflow, sends, **options)[0]

    return recorded


@pytest.fixture
def background_sender(db: None) -> None:
    """The background sender has just given a sign of life. Without it none is running."""
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": timezone.now()})


@pytest.fixture
def refusing_trail(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no row of the trail can be written."""

    def refuse(row: TrailRow, **kwargs: Any) -> None:
        raise IntegrityError("the trail is only added to")

    monkeypatch.setattr(TrailRow, "save", refuse)


@pytest.fixture
def kaleyra_says(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """kaleyra_says(400, {"success": False}): the answer to each later request.

    An exception in place of the status is raised. kaleyra_says.stop(): the receiver answers again.
    """

    def says(
        status: int | Exception,
        content: dict[str, Any] | bytes = b"",
        complete: bool = True,
        **headers: str,
    ) -> None:
        def invoke(
            self: ClientConnection, workflow_instance_id: str, request_id: str, body: str
        ) -> Reply:
            if isinstance(status, Exception):
                raise status
            given = (
                json.dumps({"requestId": request_id, **content}).encode()
                if isinstance(content, dict)
                else content
            )
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return read_reply(
                status, given, request_id=request_id, headers=named, complete=complete
            )

        monkeypatch.setattr(ClientConnection, "invoke", invoke)

    real = ClientConnection.invoke
    says.stop = lambda: monkeypatch.setattr(ClientConnection, "invoke", real)  # type: ignore[attr-defined]
    return says


# --- people everyone knows, each signed in with a browser of their own ----------------------------


def signed_in(username: str, *groups: str, further: tuple[str, ...] = (), **kwargs: bool) -> Client:
    """The browser of somebody who is signed in. `further`: rights of their own."""
    person = User.objects.create_user(username, password=PASSWORD, is_staff=True, **kwargs)
    person.groups.set(Group.objects.filter(name__in=groups))
    person.user_permissions.set(Permission.objects.filter(codename__in=further))
    client = Client()
    client.force_login(person)
    client.person = person  # type: ignore[attr-defined]
    return client


def sign_in_again(client: Client) -> None:
    """After their rights were changed, which ends every session of a person."""
    client.force_login(User.objects.get(pk=client.person.pk))  # type: ignore[attr-defined]


@pytest.fixture
def priya(db: None) -> Client:
    """Support, who may send files, send again and cancel what others sent: as before the roles."""
    further = ("send_again", "cancel_of_others")
    return signed_in("priya", "Support", "Bulk sender", further=further)


@pytest.fixture
def rosa(db: None) -> Client:
    """Reviewer."""
    return signed_in("rosa", "Reviewer")


@pytest.fixture
def ada(db: None) -> Client:
    """Admin."""
    return signed_in("ada", "Admin")


@pytest.fixture
def sven(db: None) -> Client:
    """Superuser."""
    return signed_in("sven", is_superuser=True)


@pytest.fixture
def nina(db: None) -> Client:
    """Signs in, and may nothing."""
    return signed_in("nina")
