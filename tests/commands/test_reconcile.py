"""`manage.py reconcile`: names every row that contradicts itself, and changes nothing."""

import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.models import Attempt, Invocation, Pace, Settlement
from invocations.sending import decisions
from invocations.sending.claim import LEASE
from invocations.sending.deliver import deliver
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reconcile(capsys):
    """reconcile(): its exit code, and what it prints."""

    def reconcile(*words):
        try:
            call_command("reconcile", *words)
            code = 0
        except SystemExit as ended:
            code = ended.code
        return code, capsys.readouterr().out

    return reconcile


@pytest.fixture
def delivered(recorded):
    """delivered("202"): an invocation that was sent and ended as the code has it."""

    def delivered(code="202"):
        invocation = recorded(code)
        Pace.objects.all().delete()  # what came before makes nothing wait
        assert deliver(invocation.pk)
        return invocation

    return delivered


def test_nothing_at_all_agrees(reconcile):
    assert reconcile() == (0, "0 invocations: none\nAll agree.\n")


def test_what_really_happens_agrees(reconcile, recorded, delivered, ada, kaleyra_says):
    for code in ["202", "400", "429", "500", "499"]:
        delivered(code)
    recorded()
    decisions.cancel(recorded(), ada.person)
    for verdict in Settlement.Verdict:
        assert decisions.settle(delivered("500"), verdict, "The customer said so.", ada.person)
    told = delivered()
    store_result(
        told.account,
        json.dumps(
            {"requestId": str(told.request_id), "result": {"channel1": {"statusCode": "READ"}}}
        ).encode(),
    )
    for way in [NoAnswer("timeout"), NotSent("refused")]:
        kaleyra_says(way)
        delivered()
    code, said = reconcile()
    assert (
        code == 0
        and "All agree." in said
        and said.startswith(f"{Invocation.objects.count()} invocations: ")
    )


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (lambda row, attempt: attempt.delete(), "has not as many attempts as it counts"),
        (
            lambda row, attempt: row.update(status="queued"),
            "says that it never left, and an attempt may have got in",
        ),
        (
            lambda row, attempt: row.update(status="rejected"),
            "an attempt was accepted, and it says otherwise",
        ),
        (
            lambda row, attempt: attempt.update(outcome="rejected"),
            "says accepted, and no attempt was",
        ),
        (
            lambda row, attempt: attempt.update(outcome="under_way"),
            "is not being sent, and an attempt is under way",
        ),
        (
            lambda row, attempt: row.update(
                status="sending", lease_until=timezone.now() - 3 * LEASE
            ),
            "is being sent for too long: is a dispatcher running?",
        ),
        (
            lambda row, attempt: row.update(delivery="completed"),
            "has a result, and no callback told it",
        ),
        (
            lambda row, attempt: row.update(delivery="completed", deciding_channel=1),
            "a channel decided, and no callback told of one",
        ),
    ],
)
def test_a_row_that_contradicts_itself_is_named(reconcile, delivered, breaks, words):
    fine, broken = delivered(), delivered()
    breaks(Invocation.objects.filter(pk=broken.pk), Attempt.objects.filter(invocation=broken))
    before = list(Invocation.objects.values())
    code, said = reconcile()
    assert (
        code == 1
        and f"invocation {broken.request_id}: {words}" in said
        and str(fine.request_id) not in said
    )
    assert list(Invocation.objects.values()) == before


def test_many_are_counted_and_some_are_named(reconcile, delivered):
    for _ in range(5):
        delivered()
    Attempt.objects.update(outcome="rejected")
    code, said = reconcile("--at-most", "2")
    assert (
        code == 1
        and said.count("invocation ") == 2
        and "5 × says accepted, and no attempt was" in said
    )
