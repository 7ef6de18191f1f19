"""What an invocation sends never changes: a trigger in the database refuses each update."""

import uuid

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from invocations.models import (
    Account,
    Attempt,
    Invocation,
    Note,
    Pod,
    Target,
    WorkflowInstance,
)
from invocations.sending.deliver import deliver

pytestmark = pytest.mark.django_db

COLUMNS = {
    "request_id": lambda: uuid.uuid4(),
    "payload_digest": lambda: "0" * 64,
    "workflow_instance_id": lambda: WorkflowInstance.objects.latest("pk").pk,
    "account_id": lambda: Account.objects.latest("pk").pk,
}


@pytest.fixture
def invocation(recorded, account):
    other = Account.objects.create(title="Other", pod=Pod.objects.get(code="IN"), sid="HXOTHER01IN")
    WorkflowInstance.objects.create(account=other, title="Elsewhere", workflow_instance_id="w2")
    return recorded()


def refused(write):
    with pytest.raises(IntegrityError, match=r"immutable"), transaction.atomic():
        write()


@pytest.mark.parametrize("column", COLUMNS)
def test_every_update_is_refused(invocation, column):
    before = Invocation.objects.values(*COLUMNS).get()
    value = COLUMNS[column]()
    refused(lambda: Invocation.objects.update(**{column: value}))
    setattr(invocation, column, COLUMNS[column]())
    refused(invocation.save)
    assert Invocation.objects.values(*COLUMNS).get() == before


@pytest.mark.parametrize("model", [Invocation, Attempt, Target, Note])
def test_a_row_is_not_replaced(invocation, model, ada):
    Note.objects.create(id=uuid.uuid4(), invocation=invocation, author=ada.person, text="Noted")
    deliver(invocation.pk)
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    table = model._meta.db_table
    insert, same = f"INSERT OR REPLACE INTO {table} ({columns})", f"SELECT {columns} FROM {table}"
    if connection.vendor == "postgresql":  # there is no REPLACE: the key is taken
        insert = insert.replace(" OR REPLACE", "")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{insert} {same} LIMIT 1")


@pytest.mark.parametrize("column", COLUMNS)
def test_bare_sql_is_refused_too(invocation, column):
    value = COLUMNS[column]()
    value = (
        (value.hex if connection.vendor == "sqlite" else str(value))
        if isinstance(value, uuid.UUID)
        else value
    )
    with connection.cursor() as cursor:
        refused(lambda: cursor.execute(f"UPDATE invocations_invocation SET {column} = %s", [value]))


def test_an_update_to_the_same_value_passes(invocation):
    invocation.note = "kept"
    invocation.save()
    fresh = Invocation.objects.get()
    fresh.status = "cancelled"
    fresh.save()
    assert Invocation.objects.get().status == "cancelled"
    assert Invocation.objects.get().payload == invocation.payload


def test_two_rows_cannot_have_one_request_id(invocation):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM invocations_invocation")
        names = [name for name, *_ in cursor.description if name != "id"]
        columns = ", ".join(names)
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(
                f"INSERT INTO invocations_invocation ({columns})"
                f" SELECT {columns} FROM invocations_invocation"
            )


@pytest.mark.django_db(transaction=True)
def test_the_trigger_is_created_again_after_a_migration_that_copies_the_table(invocation):
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER invocation_is_immutable"
            + (" ON invocations_invocation" if connection.vendor == "postgresql" else "")
        )
    call_command("migrate", verbosity=0)
    refused(lambda: Invocation.objects.update(payload_digest="0" * 64))
