"""A database trigger that forgets the frozen counts of a part when one of its rows changes.

Rows change after they were final: a person settles an unknown outcome, a result comes late. A
trigger sees every such change, whoever makes it. It is created after every `migrate`, as those of
`models.immutable` are.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

_NAME = "part_counts_follow_rows"
_INVOCATION, _PART = "invocations_invocation", "invocations_batchpart"
_COLUMNS = ("status", "delivery", "deciding_channel")
_WAS_FINAL = "OLD.batch_id IS NOT NULL AND OLD.final_at IS NOT NULL AND OLD.delivery <> 'awaiting'"
# On PostgreSQL also if there are no counts yet: a process that is counting has locked the part, and
# the change then waits until the counts stand there to be forgotten.
_FORGET = (
    f"UPDATE {_PART} SET counts = NULL"  # noqa: S608  # nosec B608  # our table's name
    " WHERE batch_id = NEW.batch_id AND NEW.batch_row BETWEEN first_row AND last_row"
)
_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION {_NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_FORGET};
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS {_NAME} ON {_INVOCATION};
CREATE TRIGGER {_NAME} AFTER UPDATE OF {", ".join(_COLUMNS)} ON {_INVOCATION}
    FOR EACH ROW WHEN (({{changed}}) AND {_WAS_FINAL}) EXECUTE FUNCTION {_NAME}()"""
_SQLITE = f"""
DROP TRIGGER IF EXISTS {_NAME};
CREATE TRIGGER {_NAME} AFTER UPDATE OF {", ".join(_COLUMNS)} ON {_INVOCATION}
    WHEN ({{changed}}) AND {_WAS_FINAL}
    BEGIN {_FORGET} AND counts IS NOT NULL; END"""


def create_trigger(using: str, **kwargs: Any) -> None:
    """Receiver of `post_migrate`."""
    connection = connections[using]
    if _PART not in connection.introspection.table_names():
        return  # after a migration to an earlier state
    is_postgresql = connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if is_postgresql else "IS NOT"
    changed = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in _COLUMNS)
    with connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute(_POSTGRESQL.format(changed=changed))
            return
        drop, _, create = _SQLITE.format(changed=changed).partition(";")
        cursor.execute(drop)
        cursor.execute(create)
