"""Liveness, readiness and metrics. They hold no personal data."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import Account, CallbackAddress, Heartbeat, Incident, Invocation
from invocations.monitoring import metrics
from invocations.monitoring.sweep import sweep
from invocations.sending.departure import last_sweep
from invocations.views.monitoring import health
from tests.conftest import KEY

TOKEN = "a-token-of-more-than-twenty-characters"
pytestmark = pytest.mark.django_db


@pytest.fixture
def scraped(client, settings):
    """scraped(): name with labels -> value, as Prometheus reads it."""
    settings.METRICS_TOKEN = TOKEN

    def scrape():
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
        return {
            name.removeprefix("fallback_console_"): float(value)
            for name, value in (line.rsplit(" ", 1) for line in lines)
        }

    return scrape


def test_without_a_token_in_the_settings_there_is_no_such_page(client):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"]
)
def test_another_token_reads_nothing(client, settings, shown):
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"Authorization": shown})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert b"fallback" not in answer.content


def test_an_empty_console(scraped):
    found = scraped()
    assert found.pop("recorded_total") == 0 and set(found.values()) == {0}
    assert "dispatcher_seen_seconds" not in found and "callback_seen_seconds" not in found


def test_waiting_messages_are_counted_with_their_age(scraped, recorded, account):
    now = timezone.now()
    columns = [
        {"status": "queued", "due_at": now - timedelta(minutes=5)},
        {"status": "unknown", "due_at": None, "created_at": now - timedelta(minutes=30)},
        {"status": "held", "due_at": None},
    ]
    for each in columns:
        Invocation.objects.filter(pk=recorded().pk).update(**each)
    Heartbeat.objects.create(pk=1, at=now - timedelta(seconds=90))
    CallbackAddress.objects.create(
        account=account,
        token="t",
        secret="s",
        token_digest="d",
        last_used_at=now - timedelta(hours=1),
    )
    Incident.objects.create(kind="unknown", account=account, opened_at=now, last_at=now)
    found = scraped()
    assert found["queue_age_seconds"] == pytest.approx(300, abs=5)
    assert found["oldest_unknown_seconds"] == pytest.approx(1800, abs=5)
    assert found["dispatcher_seen_seconds"] == pytest.approx(90, abs=5)
    assert found["callback_seen_seconds"] == pytest.approx(3600, abs=5)
    assert (found["due"], found["unknown"], found["held"], found["callbacks_unmatched"]) == (
        1,
        1,
        1,
        0,
    )
    assert found['incidents_open{kind="unknown"}'] == 1
    assert found['incidents_open{kind="paused"}'] == 0
    assert found['last_hour{status="held"}'] == 1
    assert found["recorded_total"] == Invocation.objects.latest("pk").pk


def test_messages_of_a_paused_account_are_not_in_the_queue(scraped, recorded):
    Invocation.objects.filter(pk=recorded().pk).update(due_at=timezone.now() - timedelta(hours=1))
    Account.objects.update(is_paused=True)
    found = scraped()
    assert (
        found["queue_age_seconds"],
        found["due"],
        found["paused_accounts"],
        found["paused_workflows"],
    ) == (0, 0, 1, 0)


def test_messages_of_a_paused_workflow_are_not_in_the_queue(scraped, recorded, workflow):
    Invocation.objects.filter(pk=recorded().pk).update(due_at=timezone.now() - timedelta(hours=1))
    type(workflow).objects.update(is_paused=True)
    found = scraped()
    assert (found["queue_age_seconds"], found["due"], found["paused_workflows"]) == (0, 0, 1)


def test_counts_are_capped(scraped, recorded, monkeypatch):
    monkeypatch.setattr(metrics, "COUNT_CAP", 2)
    for _ in range(3):
        Invocation.objects.filter(pk=recorded().pk).update(status="held")
    with CaptureQueriesContext(connection) as queries:
        assert scraped()["held"] == 2
    assert len(queries) < 30


def test_every_line_is_of_the_format_and_names_nobody(client, settings, recorded, account):
    settings.METRICS_TOKEN = TOKEN
    recorded()
    said = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    line = re.compile(r'(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[a-z_]+"\})? [0-9.e+]+)')
    assert said.endswith("\n") and all(line.fullmatch(each) for each in said.splitlines())
    assert not any(
        secret in said for secret in (KEY, "9876543202", account.title, account.sid, TOKEN)
    )


# --- Liveness and readiness -----------------------------------------------------------------------


def test_ready_means_that_the_database_has_every_migration(client, monkeypatch):
    health._check_migrations.cache_clear()
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
    health._check_migrations.cache_clear()
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan",
        lambda self, targets: ["one"],
    )
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"migrations are missing\n")
    assert client.get("/healthz").status_code == 200


def test_without_a_database_it_is_alive_but_not_ready(client, monkeypatch):
    def gone(*args):
        raise DatabaseError("canary-password")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", gone)
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"database not ready\n")


def test_every_sweep_records_a_heartbeat():
    before = timezone.now()
    sweep()
    assert last_sweep() >= before
    Heartbeat.objects.update(at=before - timedelta(minutes=5))
    sweep()
    assert last_sweep() >= before and Heartbeat.objects.count() == 1
