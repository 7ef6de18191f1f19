"""Each filter and each search of the history uses an index, on PostgreSQL and on SQLite.

The table has 12,000 rows of one kind, and before them, where a scan from the newest would come
last, five of each other kind.
"""

import re
import uuid
from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.forms.history import HistoryFilter
from invocations.forms.search import HistorySearch
from invocations.models import Account, Callback, Invocation, SearchableValue, WorkflowInstance
from invocations.models.encryption import digests
from invocations.models.permissions import GROUPS
from invocations.models.recipients import RECIPIENT_DIGEST
from invocations.models.searchable_values import value_digests
from invocations.models.viewer import Viewer
from tests.views.conftest import DIGITS

MANY, FEW = 12_000, 5
LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)
TABLE = "invocations_invocation"

KINDS = [
    {
        "status": "rejected",
        "http_status": 400,
        "error_kind": "workflow … is not published",
        "reason": "rejected",
    },
    {"status": "unknown", "reason": "timeout"},
    {"status": "held", "reason": "credentials"},
    {"status": "queued", "reference": "Zen-1", "workflow_invocation_id": "4xU9"},
    {"recipient_digest": digests(DIGITS, RECIPIENT_DIGEST)[0], "recipient_last_four": DIGITS[-4:]},
    {
        "recipient2_digest": digests(DIGITS, RECIPIENT_DIGEST)[0],
        "recipient2_last_four": DIGITS[-4:],
    },
    {"delivery": "awaiting", "result_due_at": timezone.now()},
    {"delivery": "no_result"},
    *({"delivery": "completed", "deciding_channel": channel} for channel in (None, 0, 1, 2)),
    {"may_be_double": True},
    {"reason": "settled_delivered"},
    {"status": "rejected", "reason": "settled_not_delivered"},
]
EVERYTHING = Viewer(None, frozenset(GROUPS["Admin"]))


def unsaved_row(**columns):
    accepted = {"status": "accepted", "http_status": 202, "reason": "accepted"}
    return Invocation(**accepted | {"request_id": uuid.uuid4(), "payload": None} | columns)


