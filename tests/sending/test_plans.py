"""What comes before a long queue is found without reading the queue, on PostgreSQL and SQLite."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.models import Invocation, Pace
from invocations.sending import expiry, open_time
from invocations.sending.deliver import deliver
from invocations.sending.due import claim_due
from invocations.sending.turns import Turns, waited_for

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20_000
TABLE = "invocations_invocation"
UUID = {"sqlite": "printf('%032x', n)", "postgresql": "lpad(to_hex(n), 32, '0')::uuid"}


@pytest.fixture(params=[False, True], ids=["fresh", "analysed"])
def queue(request, waiting):
    """Many queued messages of one account; one in doubt and one that comes first."""
    first = waiting(due_at=timezone.now() - timedelta(minutes=5))
    names = [f.column for f in Invocation._meta.concrete_fields if f.column != "id"]
    chosen = [UUID[connection.vendor] if name == "request_id" else name for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} ({', '.join(names)}) WITH RECURSIVE c(n) AS"
            f" (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {MANY})"
            f" SELECT {', '.join(chosen)} FROM c, {TABLE} WHERE id = {first}"
        )
        waiting(status="unknown", doubtful_since=timezone.now(), doubt_count=1)
        waiting(comes_first=True)
        if request.param:
            cursor.execute("ANALYZE")


def plan(rows):
    return rows.values_list("pk", flat=True)[:64].explain()


def test_each_turn_takes_its_index(queue, account):
    turns = Turns.of_due(account)
    at_once, in_doubt = turns.first
    indexes = {
        "invocation_due_first": at_once,
        "invocation_due_in_doubt": in_doubt,
        "invocation_due_by_account": turns.queue,
    }
    wrong = {name: told for name, rows in indexes.items() if name not in (told := plan(rows))}
    assert not wrong, wrong
    assert "invocation_due_by_account" in plan(turns.singles)
    assert "invocation_due_in_doubt" in plan(turns.probes[0])
    assert "invocation_due_first" in plan(waited_for(account, timezone.now()))


def test_no_question_of_a_claim_a_click_or_a_sweep_reads_the_whole_queue(
    queue, account, recorded, receiver
):
    Pace.objects.create(account=account, could_ask_at=timezone.now() - timedelta(minutes=5))
    single = recorded()
    with CaptureQueriesContext(connection) as queries:
        open_time.count_open_time(timezone.now())
        expiry.stop_asking(timezone.now())
        assert deliver(single.pk)
        claim_due(5)
    asked = {each["sql"] for each in queries if each["sql"].startswith(("SELECT", "UPDATE"))}
    walks = {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")  # it prefers to walk over small tables
        for sql in asked:
            if TABLE not in sql:
                continue
            query_plan = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{query_plan} {sql}")
            told = str(cursor.fetchall())
            if f"Seq Scan on {TABLE}" in told or f"SCAN {TABLE}" in told:
                walks[sql] = told
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")
    assert not walks, walks
