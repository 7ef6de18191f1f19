"""No query about results reads all messages, with or without the statistics of ANALYZE."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.results import suggestions, upkeep
from tests.results.conftest import NUMBER

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="PostgreSQL counts rows before it chooses"
    ),
]

MANY = 20_000
FILLED = {
    "request_id": "printf('%032x', n)",
    "workflow_invocation_id": "'id-of-' || n",
    "recipient_digest": "printf('%064x', n / 12)",
    "status": "'accepted'",
    "doubtful_since": "NULL",
    "doubt_count": "0",
}


@pytest.fixture(params=[False, True], ids=["fresh", "analysed"])
def tables(request, in_status):
    """Many messages of one workflow, and one of unknown outcome."""
    first = in_status("unknown")
    names = [field.column for field in first._meta.concrete_fields if field.column != "id"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO invocations_invocation ({', '.join(names)})"
            " WITH RECURSIVE c(n) AS"
            f" (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {MANY})"
            f" SELECT {', '.join(FILLED.get(name, name) for name in names)}"
            " FROM c, invocations_invocation"
        )
        if request.param:
            cursor.execute("ANALYZE")


@pytest.mark.parametrize(
    "request_id", [None, str(uuid.uuid4())], ids=["as documented", "with a request ID"]
)
def test_no_question_reads_all_messages_or_all_of_an_account_or_a_workflow(
    tables, report, request_id
):
    with CaptureQueriesContext(connection) as queries:
        callbacks = [
            report(f"id-{n}", "READ", to=f"91987654{n:04}", requestId=request_id) for n in range(19)
        ]
        callbacks.append(report("one more", "READ", to=NUMBER, requestId=request_id))
        suggestions.diagnose_all(callbacks)
        suggestions.diagnose(callbacks[-1])
        upkeep.retry_unmatched(timezone.now())
    asked = {
        each["sql"]
        for each in queries
        if each["sql"].startswith("SELECT") and "invocations_invocation" in each["sql"]
    }
    assert len(asked) > len(callbacks)
    with connection.cursor() as cursor:
        for query in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            plan = str(cursor.fetchall())
            walks = (
                "SCAN invocations_invocation",
                "SCAN U0",
                "invocation_by_account",
                "invocation_by_workflow",
                "invocation_by_status",
            )
            assert not [walk for walk in walks if walk in plan], f"{query}\n{plan}"
