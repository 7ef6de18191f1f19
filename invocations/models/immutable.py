"""Database triggers that refuse to change what an invocation sends, where it was posted to, and
notes.

The payload is not among the columns: it is removed when its time is over (`privacy`), and
`payload_digest`, which stays, tells whether it is still the same.

They are triggers because a constraint cannot compare a row with its old values. They are created
after every `migrate` and not in a migration: SQLite copies a table that a later migration alters,
without its triggers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connections, transaction

REFUSAL = "What an invocation sends, and a note, is immutable."


class _Trigger(NamedTuple):
    """Refuses an UPDATE of `table` that changes one of `columns`.

    `only_if`: SQL; a change of `columns` for which it is false passes. `unless_run`: within
    `a_run_may_change` it passes too.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    only_if: str = "TRUE"
    unless_run: bool = False


_TRIGGERS = (
    _Trigger(
        "invocation_is_immutable",
        "invocations_invocation",
        (
            *("request_id", "workflow_instance_id", "account_id"),
            *("batch_id", "batch_row"),
        ),
    ),
    # It pins the payload, which a change of encryption keys writes anew and retention removes: no
    # other text is posted (`sending.attempt`). `digest_run` alone makes it anew, with another key.
    _Trigger(
        "invocation_digest_is_immutable",
        "invocations_invocation",
        ("payload_digest",),
        unless_run=True,
    ),
    # The target follows the set-up while the message has certainly not left. A row of a version
    # that stored no target gets one later.
    _Trigger(
        "invocation_target_is_immutable",
        "invocations_invocation",
        ("target_id",),
        "OLD.target_id IS NOT NULL AND NOT (NEW.target_id IS NOT NULL"
        " AND OLD.status IN ('queued', 'held') AND OLD.doubtful_since IS NULL)",
    ),
    # When it leaves may change until it leaves (`sending.schedule`).
    _Trigger(
        "invocation_schedule_is_immutable",
        "invocations_invocation",
        ("not_before",),
        "NOT (OLD.status = 'queued' AND NEW.status = 'queued' AND OLD.doubtful_since IS NULL)",
    ),
    _Trigger(
        "schedule_change_is_immutable",
        "invocations_schedulechange",
        ("invocation_id", "was", "becomes", "changed_by_id", "changed_at"),
    ),
    _Trigger(
        "attempt_is_immutable",
        "invocations_attempt",
        ("invocation_id", "number", "api_key_id", "api_key_last_four"),
    ),
    _Trigger(
        "attempt_target_is_immutable",
        "invocations_attempt",
        ("target_id",),
        "OLD.target_id IS NOT NULL",
    ),
    _Trigger(
        "target_is_immutable",
        "invocations_target",
        ("id", "api_domain", "sid", "workflow_instance_id", "is_assumed"),
    ),
    _Trigger(
        "note_is_immutable",
        "invocations_note",
        ("id", "invocation_id", "author_id", "created_at"),
    ),
    # Retention removes it, and `rotate_keys` encrypts it anew.
    _Trigger(
        "note_text_is_immutable",
        "invocations_note",
        ("text",),
        "NEW.text IS NOT NULL",
        unless_run=True,
    ),
)
_NOT_REPLACED = (
    ("invocations_invocation", ("id", "request_id")),
    ("invocations_schedulechange", ("id",)),
    ("invocations_attempt", ("id",)),
    ("invocations_target", ("id",)),
    ("invocations_note", ("id",)),
)
"""SQLite's `INSERT OR REPLACE` is no UPDATE: an insert over a row with the same key is refused.

A row may be deleted, and then it is another one: what is kept no longer is deleted.
"""
_REPLACE = (
    "DROP TRIGGER IF EXISTS {name}",
    """
CREATE TRIGGER {name} BEFORE INSERT ON {table}
    WHEN {same} BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
)
_POSTGRESQL = (
    """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation';
END $$""",
    "DROP TRIGGER IF EXISTS {name} ON {table}",
    """
CREATE TRIGGER {name} BEFORE UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN (({changed}) AND {only_if}) EXECUTE FUNCTION {name}()""",
)
_SQLITE = (
    "DROP TRIGGER IF EXISTS {name}",
    """
CREATE TRIGGER {name} BEFORE UPDATE OF {columns} ON {table}
    WHEN ({changed}) AND {only_if} BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
)


def create_triggers(using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: creates the triggers anew.

    An UPDATE that one of them refuses raises `IntegrityError`.
    """
    connection = connections[using]
    tables = connection.introspection.table_names()
    for trigger in _TRIGGERS:
        if trigger.table in tables and _has_columns(connection, trigger):
            _create(connection, trigger)
    if connection.vendor == "sqlite":
        for table, keys in _NOT_REPLACED:
            if table in tables:
                _refuse_replacing(connection, table, keys)


def _refuse_replacing(connection: Any, table: str, keys: tuple[str, ...]) -> None:
    same = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608
        for key in keys
    )
    with connection.cursor() as cursor:
        for statement in _REPLACE:
            name = f"{table}_is_not_replaced"
            cursor.execute(statement.format(name=name, table=table, same=same, refusal=REFUSAL))


def _has_columns(connection: Any, trigger: _Trigger) -> bool:
    """False after a migration to an earlier state, which has neither."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM {trigger.table} LIMIT 0"  # noqa: S608  # nosec B608  # our table's name
        )
        return {column[0] for column in cursor.description}.issuperset(trigger.columns)


_RUNS = "current_setting('console.a_run_may_change', true) IS DISTINCT FROM 'yes'"


@contextmanager
def a_run_may_change(using: str) -> Iterator[None]:
    """A transaction of a run over all rows, which may change what a trigger guards `unless_run`.

    For others it stays immutable.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('console.a_run_may_change', 'yes', true)")
            yield
            return
        # SQLite has one writer: nobody else writes before the trigger is there again.
        guards = [each for each in _TRIGGERS if each.unless_run]
        for trigger in guards:
            cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}")
        yield
        for trigger in guards:
            _create(connection, trigger)


def is_guarded(table: str, column: str) -> bool:
    """Whether only a run may change it."""
    return any(each.unless_run for each in _TRIGGERS if (table, (column,)) == each[1:3])


def _create(connection: Any, trigger: _Trigger) -> None:
    is_postgresql = connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    only_if = trigger.only_if
    if is_postgresql and trigger.unless_run:
        only_if = f"({only_if}) AND {_RUNS}"
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if is_postgresql else _SQLITE:
            cursor.execute(
                statement.format(
                    name=trigger.name,
                    table=trigger.table,
                    columns=", ".join(trigger.columns),
                    changed=" OR ".join(
                        f"OLD.{column} {differs} NEW.{column}" for column in trigger.columns
                    ),
                    only_if=only_if,
                    refusal=REFUSAL,
                )
            )
