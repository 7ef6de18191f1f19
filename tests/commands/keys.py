"""A database as a version before the lookup key left it, with data under two encryption keys."""

from __future__ import annotations

import hashlib
import json
from importlib import import_module
from types import SimpleNamespace

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.db import connection

from invocations.models import (
    ApiKey,
    Callback,
    CallbackAddress,
    ChannelResult,
    Invocation,
    Profile,
    SearchableValue,
)
from invocations.models.digest_run import CALLBACK
from invocations.models.encryption import digests, encrypt
from invocations.models.immutable import a_run_may_change, create_triggers
from invocations.models.key_rotation import encrypted_columns
from invocations.models.recipients import digits_in
from invocations.models.searchable_values import normalised

OLD = "b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xkLWtleS0="
NEW = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0="
_TRIGGER = "invocation_is_immutable"


def as_before(number: str, value: str, body: bytes) -> None:
    """Gives every row the digests that the version before stored: of the newest encryption key.

    `number`, `value`, `body`: of the one message, its searchable value, and its result.
    """

    def before(text: str, purpose: str) -> str:
        return digests(text, purpose)[1]

    with a_run_may_change("default"):
        for row in Invocation.objects.all():
            Invocation.objects.filter(pk=row.pk).update(
                payload_digest=before(row.payload, "payload"),
                recipient_digest=before(number, "recipient"),
            )
    SearchableValue.objects.update(digest=before(normalised(value), "value"))
    ChannelResult.objects.update(recipient_digest=before(number, "recipient"))
    for profile in Profile.objects.all():
        own = before(digits_in(profile.own_number), "recipient")
        Profile.objects.filter(pk=profile.pk).update(own_number_digest=own)
    for address in CallbackAddress.objects.all():
        digest = before(address.token, "callback token")
        CallbackAddress.objects.filter(pk=address.pk).update(token_digest=digest)
    for row in Callback.objects.all():
        digest = before(f"{row.account_id} {hashlib.sha256(body).hexdigest()}", CALLBACK)
        names = ("body", "set_aside_reason")
        texts = {name: text for name in names if (text := getattr(row, name)) is not None}
        row.digest = digest
        sealed = {
            name: Callback._meta.get_field(name).seal(row, text) for name, text in texts.items()
        }
        Callback.objects.filter(pk=row.pk).update(digest=digest, **sealed)
    _unbind_keys()
    _lay_trigger_of_before()


def _unbind_keys() -> None:
    with connection.cursor() as cursor:
        for key in ApiKey.objects.all():
            token = encrypt(key.key, f"invocations_apikey.key:{key.pk}")
            pk = key.pk.hex if connection.vendor == "sqlite" else str(key.pk)
            cursor.execute(
                "UPDATE invocations_apikey SET key = %s, host = '' WHERE id = %s", [token, pk]
            )


def _lay_trigger_of_before() -> None:
    """It refused a change of payload and digest."""
    create_triggers("default")
    body = f"RAISE(ABORT, '{_TRIGGER}')"
    changed = "OLD.payload IS NOT NEW.payload OR OLD.payload_digest IS NOT NEW.payload_digest"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER {_TRIGGER} ON invocations_invocation")
            cursor.execute(
                f"CREATE TRIGGER {_TRIGGER} BEFORE UPDATE OF payload, payload_digest"
                " ON invocations_invocation FOR EACH ROW"
                f" WHEN ({changed.replace('IS NOT', 'IS DISTINCT FROM')})"
                f" EXECUTE FUNCTION {_TRIGGER}()"
            )
        else:
            cursor.execute(f"DROP TRIGGER {_TRIGGER}")
            cursor.execute(
                f"CREATE TRIGGER {_TRIGGER} BEFORE UPDATE OF payload, payload_digest"
                f" ON invocations_invocation WHEN {changed} BEGIN SELECT {body}; END"
            )


def migrate_keys() -> None:
    """The two migrations, and what follows each `migrate`."""
    editor = SimpleNamespace(connection=connection, execute=_execute)
    import_module("invocations.migrations.0061_bind_keys").bind(apps, editor)
    import_module("invocations.migrations.0062_lookup_key").make_anew(apps, editor)
    create_triggers("default")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def opened_by(key: str) -> tuple[int, int]:
    """How many of all stored tokens the key alone opens, and how many there are."""
    opened = total = 0
    for column in encrypted_columns():
        for sealed in column.rows().values_list(column.field.attname, flat=True):
            total += 1
            try:
                Fernet(key).decrypt(sealed.token)
                opened += 1
            except InvalidToken:
                pass
    return opened, total


def result(row: Invocation, number: str) -> bytes:
    channel = {"channel": "whatsapp", "statusCode": "DELIVERED", "to": number}
    content = {
        "workflowInvocationId": row.workflow_invocation_id,
        "executionStatus": "COMPLETED",
        "result": {"channel1": channel},
    }
    return json.dumps(content).encode()
