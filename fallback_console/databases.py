"""Connection options that make a commit survive a crash, for SQLite and for PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"

SQLITE_OPTIONS = {
    # IMMEDIATE and a timeout (seconds): writers queue instead of failing: "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL: a commit survives a power cut (SQLite documentation, "PRAGMA synchronous").
    # recursive_triggers: INSERT OR REPLACE fires the trigger that refuses to delete a row of the
    # trail (SQLite documentation, "The REPLACE conflict resolution").
    # secure_delete: what is deleted is overwritten with zeros, and not left in freed pages.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        " PRAGMA recursive_triggers=ON; PRAGMA secure_delete=ON;"
    ),
}

# Each thread of the web server keeps its connection for a minute and tests it before each use.
POSTGRESQL_CONNECTION = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
CONNECT_TIMEOUT_SECONDS = 5

POSTGRESQL_SERVER_OPTIONS = " ".join(
    [
        # A process that freezes inside a transaction loses its row locks after a minute.
        "-c idle_in_transaction_session_timeout=60s",
        # A commit survives a crash, whatever the server's own setting.
        "-c synchronous_commit=on",
    ]
)


def beside_database(database: dict[str, Any], *, otherwise: Path) -> Path:
    """The folder of the SQLite file, or `otherwise`."""
    is_file = database["ENGINE"] == SQLITE and str(database["NAME"]).startswith("/")
    return Path(database["NAME"]).parent if is_file else otherwise


def with_durable_commits(database: dict[str, Any]) -> dict[str, Any]:
    """`database` (one value of Django's DATABASES) with our options for its engine.

    PostgreSQL: options in the URL are kept and win, except for the two of
    `POSTGRESQL_SERVER_OPTIONS`: they come last, and a later `-c` overrides an earlier one.
    """
    if database["ENGINE"] == SQLITE:
        return database | {"OPTIONS": dict(SQLITE_OPTIONS)}
    given = database.get("OPTIONS", {})
    server_options = f"{given.get('options', '')} {POSTGRESQL_SERVER_OPTIONS}".strip()
    options = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **given, "options": server_options}
    return POSTGRESQL_CONNECTION | database | {"OPTIONS": options}
