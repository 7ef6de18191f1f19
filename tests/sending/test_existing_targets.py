"""Rows of the version before, which stored no target, and what the database refuses to change."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from invocations.models import (
    Attempt,
    Invocation,
    Target,
    WorkflowInstance,
)
from invocations.sending.deliver import deliver
from invocations.sending.outcomes import Status

from .moves import (
    forget_targets,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- what the database refuses --------------------------------------------------------------------


def refused(write):
    with pytest.raises(IntegrityError, match=r"immutable"), transaction.atomic():
        write()


@pytest.mark.parametrize(
    "status", [status for status in Status if status not in Invocation.UNSENT], ids=str
)
def test_the_target_of_a_message_that_has_left_cannot_change(recorded, status):
    row, other = recorded(), Target.stored(("api.example.com", "HXOTHER", "other"))
    lease = timezone.now() if status == Status.SENDING else None
    Invocation.objects.update(status=status, lease_until=lease)
    refused(lambda: Invocation.objects.update(target=other))
    refused(lambda: Invocation.objects.update(target=None))
    assert Invocation.objects.get().target == row.target


@pytest.mark.parametrize("status", Invocation.UNSENT, ids=str)
def test_the_target_of_a_waiting_message_changes_unless_it_is_in_doubt(recorded, status):
    recorded()
    other = Target.stored(("api.example.com", "HXOTHER", "other"))
    another = Target.stored(("api.example.com", "HXOTHER", "another"))
    Invocation.objects.update(status=status)
    Invocation.objects.update(target=other)
    refused(lambda: Invocation.objects.update(target=None))
    Invocation.objects.update(doubtful_since=timezone.now(), doubt_count=1)
    refused(lambda: Invocation.objects.update(target=another))


@pytest.mark.parametrize(
    ("column", "value"),
    [("number", 9), ("api_key_last_four", "0000"), ("api_key_id", None), ("target_id", None)],
)
def test_an_attempt_keeps_its_target_and_key(in_doubt, column, value):
    refused(lambda: Attempt.objects.update(**{column: value}))


@pytest.mark.parametrize("column", ["api_domain", "sid", "workflow_instance_id", "is_assumed"])
def test_a_target_never_changes(recorded, column):
    recorded()
    refused(lambda: Target.objects.update(**{column: True}))


# --- rows of the version before ------------------------------------------------------------------


def fill():
    """What the migration does with rows that have no target."""
    migration = import_module("invocations.migrations.0023_fill_targets")
    migration.fill(apps, SimpleNamespace(connection=connection))


def save(record, **values):
    """As an admin does, with an entry in the change history."""
    for name, value in values.items():
        setattr(record, name, value)
    record.save()


def test_existing_rows_get_the_set_up_of_their_time(recorded, account, workflow, other_pod):
    first = recorded("202")
    deliver(first.pk)
    save(workflow, workflow_instance_id="edited")
    second = recorded("203")
    deliver(second.pk)
    save(account, pod=other_pod)
    third = recorded("204")
    was = {row.pk: row.target.parts for row in Invocation.objects.select_related("target")}
    assert len(set(was.values())) == 3
    posted = {row.pk: row.target.parts for row in Attempt.objects.select_related("target")}
    forget_targets()
    fill()
    rows = Invocation.objects.select_related("target")
    assert {row.pk: row.target.parts for row in rows} == was
    assert {row.pk: row.target.parts for row in Attempt.objects.all()} == posted
    assert not any(row.target.is_assumed for row in rows)
    fill()
    deliver(third.pk)


def test_a_message_in_doubt_gets_the_target_of_its_first_doubt(
    in_doubt, account, workflow, other_pod, kaleyra_says
):
    first = in_doubt.target.parts
    save(account, pod=other_pod)
    forget_targets()
    Attempt.objects.create(
        invocation=in_doubt,
        number=2,
        started_at=timezone.now(),
        outcome="doubtful",
        reason="timeout",
        target=None,
    )
    fill()
    in_doubt.refresh_from_db()
    second = in_doubt.attempts.get(number=2).target.parts
    assert in_doubt.target.parts == first and second != first


def test_without_history_todays_set_up_is_taken_and_marked(in_doubt, workflow):
    WorkflowInstance.history.all().delete()
    forget_targets()
    WorkflowInstance.objects.update(workflow_instance_id="changed-in-the-shell")
    save(WorkflowInstance.objects.get(), workflow_instance_id="edited")  # the first entry
    fill()
    in_doubt.refresh_from_db()
    assert in_doubt.target.is_assumed and in_doubt.target.workflow_instance_id == "edited"


def test_filling_goes_on_where_it_was_interrupted(recorded, monkeypatch):
    migration = import_module("invocations.migrations.0023_fill_targets")
    monkeypatch.setattr(migration, "BATCH", 2)
    rows = [recorded(code) for code in ("202", "203", "204", "205", "206")]
    forget_targets()
    done = Target.objects.get()
    Invocation.objects.filter(pk=rows[1].pk).update(target=done)
    fill()
    assert not Invocation.objects.filter(target__isnull=True).exists()
    assert Target.objects.count() == 1
