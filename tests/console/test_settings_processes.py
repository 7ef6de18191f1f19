"""Processes that start with wrong settings, and what the documents say of settings."""

import re

import pytest
from django.core.checks import run_checks
from django.db import connection

from .environments import GOOD, ROOT, names_that_settings_reads, start

# --- real processes -------------------------------------------------------------------------------


def test_check_fails_and_names_wrong_settings():
    ended, said = start(
        "manage.py",
        "check",
        SECRET_KEY="",
        DATABASE_URL="postgre://console:canary-password@host/db",
    )
    assert ended == 1 and "Traceback" not in said
    assert (
        "console.SECRET_KEY" in said and "console.DATABASE_URL" in said and said.count("HINT:") == 2
    )
    assert "canary" not in said


def test_the_web_server_does_not_start_with_wrong_settings():
    ended, said = start(
        "-c", "import fallback_console.wsgi", FIELD_ENCRYPTION_KEYS="", CA_BUNDLE="/no/such/file"
    )
    assert ended == 1 and said.startswith("The console does not start.")
    assert "FIELD_ENCRYPTION_KEYS" in said and "CA_BUNDLE" in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("broker", "database", "words"),
    [
        (
            "",
            GOOD["DATABASE_URL"],
            "Celery needs CELERY_BROKER_URL. "
            "Without a broker, `manage.py dispatch` does the same work.",
        ),
        ("redis://127.0.0.1/0", "sqlite:////tmp/none.sqlite3", "the database is SQLite"),
    ],
)
def test_a_celery_worker_without_broker_or_with_sqlite_does_not_start(broker, database, words):
    worker = ["-m", "celery", "--app", "fallback_console.celery", "worker"]
    ended, said = start(*worker, CELERY_BROKER_URL=broker, DATABASE_URL=database)
    assert ended == 1 and words in said and "Traceback" not in said


def test_the_web_server_starts_with_good_settings():
    assert start("-c", "import fallback_console.wsgi") == (0, "")


def test_a_production_like_environment_passes_djangos_deployment_checks():
    ended, said = start("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert ended == 0 and "no issues" in said


# --- what is written about them -------------------------------------------------------------------


def test_one_module_alone_reads_the_environment():
    python = [
        path for room in ["fallback_console", "invocations"] for path in (ROOT / room).rglob("*.py")
    ]
    readers = [
        path.name
        for path in python
        if re.search(r"os\.(environ|getenv)|environ\.Env", path.read_text())
    ]
    # celery.py and wsgi.py name the settings module.
    assert sorted(readers) == ["celery.py", "variables.py", "wsgi.py"]


def test_env_example_names_exactly_the_settings():
    assert (
        set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
        == names_that_settings_reads()
    )


def test_the_readme_names_exactly_the_settings():
    assert (
        set(re.findall(r"^\| *`([A-Z_]+)`", (ROOT / "README.md").read_text(), re.MULTILINE))
        == names_that_settings_reads()
    )


@pytest.mark.django_db
def test_migrate_shows_no_warning(settings):
    def warnings():
        return [each.id for each in run_checks(databases=["default"]) if not each.is_silenced()]

    assert warnings() == []
    settings.SILENCED_SYSTEM_CHECKS = []
    assert set(warnings()) == ({"models.W040"} if connection.vendor == "sqlite" else set())
