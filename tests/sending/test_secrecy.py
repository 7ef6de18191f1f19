"""A key, numbers, values and a note are searched for in each table, file and log line."""

import logging
import uuid
from pathlib import Path

import pytest
from django.db import connection

from invocations.kaleyra.payload import Send
from invocations.kaleyra.template_params import VERIFICATION_CODE
from invocations.models import ApiKey, Attempt, Invocation, Parameter
from invocations.sending.deliver import deliver
from invocations.sending.record import record
from tests.database_files import bytes_of_database

KEY = "practice-canary0canary0canary0c0fe"
NUMBER, SECOND = "919876543202", "4915123012345"
VALUE, CODE, PIN, NOTE = "Kanarienvogel & Söhne", "83120947", "pin-of-canary", "Canary rang twice"
CANARIES = [KEY, NUMBER, SECOND, VALUE, CODE, PIN, NOTE]
UNKNOWN = Invocation.Status.UNKNOWN


@pytest.fixture
def canary(workflow):
    """canary("400"): a queued row with every canary; the code and the second PIN are sensitive."""
    Parameter.objects.create(
        channel=workflow.channels.get(position=2), key="pin", is_sensitive=True
    )

    def canary(code="202"):
        sends = [
            Send(NUMBER[:-3] + code, {"01": VALUE, VERIFICATION_CODE: CODE}),
            Send(SECOND, {"01": "x", "pin": PIN}),
        ]
        return record(
            workflow, sends, request_id=uuid.uuid4(), created_by=None, reference="T-1", note=NOTE
        )[0]

    return canary


@pytest.fixture
def echo(kaleyra_says):
    """An answer that repeats the whole request in each of its fields."""
    said = f"we got {NUMBER}/{SECOND} with {CODE}, {PIN} and api-key: {KEY}"
    kaleyra_says(
        400,
        {
            "success": False,
            "message": said,
            "errors": [said, {"params": said}, KEY * 500],
            "executionStatus": "REJECTED",
            "timestamp": SECOND,
            "workflowInvocationId": KEY,
        },
    )


def everything_in_the_tables():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield from (str(row) for row in cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["202", "400", "401", "502"])
def test_no_table_holds_them_in_clear_text(canary, code):
    deliver(canary(code).pk)
    rows = "\n".join(everything_in_the_tables())
    assert (
        "T-1" in rows
        and [canary for canary in [*CANARIES, NUMBER[:-3] + code] if canary in rows] == []
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps its files to itself")
def test_neither_the_database_file_nor_its_log_holds_them(canary):
    for code in ["202", "400"]:
        deliver(canary(code).pk)
    database = Path(connection.settings_dict["NAME"])
    assert Path(f"{database}-wal").stat().st_size > 0
    written = bytes_of_database()
    assert b"T-1" in written and [canary for canary in CANARIES if canary.encode() in written] == []


@pytest.mark.django_db
def test_an_answer_that_repeats_them_is_stored_without_them(canary, echo):
    invocation = canary()
    deliver(invocation.pk)
    invocation.refresh_from_db()
    attempt = Attempt.objects.get()
    kept = str(
        [
            invocation.kept_reply,
            attempt.kept_reply,
            invocation.provider_timestamp,
            invocation.workflow_invocation_id,
        ]
    )
    assert invocation.message == (
        "we got [number ending in 3202]/[number ending in 2345] with [verification code],"
        " [sensitive value] and api-key: [API key]"
    )
    secrets = [KEY, NUMBER, SECOND, CODE, PIN]
    assert [secret for secret in secrets if secret in kept or secret[:-1] in kept] == []
    assert invocation.provider_timestamp == "" and invocation.workflow_invocation_id == ""


@pytest.mark.django_db
def test_a_key_with_special_characters_is_recognised_in_its_json_form(canary, kaleyra_says):
    key = ApiKey.objects.get()
    key.key = 'practice-"quoted\\canary"-c0fe'
    key.save()
    kaleyra_says(400, {"success": False, "errors": [{"key": key.key}]})
    deliver(canary().pk)
    assert "canary" not in str(Attempt.objects.get().kept_reply)


@pytest.mark.django_db
@pytest.mark.parametrize("length", [5, 20, len(KEY) - 1])
def test_an_answer_that_breaks_off_leaves_no_half_of_a_key(canary, kaleyra_says, length):
    kaleyra_says(502, b"<pre>api-key: " + KEY[:length].encode(), complete=False)
    deliver(canary().pk)
    assert Attempt.objects.get().kept_reply["text"] == "<pre>api-key: "


@pytest.mark.django_db
def test_of_a_long_answer_a_part_is_kept(canary, kaleyra_says):
    kaleyra_says(
        400, {"success": False, "message": "m" * 6_000, "errors": ["e" * 5_000] * 5 + ["x"] * 30}
    )
    deliver(canary().pk)
    kept = Attempt.objects.get().kept_reply
    assert (
        len(kept["message"]) == len(kept["text"]) == 4096
        and [len(error) for error in kept["errors"]] == [4096] * 5 + [1] * 15
    )


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["202", "400", "401", "502", "499"])
def test_no_log_line_holds_them(canary, caplog, code):
    for name in [
        "",
        "urllib3",
        "requests",
        "django",
        "django.db.backends",
        "http.client",
        "invocations",
    ]:
        caplog.set_level(logging.DEBUG, logger=name)
    connection.force_debug_cursor = True
    try:
        invocation = canary(code)
        deliver(invocation.pk)
        deliver(invocation.pk, starting_from=UNKNOWN)
    finally:
        connection.force_debug_cursor = False
    assert "INSERT INTO" in caplog.text and str(invocation.request_id) in caplog.text
    assert [canary for canary in [*CANARIES, NUMBER[:-3] + code] if canary in caplog.text] == []


@pytest.mark.django_db
def test_an_exception_is_logged_without_its_text(canary, kaleyra_says, caplog):
    kaleyra_says(RuntimeError(f"{KEY} {NUMBER}"))
    deliver(canary().pk)
    assert "RuntimeError" in caplog.text and KEY not in caplog.text and NUMBER not in caplog.text
