"""The number of queries does not grow with the number of rows that a page shows."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations.composing.template_fields import keys_of
from invocations.kaleyra.payload import Send
from invocations.models import Invocation
from invocations.sending.record import record
from tests.reports import report
from tests.views.conftest import DIGITS, NUMBER
from tests.views.pages import send_form


def count_queries(look):
    look()
    with CaptureQueriesContext(connection) as queries:
        assert look().status_code == 200
    return len(queries)


@pytest.fixture
def sizes(make_workflow):
    """A workflow with two values, and one with thirty on each channel and words for all."""
    small = make_workflow("{{1}} {{2}}", "{#var#} {#var#}", title="small")
    words = [{"key": f"{n:02}", "label": f"Value {n}"} for n in range(1, 31)]
    return small, make_workflow(
        " ".join(f"{{{{{n}}}}}" for n in range(1, 31)), "{#var#} " * 30, title="big", words=words
    )


def test_the_send_page(priya, sizes):
    counts = [
        count_queries(lambda workflow=workflow: priya.get(f"/send/{workflow.pk}/"))
        for workflow in sizes
    ]
    assert counts[0] == counts[1] <= 20


def test_the_preview(priya, sizes):
    counts = []
    for workflow in sizes:
        form = send_form(priya, workflow).fill(
            {
                "recipient": NUMBER,
                "value1-01": "a",
                "params-key": ["x"] * 9,
                "params-value": ["y"] * 9,
            }
        )
        counts.append(
            count_queries(
                lambda workflow=workflow, form=form: priya.post(
                    f"/send/{workflow.pk}/preview/", form.fields
                )
            )
        )
    assert counts[0] == counts[1] <= 16


def test_the_list_of_workflows(priya, make_workflow):
    counts = []
    for number in (1, 6):
        for each in range(number):
            make_workflow("{{1}}", "{#var#}", title=f"{number} {each}")
        counts.append(count_queries(lambda: priya.get("/send/")))
    assert counts[0] == counts[1] <= 14


def test_an_invocation_with_many_values_attempts_and_results(priya, sizes):
    counts = []
    for workflow, attempts in zip(sizes, (1, 6), strict=True):
        row = record(
            workflow,
            [
                Send(DIGITS, dict.fromkeys(keys_of(channel), "a"))
                for channel in workflow.channels.all()
            ],
            request_id=uuid.uuid4(),
            created_by=priya.person,
        )[0]
        for number in range(attempts):
            row.attempts.create(
                number=number + 1,
                started_at="2026-01-01T00:00Z",
                outcome="doubtful",
                reason="timeout",
            )
            Invocation.objects.filter(pk=row.pk).update(status="accepted")
            report(row, "TIMEOUT", "DELIVERED", wait=number + 5)
        counts.append(count_queries(lambda row=row: priya.get(f"/history/{row.request_id}/")))
    assert counts[0] == counts[1] <= 20


@pytest.fixture
def answered(make_workflow, priya, ada, sven):
    """answered(10): that many messages of three workflows and people, each with two results."""
    people = [priya.person, ada.person, sven.person]
    workflows = [make_workflow("{{1}}", "{#var#}", title=f"flow {n}") for n in range(3)]

    def answered(count):
        for number in range(count):
            row = record(
                workflows[number % 3],
                [Send(DIGITS, {"01": "a"})] * 2,
                request_id=uuid.uuid4(),
                created_by=people[number % 3],
            )[0]
            Invocation.objects.filter(pk=row.pk).update(
                status="accepted",
                version=None if number % 5 == 0 else row.version,
                workflow_invocation_id=f"wf{row.pk}",
            )
            row.refresh_from_db()
            report(row, "TIMEOUT", "DELIVERED")
            report(row, "TIMEOUT", "DELIVERED", wait=31)

    return answered


@pytest.mark.parametrize(
    ("address", "most"),
    [("/history/", 15), ("/history/?status=accepted", 15), ("/", 40), ("/?days=30", 40)],
)
def test_a_list_of_ten_takes_as_many_queries_as_one_of_fifty(priya, answered, address, most):
    answered(10)
    few = count_queries(lambda: priya.get(address))
    answered(40)
    assert count_queries(lambda: priya.get(address)) == few <= most
