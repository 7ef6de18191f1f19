"""Patterns of an older version are named at `migrate` and `check --database`."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.checks.registry import Tags
from django.db import connection

from invocations.models import Parameter

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_pattern(workflow):
    def with_pattern(pattern):
        channel = workflow.channels.get(position=1)
        Parameter.objects.create(channel=channel, key="01", pattern=pattern)

    return with_pattern


def warnings():
    found = run_checks(tags=[Tags.database], databases=["default"])
    return [each for each in found if each.id == "console.W022"]


@pytest.mark.parametrize("pattern", ["(?=a)", "(", r"(a)\1"])
def test_a_pattern_that_cannot_be_read_is_named_with_its_workflow(with_pattern, pattern):
    with_pattern(pattern)
    [warning] = warnings()
    assert warning.msg == "The pattern of '01', send1 of 'Order delayed', cannot be read."
    assert "Nothing is sent" in warning.hint


def test_a_good_pattern_is_not_named(with_pattern):
    with_pattern("KF-[0-9]{5}")
    assert warnings() == []


def test_a_database_without_tables_is_no_error(monkeypatch):
    monkeypatch.setattr(connection.introspection, "table_names", lambda: [])
    assert warnings() == []


@pytest.mark.parametrize(
    ("pattern", "is_named"), [(r"\w+", True), (r"\d{6}", True), (r"\\w", False), ("[a-z]+", False)]
)
def test_the_migration_names_what_matches_less_than_before(with_pattern, capsys, pattern, is_named):
    with_pattern(pattern)
    migration = import_module("invocations.migrations.0022_patterns")
    migration.name_changed_patterns(apps, SimpleNamespace(connection=connection))
    assert ("'01' (send1 of 'Order delayed')" in capsys.readouterr().out) is is_named
