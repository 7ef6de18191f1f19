"""What a process of the version before writes while the database has this version's columns."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invocations.models import (
    Account,
    Attempt,
    Callback,
    Export,
    Invocation,
    Parameter,
    Profile,
    WorkflowInstance,
)
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db
NEW = {
    Account: {"home_country": ""},
    Attempt: {"answered_invocation_id": ""},
    Callback: {"ask_at": None, "is_pending": False},
    Export: {"zone": "UTC"},
    Parameter: {"is_searchable": False},
    Invocation: {"comes_first": False, "unasked_for": timedelta(0)},
    Profile: {"own_number_digest": ""},
    WorkflowInstance: {"stage": "live"},
}
"""The not-null columns of migrations since 0015, and their values in a row without them."""


@pytest.fixture
def rows(recorded, account, ada):
    """One of each."""
    row = recorded()
    Attempt.objects.create(invocation=row, number=1, started_at=timezone.now())
    Parameter.objects.create(channel=row.workflow_instance.channels.first(), key="01")
    Export.objects.create(person=ada.person, format="csv", newest=1)
    Profile.objects.create(user=ada.person)
    store_result(account, b"{}")


@pytest.mark.parametrize("model", NEW, ids=lambda model: model.__name__)
def test_a_version_without_a_column_can_still_write_rows(rows, priya, model):
    unique = {"request_id": uuid.uuid4().hex} if model is Invocation else {}
    unique |= {"title": "Other", "sid": "HXOTHER01IN"} if model is Account else {}
    unique |= {"key": "02"} if model is Parameter else {}
    unique |= {"id": uuid.uuid4().hex if model is Export else 10**6, "number": 2, "digest": "other"}
    unique |= {"user_id": priya.person.pk} if model is Profile else {}
    unique |= {"workflow_instance_id": "other"} if model is WorkflowInstance else {}
    names = [field.column for field in model._meta.concrete_fields if field.name not in NEW[model]]
    quoted = {name: connection.ops.quote_name(name) for name in names}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(quoted.values())})"
            f" SELECT {', '.join('%s' if name in unique else quoted[name] for name in names)}"
            f" FROM {model._meta.db_table}",
            [unique[name] for name in names if name in unique],
        )
    row = model.objects.get(pk=unique["id"])
    for name, value in NEW[model].items():
        assert (
            getattr(row, name) == value
            if value is not None
            else getattr(row, name) <= timezone.now()
        )