@pytest.fixture
def table(workflow, priya, rosa):
    """The table; gives the rows of the few kinds."""
    empty_the_table()
    other = Account.objects.create(title="Other", pod=workflow.account.pod, sid="HXOTHER01IN")
    elsewhere = WorkflowInstance.objects.create(
        account=other, title="Elsewhere", workflow_instance_id="w2"
    )

    row = partial(
        unsaved_row, workflow_instance=workflow, account=workflow.account, created_by=priya.person
    )
    few = [row(**kind) for kind in KINDS for _ in range(FEW)]
    few += [
        row(workflow_instance=elsewhere, account=other, created_by=rosa.person) for _ in range(FEW)
    ]
    many = [
        row(
            recipient_digest=f"{n:064}",
            recipient2_digest=f"{n:064}",
            recipient_last_four=f"{n % 9973:04}",
        )
        for n in range(MANY)
    ]
    for each, one in enumerate(many):
        one.reference, one.workflow_invocation_id = f"CARE-{each}", f"id-{each}"
    few = Invocation.objects.bulk_create(plain(few))
    many = Invocation.objects.bulk_create(plain(many), batch_size=2_000)
    again = Invocation.objects.bulk_create(plain([row(sent_again_from=few[0]) for _ in range(FEW)]))
    Invocation.objects.filter(pk__lte=few[-1].pk).update(created_at=LONG_AGO)
    matched = {
        "invocation": few[0],
        "matched_at": timezone.now(),
        "received_at": timezone.now(),
        "last_received_at": timezone.now(),
    }
    Callback.objects.create(account=other, digest="d", body="{}", **matched).results.create(
        position=1, message_id="wamid.1"
    )
    SearchableValue.objects.bulk_create(
        SearchableValue(invocation=row, label="Order number", digest=value_digests(order)[0])
        for row, order in [(few[0], "KF-1"), *((row, f"KF-{row.pk}") for row in many)]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return few, again


def empty_the_table():
    """On PostgreSQL, rows that earlier tests rolled back leave gaps. New rows that fill them lie in
    another order than their keys, which changes the costs of an index.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {TABLE} CASCADE")


def plain(rows):
    """With a payload; encrypting one for each would take longer than all the rest."""
    for row in rows:
        row.__dict__["payload"] = (
            Invocation._meta.get_field("payload").seal(row, "{}")
            if row is rows[0]
            else rows[0].__dict__["payload"]
        )
    return rows


def plan(found):
    """The query plan of the newest page of `found`: names of indexes used, and tables scanned."""
    told = found.order_by("-pk").values_list("pk", flat=True)[:51].explain()
    walks = re.findall(rf"Seq Scan on {TABLE}|SCAN {TABLE}(?! USING)", told)
    taken = re.findall(
        r"(?:using|on|INDEX) \"?((?:invocation|searchable|sqlite_autoindex)\w+)"
        r"|USING (INTEGER PRIMARY KEY)",
        told,
    )
    return told, {index or key for index, key in taken}, walks


def index_by_filter(elsewhere, workflow, person):
    return {
        "status=unknown": "invocation_by_status",
        "delivery=awaiting": "invocation_by_delivery|invocation_result_due",
        "delivery=no_result": "invocation_by_delivery",
        "delivery=reached": "invocation_delivered",
        "delivery=1": "invocation_by_channel|invocation_delivered",
        "delivery=2": "invocation_by_channel|invocation_delivered",
        "delivery=failed": "invocation_by_channel",
        "delivery=open": "invocation_ended_unreported",
        "delivery=double": "invocation_may_be_double",
        "delivery=said_delivered": "invocation_by_reason",
        "delivery=said_not_delivered": "invocation_by_reason",
        "delivery=completed": "invocation_by_delivery",
        f"workflow={elsewhere.pk}": "invocation_by_workflow",
        f"account={elsewhere.account_id}": "invocation_by_account",
        f"person={person.pk}": "invocation_by_person",
        "http=400": "invocation_by_http_status",
        "error=workflow … is not published": "invocation_by_error",
        "why=timeout": "invocation_by_reason",
        "again=yes": "invocation_sent_again|invocation_by_original",
        "since=2026-01-05&until=2026-01-05": "invocations_invocation_pkey|INTEGER PRIMARY KEY",
        "status=unknown&since=2026-01-05&until=2026-01-05": "invocation_by_status",
        f"status=held&workflow={workflow.pk}": "invocation_by_status",
    }


def index_by_search(request_id):
    return {
        str(request_id): "invocations_invocation_request_id_.*|sqlite_autoindex_.*",
        "zEN-1": "invocation_by_ticket",
        "Ze": "invocation_by_ticket",
        "kf-1": "searchable_value_by_digest",
        "4xU9": "invocation_by_kaleyras_id",
        DIGITS: "invocation_by_recipient",
        f"+{DIGITS}": "invocation_by_2nd_recipient",
        DIGITS[-4:]: "invocation_by_last_four",
        f" {DIGITS[-4:]}": "invocation_by_second_last_four",
    }


def ways_of(q):
    return HistorySearch({"q": q}, viewer=EVERYTHING).ways


@pytest.mark.django_db
def test_each_filter_and_each_search_takes_its_index(table, rosa, workflow):
    elsewhere = WorkflowInstance.objects.get(title="Elsewhere")
    filters = index_by_filter(elsewhere, workflow, rosa.person)
    searches = index_by_search(table[0][0].request_id)
    asked = [
        (
            query,
            [HistoryFilter(QueryDict(query), EVERYTHING).narrow(Invocation.objects.all())],
            index,
        )
        for query, index in filters.items()
    ]
    asked += [
        (q, [Invocation.objects.filter(way) for way in ways_of(q)], index)
        for q, index in searches.items()
    ]
    wrong = {}
    for what, questions, index in asked:
        plans = [plan(question) for question in questions]
        taken = {each for _told, indexes, _walks in plans for each in indexes}
        if any(walks for *_, walks in plans) or not any(
            re.fullmatch(index, each) for each in taken
        ):
            wrong[what] = "\n".join(told for told, *_ in plans)
    assert not wrong, "\n\n".join(f"{what}\n{told}" for what, told in wrong.items())


@pytest.mark.django_db
@pytest.mark.postgres
@pytest.mark.parametrize(
    "address",
    [
        "/history/",
        "/history/?status=held",
        "/history/?person={}&since=2026-01-01",
        "/history/errors/?since=2020-01-01",
    ],
)
def test_no_page_of_the_history_reads_the_whole_table(table, priya, address):
    with CaptureQueriesContext(connection) as queries:
        assert priya.get(address.format(priya.person.pk)).status_code == 200
    asked = [
        query["sql"]
        for query in queries
        if TABLE in query["sql"] and query["sql"].startswith("SELECT")
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}")
            told = "\n".join(line for (line,) in cursor.fetchall())
            assert f"Seq Scan on {TABLE}" not in told, f"{sql}\n{told}"
            assert "LIMIT" in sql or "IN (" in sql or "= " in sql, sql
    assert asked


@pytest.mark.django_db
def test_what_a_message_was_sent_again_as_and_its_attempts_take_an_index(table):
    one = table[0][0]
    told = one.sent_again_as.order_by("id").explain()
    assert "invocation_by_original" in told, told
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # it walks over an empty table
    told = one.attempts.order_by().values_list("pk").explain()
    assert re.search("attempt_number_once_per_invocation|sqlite_autoindex_invocations_at", told)
