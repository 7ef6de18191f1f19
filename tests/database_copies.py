"""Copies of the test's database, and going back to one, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections


class DatabaseCopy:
    """The database as it is now. `restore` goes back to it. Needs a test that commits."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "copy.sqlite3"
        connections.close_all()
        if connection.vendor == "sqlite":
            _copy_file(Path(connection.settings_dict["NAME"]), self._path)
        else:
            name = connection.settings_dict["NAME"]
            _on_server(f'DROP DATABASE IF EXISTS "{name}_copy"')
            _on_server(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')

    def restore(self) -> None:
        connections.close_all()
        if connection.vendor == "sqlite":
            _copy_file(self._path, Path(connection.settings_dict["NAME"]))
            return
        name = connection.settings_dict["NAME"]
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')
        _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{name}_copy"')

    def drop(self) -> None:
        if connection.vendor == "postgresql":
            _on_server(f'DROP DATABASE IF EXISTS "{connection.settings_dict["NAME"]}_copy"')


def _copy_file(source: Path, target: Path) -> None:
    """As `sqlite3 source ".backup target"` does."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def _on_server(statement: str) -> None:
    given: dict[str, Any] = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    options = {name: given[key] for name, key in names.items() if given[key]}
    with psycopg.connect(dbname="postgres", autocommit=True, **options) as server:
        server.execute(statement)
