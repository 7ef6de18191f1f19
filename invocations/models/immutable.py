"""What an invocation sends never changes: the database itself refuses it, whoever asks.

The rule is a trigger and no constraint, for a constraint cannot see what a row was before. It is laid after every `migrate` and
not in a migration: SQLite copies a table that a later migration alters, and leaves its triggers behind.
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


def lay_the_rule(using: str, **kwargs: Any) -> None:
    """Receives `post_migrate`: makes the trigger if it is not there. An update against it raises `IntegrityError`."""
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
