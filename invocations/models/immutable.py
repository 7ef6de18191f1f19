"""A database trigger that refuses to change what an invocation sends.

It is a trigger because a constraint cannot compare a row with its old values. It is created after
every `migrate` and not in a migration: SQLite copies a table that a later migration alters, without
its triggers.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

TABLE = "invocations_invocation"
COLUMNS = ("request_id", "payload", "payload_digest", "workflow_instance_id", "account_id")
REFUSAL = "What an invocation sends is immutable."

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION invocation_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER IF EXISTS invocation_is_immutable ON {table};
CREATE TRIGGER invocation_is_immutable BEFORE UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION invocation_is_immutable();
"""
_SQLITE = """
CREATE TRIGGER IF NOT EXISTS invocation_is_immutable BEFORE UPDATE OF {columns} ON {table}
    WHEN {changed} BEGIN SELECT RAISE(ABORT, '{refusal}'); END;
"""


def create_trigger(using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: creates the trigger unless it exists.

    An UPDATE of one of `COLUMNS` to another value then raises `IntegrityError`.
    """
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    is_postgresql = connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    statement = (_POSTGRESQL if is_postgresql else _SQLITE).format(
        table=TABLE,
        columns=", ".join(COLUMNS),
        changed=" OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in COLUMNS),
        refusal=REFUSAL,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
