"""What waits for a person: one line for each cause, with its remedy."""

from datetime import timedelta

import pytest

from invocations.sending import pause, rate_limit
from tests.many import messages, real_account, workflow_of
from tests.views.monitoring.dashboard_page import NOON, count_listed, minutes_ago
from tests.views.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def waiting_lines(answer):
    """For each line of "Needs attention": status, count and title, age, what to do."""
    groups = answer.context["waiting"]
    return [
        (str(each.meaning.label), f"{each.n} × {each.title}", each.age, str(each.next.says))
        for each in groups
    ]


@pytest.fixture
def waiting_messages(flow):
    """Messages that wait for a new key, a corrected workflow ID, a lost answer or a lost result."""
    other = workflow_of(real_account("Kaveri Europe", "api.eu.kaleyra.io"), "Order delayed")
    lost = workflow_of(flow.account, "Lost")
    held = {
        "status": "held",
        "reason": "credentials",
        "error_kind": "Unauthorized",
        "workflow_instance": other,
        "final_at": None,
    }
    doubt = {"status": "unknown", "reason": "timeout"}
    columns = [
        *(minutes_ago(n, **held) for n in (48, 40, 30)),
        *(minutes_ago(n, status="queued", workflow_instance=other) for n in (20, 19)),
        minutes_ago(70, status="queued", workflow_instance=lost),
        *(minutes_ago(n, **doubt) for n in (31, 9)),
        minutes_ago(8, status="unknown", reason="server_error"),
        minutes_ago(3 * 24 * 60, status="accepted", delivery="no_result", result_due_at=NOON),
        minutes_ago(8 * 24 * 60, status="accepted", delivery="no_result", result_due_at=NOON),
        minutes_ago(2, status="queued"),
    ]
    messages(flow, columns)
    rate_limit.update_from_attempts(other.account, [("credentials", None)])
    pause.pause_workflow(lost.pk, "no_such_workflow")


def test_messages_waiting_for_the_same_cause_share_a_line(priya, waiting_messages):
    answer = priya.get("/")
    assert waiting_lines(answer) == [
        ("Queued", "1 × Lost", "70 min", "Ask an admin to check the workflow ID."),
        ("Held", "3 × Kaveri Europe", "48 min", "Ask an admin to store an API key."),
        (
            "Outcome unknown",
            "3 × Refund confirmed",
            "31 min",
            "Check safely, or ask an admin to settle them",
        ),
        ("Queued", "2 × Kaveri Europe", "20 min", "Ask an admin to store an API key."),
        (
            "No result received",
            "1 × Refund confirmed",
            "3 d",
            "Ask an admin to check how its results come in.",
        ),
    ]
    assert answer.context["waiting"][2].why == (
        "2 × No answer came in time."
        " 1 × Kaleyra’s server failed without saying whether it had taken the message."
    )


def test_each_line_links_to_its_messages_and_for_admins_to_the_remedy(ada, waiting_messages):
    answer = ada.get("/")
    for group in answer.context["waiting"]:
        assert count_listed(ada, group.address) == group.n, group
        assert ada.get(group.next.address).status_code == 200, group
    assert [line[3] for line in waiting_lines(answer)] == [
        "Check the workflow ID",
        "Store an API key",
        "Check safely, or settle them",
        "Store an API key",
        "Check how its results come in",
    ]


def test_while_all_sending_is_stopped_queued_messages_wait_for_that(ada, priya, waiting_messages):
    pause.stop_everything("A wrong text went out", ada.person)
    for browser, says in (
        (ada, "See the stop"),
        (priya, "Ask an admin to resume all sending."),
    ):
        queued = [line for line in waiting_lines(browser.get("/")) if line[0] == "Queued"]
        assert queued == [("Queued", "4 × all sending", "70 min", says)]


@pytest.mark.parametrize("what", ["account", "workflow", "everything"])
def test_while_sending_is_paused_no_check_is_offered(priya, ada, flow, what):
    messages(flow, [minutes_ago(5, status="unknown")])
    if what == "everything":
        pause.stop_everything("A wrong text went out", None)
    else:
        paused = flow if what == "workflow" else flow.account
        type(paused).objects.filter(pk=paused.pk).update(is_paused=True)
    assert [line[3] for line in waiting_lines(ada.get("/"))] == [
        "Settle them: while it is paused none can be checked"
    ]
    assert [line[3] for line in waiting_lines(priya.get("/"))] == [
        "Ask an admin to settle them: while it is paused none can be checked"
    ]


def test_a_message_too_old_to_check_is_not_offered_for_checking(priya, ada, flow):
    old = minutes_ago(25 * 60, status="unknown", reason="timeout")
    messages(flow, [old, minutes_ago(5, status="unknown", not_after=NOON - timedelta(minutes=1))])
    assert [line[3] for line in waiting_lines(ada.get("/"))] == [
        "Settle them: they are too old to be checked"
    ]
    messages(flow, [minutes_ago(5, status="unknown", not_after=NOON + timedelta(minutes=1))])
    assert [line[3] for line in waiting_lines(ada.get("/"))] == ["Check safely, or settle them"]


def test_without_rights_to_check_or_settle_the_line_names_whom_to_ask(rosa, flow):
    messages(flow, [minutes_ago(5, status="unknown", reason="timeout")])
    assert [line[3] for line in waiting_lines(rosa.get("/"))] == ["Ask an admin to settle them"]


def test_held_messages_of_an_active_account_need_nobody_and_unreadable_ones_an_operator(
    priya, flow
):
    other = workflow_of(real_account("Kaveri Europe", "api.eu.kaleyra.io"), "Flow")
    columns = [minutes_ago(5, status="held", reason="no_key")]
    messages(
        flow,
        [
            *columns,
            minutes_ago(4, status="held", reason="unreadable_message", workflow_instance=other),
        ],
    )
    held, unreadable = (line[3] for line in waiting_lines(priya.get("/")))
    assert held.startswith("Nothing: its account is resumed")
    assert "FIELD_ENCRYPTION_KEYS" in unreadable


def test_lines_beyond_the_limit_are_folded_away_but_not_all_missing_results(priya, flow):
    flows = [workflow_of(flow.account, f"Flow {n}") for n in range(10)]
    missing = {"status": "accepted", "delivery": "no_result", "result_due_at": NOON}
    messages(
        flow,
        [
            minutes_ago(n, workflow_instance=each, **missing)
            for n, each in zip((3, 2, 1), flows, strict=False)
        ],
    )
    messages(
        flow,
        [
            minutes_ago(50 - n, status="unknown", workflow_instance=each)
            for n, each in enumerate(flows)
        ],
    )
    answer = priya.get("/")
    names = [f"1 × Flow {n}" for n in range(10)]
    assert [line[1] for line in waiting_lines(answer)] == [*names[:6], *names[:2]]
    assert [f"{each.n} × {each.title}" for each in answer.context["more_waiting"]] == [
        *names[6:],
        names[2],
    ]
    assert "Show 5 more" in words_of(answer)
    assert f"workflow={flows[9].pk}" in answer.content.decode().partition("Show 5 more")[2]


def test_it_says_so_when_nothing_waits(priya, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    words = (
        "Nothing is held, every outcome is known, and no result of the last seven days is missing."
    )
    assert words in words_of(priya.get("/"))
