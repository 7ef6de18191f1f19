"""Every encrypted field and every digest is covered when keys are changed. A new one fails here."""

import pytest
from django.apps import apps
from django.db import connection

from invocations.models.digest_run import MADE_ANEW, STAYS
from invocations.models.encryption import EncryptedTextField
from invocations.models.key_rotation import encrypted_columns

TOKENS_BEGIN = "gAAAA"
NOT_KEYED = {"invocations.workflowversion.digest"}  # of texts that are no secret


def columns_of_database():
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            yield f"{model._meta.label_lower}.{field.column}", field


def test_the_rotation_finds_every_encrypted_field_by_itself():
    found = {column.name for column in encrypted_columns()}
    all_fields = columns_of_database()
    assert found == {name for name, field in all_fields if isinstance(field, EncryptedTextField)}
    assert {"invocations.apikey.key", "invocations.batchpart.found"} <= found


def test_every_column_of_a_digest_is_made_anew_or_says_why_not():
    named = {name for name, _field in columns_of_database() if "digest" in name.rpartition(".")[2]}
    assert named == MADE_ANEW | set(STAYS) | NOT_KEYED


@pytest.mark.django_db
def test_no_column_holds_a_token_that_no_encrypted_field_stands_for(account, ada):
    with connection.cursor() as cursor:
        for name, field in columns_of_database():
            if isinstance(field, EncryptedTextField):
                continue
            table = field.model._meta.db_table
            column = connection.ops.quote_name(field.column)
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE CAST({column} AS text) LIKE %s",
                [f"%{TOKENS_BEGIN}%"],
            )
            assert cursor.fetchone() == (0,), name
