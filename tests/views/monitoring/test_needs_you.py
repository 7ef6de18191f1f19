"""The list "Needs you": one row for each trouble, with the next step, gone when it is over."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations.models import Account, ApiKey, Heartbeat, Incident, Invocation
from invocations.sending import pause, rate_limit
from tests.many import messages, real_account, workflow_of
from tests.stored_results import store_result
from tests.views.monitoring.dashboard_page import NOON, count_listed, minutes_ago
from tests.views.pages import badges_at, opened, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def needs(browser, address="/needs-you/"):
    return browser.get(address).context["needs"]


def rows(browser):
    """For each row: its title, how many messages wait, when, and the next step."""
    return [(each.title, each.n, each.when, each.button) for each in needs(browser)]


@pytest.fixture
def flow(flow):
    """The account of `flow` has a key, so that it is no trouble itself."""
    with_key(flow.account)
    return flow


def with_key(account):
    ApiKey.objects.create(account=account, title="console", key="k" * 20, is_primary=True)
    return account


@pytest.fixture
def troubles(flow):
    """Messages that wait for a new key, a corrected workflow ID, a lost answer or a lost result."""
    other = workflow_of(
        with_key(real_account("Kaveri Europe", "api.eu.kaleyra.io")), "Order delayed"
    )
    lost = workflow_of(flow.account, "Lost")
    held = {
        "status": "held",
        "reason": "credentials",
        "error_kind": "Unauthorized",
        "workflow_instance": other,
        "final_at": None,
    }
    doubt = {"status": "unknown", "reason": "timeout"}
    ends = {"not_after": NOON + timedelta(hours=2)}
    missing = {"status": "accepted", "delivery": "no_result", "result_due_at": NOON}
    columns = [
        *(minutes_ago(n, **held, **ends) for n in (48, 40, 30)),
        *(minutes_ago(n, status="queued", workflow_instance=other, **ends) for n in (20, 19)),
        minutes_ago(70, status="queued", workflow_instance=lost),
        *(minutes_ago(n, **doubt) for n in (31, 9)),
        minutes_ago(8, status="unknown", reason="server_error"),
        minutes_ago(3 * 24 * 60, **missing),
        minutes_ago(8 * 24 * 60, **missing),
        minutes_ago(2, status="queued"),
    ]
    messages(flow, columns)
    rate_limit.update_from_attempts(other.account, [("credentials", None)])
    pause.pause_workflow(lost.pk, "no_such_workflow")
    for account, workflow in ((other.account, None), (lost.account, lost)):
        Incident.objects.create(
            kind="paused",
            account=account,
            workflow_instance=workflow,
            reason="credentials",
            opened_at=NOON,
            last_at=NOON,
        )
    Incident.objects.create(
        kind="unknown", account=flow.account, workflow_instance=flow, opened_at=NOON, last_at=NOON
    )
    return other


def test_a_pause_its_incident_and_what_waits_for_it_are_one_row(ada, troubles):
    assert rows(ada) == [
        (
            "The account Kaveri Europe is paused",
            5,
            "since 12:10",
            "Check the API key, or replace it",
        ),
        ("The workflow Lost is paused", 1, "since 12:10", "Check the workflow ID"),
        ("3 outcomes unknown: Refund confirmed", 3, "oldest 31 min", "Check safely"),
        ("1 result missing: Refund confirmed", 1, "since Saturday 12:10", "Check the address"),
    ]


def test_what_expires_first_is_on_top_and_practice_at_the_end(ada, flow, workflow):
    messages(flow, [minutes_ago(50, status="unknown"), minutes_ago(5, status="queued")])
    messages(workflow, [minutes_ago(60, status="unknown")])
    soon = workflow_of(with_key(real_account("Soon", "api.eu.kaleyra.io")), "Soon")
    messages(soon, [minutes_ago(9, status="queued", not_after=NOON + timedelta(minutes=74))])
    Account.objects.filter(pk=soon.account_id).update(is_paused=True, paused_reason="Stock-taking")
    found = needs(ada)
    assert [each.cause for each in found] == [
        f"account:{soon.account_id}",
        f"unknown:{flow.pk}",
        f"unknown:{workflow.pk}",
    ]
    assert (found[0].expires, found[0].expires_in) == ("13:24", "in 1 h 14 min")
    assert "First expires 13:24" in opened(ada, "/").html


def test_what_waits_links_to_exactly_these_messages(ada, troubles):
    paused = needs(ada)[0]
    assert [wait.text for wait in paused.waits] == ["3 on hold", "2 queued"]
    assert [count_listed(ada, wait.address) for wait in paused.waits] == [3, 2]
    missing = needs(ada)[-1]
    assert count_listed(ada, missing.list_address) == missing.n


def test_every_next_step_opens(ada, troubles, flow):
    store_result(flow.account, b"{}")
    for need in needs(ada):
        assert ada.get(need.address).status_code == 200, need.title


def test_a_row_is_gone_when_its_cause_is(ada, flow, background_sender):
    messages(flow, [minutes_ago(5, status="unknown"), minutes_ago(4, status="queued")])
    Account.objects.filter(pk=flow.account_id).update(is_paused=True)
    assert [each.cause.partition(":")[0] for each in needs(ada)] == ["account", "unknown"]
    [row] = [each for each in needs(ada) if each.resume]
    assert row.button == "", "resuming is the next step itself"
    ada.post(row.resume, {"back": "/needs-you/"})
    Invocation.objects.filter(status="unknown").update(status="accepted")
    assert needs(ada) == []
    assert "Nothing to do." in words_of(ada.get("/needs-you/"))


def test_while_all_sending_is_stopped_queued_messages_wait_for_that_alone(ada, troubles):
    pause.stop_everything("A wrong text went out", ada.person)
    found = {each.cause.partition(":")[0]: each for each in needs(ada)}
    assert (found["stop"].n, found["stop"].button) == (4, "See the stop")
    assert (found["account"].n, found["workflow"].n) == (3, 0)
    assert needs(ada)[0].cause == "stop" or needs(ada)[0].expires_at


@pytest.mark.parametrize("what", ["account", "workflow", "everything"])
def test_while_sending_is_paused_no_check_is_offered(ada, flow, what):
    messages(flow, [minutes_ago(5, status="unknown")])
    if what == "everything":
        pause.stop_everything("A wrong text went out", None)
    else:
        paused = flow if what == "workflow" else flow.account
        type(paused).objects.filter(pk=paused.pk).update(is_paused=True)
    [unknown] = [each for each in needs(ada) if each.cause.startswith("unknown")]
    assert unknown.button == "Record what happened"
    assert "While sending is paused none can be checked." in unknown.says


def test_a_message_too_old_to_check_is_not_offered_for_checking(ada, flow):
    old = minutes_ago(25 * 60, status="unknown", reason="timeout")
    messages(flow, [old, minutes_ago(5, status="unknown", not_after=NOON - timedelta(minutes=1))])
    [unknown] = needs(ada)
    assert unknown.button == "Record what happened" and "too old to be checked" in unknown.says
    messages(flow, [minutes_ago(5, status="unknown", not_after=NOON + timedelta(minutes=1))])
    assert needs(ada)[0].button == "Check safely"


def test_an_outcome_that_the_console_still_checks_needs_nobody(ada, flow):
    messages(flow, [minutes_ago(5, status="unknown", due_at=NOON + timedelta(minutes=1))])
    assert needs(ada) == []


def test_held_messages_of_an_active_account_need_nobody_and_unreadable_ones_an_operator(ada, flow):
    other = workflow_of(with_key(real_account("Kaveri Europe", "api.eu.kaleyra.io")), "Flow")
    unreadable = minutes_ago(4, status="held", reason="unreadable_message", workflow_instance=other)
    messages(flow, [minutes_ago(5, status="held", reason="no_key"), unreadable])
    [only] = needs(ada)
    assert only.title == "1 message of Kaveri Europe is on hold"
    assert "FIELD_ENCRYPTION_KEYS" in only.says


def test_missing_results_leave_the_list_once_results_come_again(ada, flow):
    missing = {"status": "accepted", "delivery": "no_result"}
    messages(flow, [minutes_ago(9, result_due_at=NOON - timedelta(minutes=7), **missing)])
    assert [each.cause for each in needs(ada)] == [f"missing:{flow.pk}"]
    done = {"status": "accepted", "delivery": "completed", "deciding_channel": 1}
    messages(flow, [minutes_ago(3, result_due_at=NOON, result_at=NOON, **done)])
    assert needs(ada) == []


def test_an_account_without_a_key_and_results_that_fit_nothing_are_listed(ada, flow):
    real_account("Kaveri Europe", "api.eu.kaleyra.io")
    store_result(flow.account, b"{}")
    assert [(each.title, each.button) for each in needs(ada)] == [
        ("Kaveri Europe has no API key", "Store an API key"),
        ("1 result fits no message", "Look at 1"),
    ]


def test_refusals_of_one_kind_are_a_row_with_kaleyras_words(ada, flow):
    common = {"account": flow.account, "workflow_instance": flow, "last_at": NOON}
    Incident.objects.create(
        kind="refusals", reason="not published", count=3, opened_at=NOON, **common
    )
    [only] = needs(ada)
    assert only.title == "3 messages rejected for one reason: Refund confirmed"
    assert "Kaleyra says: “not published”" in opened(ada, "/needs-you/").html
    pause.pause_workflow(flow.pk, "no_such_workflow")
    assert [each.cause for each in needs(ada)] == [f"workflow:{flow.pk}"], "one trouble"


@pytest.mark.parametrize(
    ("beat", "due", "is_warned"),
    [(90, 90, True), (None, 90, True), (5, 90, False), (90, None, False), (90, 10, False)],
)
def test_a_row_says_that_messages_are_due_and_no_dispatcher_runs(ada, flow, beat, due, is_warned):
    messages(flow, [minutes_ago(30, status="accepted")])
    if beat:
        Heartbeat.objects.create(pk=1, at=NOON - timedelta(seconds=beat))
    if due:
        messages(
            flow,
            [minutes_ago(30, status="queued", final_at=None, due_at=NOON - timedelta(seconds=due))],
        )
    html = opened(ada, "/").html
    said = "Queued messages are not leaving" in html
    assert said == is_warned == ("manage.py dispatch" in html)


def test_the_home_shows_the_top_and_the_page_all(ada, flow):
    flows = [workflow_of(flow.account, f"Flow {n}") for n in range(9)]
    messages(
        flow,
        [
            minutes_ago(50 - n, status="unknown", workflow_instance=each)
            for n, each in enumerate(flows)
        ],
    )
    names = [f"1 outcome unknown: Flow {n}" for n in range(9)]
    assert [each.title for each in needs(ada, "/")] == names[:6]
    assert [each.title for each in needs(ada)] == names
    assert "Show 3 more" in words_of(ada.get("/"))


def test_only_who_can_end_a_trouble_has_the_list(priya, rosa, nina, flow):
    for browser in (priya, rosa, nina):
        assert browser.get("/needs-you/").status_code == 403
        assert "needs" not in browser.get("/").context


# --- the number in the menu -----------------------------------------------------------------------


def test_the_menu_counts_the_rows_for_who_can_end_them_and_for_nobody_else(ada, rosa, priya, flow):
    messages(flow, [minutes_ago(5, status="unknown")])
    assert badges_at(ada, "/needs-you/") == ["1"]
    assert badges_at(rosa, "/needs-you/") == badges_at(priya, "/needs-you/") == []
    assert badges_at(rosa, "/") == badges_at(priya, "/") == [""]


def test_most_pages_take_the_number_from_the_last_count(ada, flow):
    messages(flow, [minutes_ago(5, status="unknown")])
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            ada.get("/me/")
        counts.append(len(queries))
    assert counts[1] < counts[0] - 5
    Invocation.objects.update(status="accepted")
    ada.get("/")
    assert badges_at(ada, "/needs-you/") == [""], "the list itself is read anew"


def test_the_number_of_queries_does_not_grow_with_the_messages(ada, flow):
    counts = []
    for _ in range(2):
        messages(flow, [minutes_ago(5, status=each) for each in ("unknown", "held", "queued")] * 5)
        with CaptureQueriesContext(connection) as queries:
            ada.get("/needs-you/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30
