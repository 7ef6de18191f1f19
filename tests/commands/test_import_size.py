"""`manage.py import_batch` refuses a file that is too large before it reads its rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from invocations.management.commands import import_batch

pytestmark = pytest.mark.django_db


def test_a_file_that_is_too_large_is_refused_unread(
    workflow, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_batch, "dry_check", None)
    path = tmp_path / "people.csv"
    with path.open("wb") as file:
        file.truncate(100_000_001)
    with pytest.raises(SystemExit) as ended:
        call_command("import_batch", str(path), "--workflow", workflow.title, "--check", "--json")
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["refused"] == "too_large"
