"""What became of the messages: every figure is right, leads to what it counts, and is quick however many there are."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from invocations.models import Heartbeat, Incident, Invocation, Quarter
from invocations.monitoring import statistics
from invocations.monitoring.sweep import sweep
from invocations.sending import pause, rate_limit
from invocations.views.monitoring import charts
from invocations.views.monitoring.charts import Column, Series
from tests.many import messages, real_account, workflow_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    """It is ten past twelve, in the page and in the rows."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


@pytest.fixture
def flow(db):
    return workflow_of(real_account(), "Refund confirmed", expects_callback=True)


def minutes_ago(n, **columns):
    return {
        "created_at": NOON - timedelta(minutes=n),
        "final_at": NOON - timedelta(minutes=n),
        **columns,
    }


def reached(n, channel, **columns):
    took = {
        "delivery": "completed",
        "result_due_at": NOON,
        "result_at": NOON - timedelta(minutes=n) + timedelta(seconds=30),
    }
    return minutes_ago(n, status="accepted", deciding_channel=channel, **took, **columns)


EVERYTHING = [
    *(reached(n, 1) for n in (5, 6, 70)),
    *(reached(n, 2, may_be_double=n == 7) for n in (7, 8)),
    reached(9, 0),
    reached(10, None),
    minutes_ago(11, status="accepted", delivery="awaiting", result_due_at=NOON),
    minutes_ago(12, status="accepted", delivery="no_result", result_due_at=NOON),
    *(minutes_ago(n, status="rejected", error_kind="not published") for n in (13, 14)),
    minutes_ago(15, status="unknown"),
    minutes_ago(16, status="held"),
    minutes_ago(17, status="queued"),
    minutes_ago(18, status="expired", reason="too_late"),
]
YESTERDAY = [
    minutes_ago(24 * 60, status="accepted"),
    minutes_ago(13 * 60, status="rejected", error_kind="older"),
]


def text_of(answer):
    return re.sub(r"\s+", " ", unescape(strip_tags(answer.content.decode())))


def tiles_of(answer):
    return {
        str(tile["label"]): tile["shown"]
        for row in answer.context["tiles"].values()
        for tile in row
    }


def test_todays_figures(priya, flow):
    messages(flow, EVERYTHING + YESTERDAY)
    assert tiles_of(priya.get("/")) == {
        "Accepted": "9",
        "Delivered on WhatsApp": "3",
        "Delivered by SMS": "2",
        "May have been received twice": "1",
        "Not delivered": "1",
        "Delivery not confirmed": "1",
        "No result received": "1",
        "Awaiting result": "1",
        "Rejected": "2",
        "Outcome unknown": "1",
        "Held": "1",
        "Expired": "1",
    }


def listed(browser, address):
    """How many messages the history lists there."""
    answer = browser.get(address)
    assert not answer.context["filters"].told
    return len(answer.context["rows"])


@pytest.fixture
def many_kinds(flow, workflow):
    """Flows of every shape, practice beside them, and of each state another number."""
    shapes = [("sms", "whatsapp"), ("sms",), ("whatsapp",)]
    others = [
        workflow_of(flow.account, f"Flow {n}", kinds=kinds, expects_callback=True)
        for n, kinds in enumerate(shapes)
    ]
    columns = []
    for one in (flow, *others, workflow):
        places = {channel.position for channel in one.channels.all()}
        fit = [
            each for each in EVERYTHING + YESTERDAY if (each.get("deciding_channel") or 1) in places
        ]
        columns += [{"workflow_instance": one, **each} for each in fit]
    states = [
        reached(4, 0),
        reached(4, None),
        *(each for each in EVERYTHING if each.get("delivery") in ("no_result", "awaiting")),
    ]
    states += [minutes_ago(4, status=status) for status in ("unknown", "held", "expired")]
    columns += [each for n, each in enumerate(states, start=1) for _ in range(n)]
    messages(flow, columns)  # at once, so that the ids are in the order in which they were recorded
    return [flow, *others]


@pytest.mark.parametrize("days", [1, 7, 30])
def test_each_figure_leads_to_the_messages_it_counts_and_to_no_other(priya, many_kinds, days):
    answer = priya.get("/", {"days": days})
    tiles = [each for row in answer.context["tiles"].values() for each in row]
    assert len(tiles) == 12 and "practice=without" in tiles[0]["address"]
    for tile in tiles:
        assert tile["address"] in answer.content.decode().replace("&amp;", "&")
        assert listed(priya, tile["address"]) == int(tile["shown"]), tile["label"]


def test_each_figure_of_a_workflow_does_so_too(priya, many_kinds):
    rows = priya.get("/").context["workflows"]
    assert {row["workflow"].title for row in rows} == {flow.title for flow in many_kinds}
    for row in rows:
        for cell in row["cells"]:
            if cell["count"] is not None:
                assert listed(priya, cell["address"]) == cell["count"], (
                    row["workflow"],
                    cell["head"],
                )


def test_each_reason_leads_to_the_refusals_with_it(priya, many_kinds):
    messages(
        many_kinds[0],
        [
            minutes_ago(3, status="rejected"),
            minutes_ago(3, status="rejected", reason="settled_not_delivered"),
        ],
    )
    first, silent = priya.get("/").context["refusals"]
    assert listed(priya, first["address"]) == first["refusal"].times == 8
    assert (silent["refusal"].error_kind, silent["refusal"].times, silent["address"]) == (
        "",
        1,
        "",
    ), "what a person settled is no refusal"


def test_kinds_that_stand_at_both_places_are_counted_by_place(priya, many_kinds):
    found = tiles_of(priya.get("/"))
    assert (found["Delivered on channel 1"], found["Delivered on channel 2"]) == ("12", "4")
    assert "Delivered by SMS" not in found


@pytest.mark.parametrize(
    ("kinds", "channel", "shown"),
    [
        (("sms",), 1, ("1", "0")),
        (("whatsapp",), 1, ("0", "1")),
        (("sms", "whatsapp"), 2, ("0", "1")),
        (("whatsapp", "sms"), 2, ("1", "0")),
    ],
)
def test_one_kind_alone_leaves_the_other_at_nothing(priya, flow, kinds, channel, shown):
    messages(workflow_of(flow.account, "Alone", kinds=kinds), [reached(5, channel)])
    answer = priya.get("/")
    found = tiles_of(answer)
    assert (found["Delivered by SMS"], found["Delivered on WhatsApp"]) == shown
    for tile in answer.context["tiles"]["main"]:
        assert listed(priya, tile["address"]) == int(tile["shown"])


def test_seven_days_count_those_before_too(priya, flow):
    messages(flow, [*EVERYTHING, *YESTERDAY, minutes_ago(8 * 24 * 60, status="accepted")])
    found = tiles_of(priya.get("/?days=7"))
    assert (found["Accepted"], found["Rejected"]) == ("10", "3")
    assert tiles_of(priya.get("/?days=30"))["Accepted"] == "11"


@pytest.mark.parametrize("days", ["0", "-1", "31", "7.0", "x", "9" * 400, "٧"])
def test_another_period_is_today(priya, days):
    assert priya.get("/", {"days": days}).context["days"] == 1


def test_the_day_begins_at_the_persons_midnight(priya, flow):
    messages(flow, [minutes_ago(n, status="accepted") for n in (5, 12 * 60, 17 * 60, 18 * 60 - 10)])
    assert tiles_of(priya.get("/"))["Accepted"] == "2"
    priya.cookies["timezone"] = "Asia/Kolkata"  # since 18:30 UTC
    assert tiles_of(priya.get("/"))["Accepted"] == "3"
    priya.cookies["timezone"] = "Asia/Kathmandu"  # since 18:15 UTC
    assert tiles_of(priya.get("/"))["Accepted"] == "4"


def test_a_row_for_each_workflow(priya, flow):
    quiet = workflow_of(flow.account, "Newsletter", kinds=("sms",))
    messages(flow, EVERYTHING)
    messages(quiet, [minutes_ago(3, status="accepted")])
    first, second = priya.get("/").context["workflows"]
    assert {str(cell["head"]): cell["count"] for cell in first["cells"]} == {
        "Recorded": 15,
        "Accepted": 9,
        "Rejected": 2,
        "Channel 1": 3,
        "Channel 2": 2,
        "Not delivered": 1,
        "Not confirmed": 1,
        "Maybe twice": 1,
    }
    assert [cell["kind"] for cell in first["cells"] if cell["kind"]] == [
        "WhatsApp",
        "SMS",
    ] and first["took"] == "30 s"
    assert second["workflow"] == quiet and not second["has_results"] and second["took"] == "–"
    assert "reports no results" in priya.get("/").content.decode()


def test_two_workflows_of_one_name_are_told_apart_by_their_accounts(priya, flow):
    again = workflow_of(real_account("Kaveri Europe", "api.eu.kaleyra.io"), flow.title)
    messages(
        flow,
        [
            minutes_ago(3, workflow_instance=each)
            for each in (flow, again, workflow_of(flow.account, "Newsletter"))
        ],
    )
    named = {(row["workflow"].title, row["account"]) for row in priya.get("/").context["workflows"]}
    assert named == {
        (flow.title, "Kaveri Foods"),
        (flow.title, "Kaveri Europe"),
        ("Newsletter", ""),
    }


def test_the_chart_adds_up_to_what_was_recorded_and_is_green_nowhere(priya, flow):
    messages(flow, EVERYTHING)
    answer = priya.get("/")
    chart = answer.context["chart"]
    assert sum(sum(column.counts) for column in chart.columns) == len(EVERYTHING)
    assert {
        column.label: list(column.counts) for column in chart.columns if any(column.counts)
    } == {
        "11:00": [1, 0, 0, 2, 2, 4],
        "12:00": [2, 2, 1, 0, 1, 0],
    }
    assert {rect.tone for rect in chart.rects} == {
        "whatsapp",
        "sms",
        "unknown",
        "accepted",
        "rejected",
        "neutral",
    }
    assert (
        "style="
        not in answer.content.decode().partition('<svg class="graph"')[2].partition("</svg>")[0]
    )


def test_what_was_refused_and_yet_has_a_result_is_counted_once_and_as_the_tiles_count_it(
    priya, flow
):
    refused = {"status": "rejected", "reason": "rejected"}
    settled = {"status": "rejected", "reason": "settled_not_delivered"}
    messages(
        flow,
        [
            *EVERYTHING,
            *(
                reached(4, channel) | why
                for why in (refused, settled)
                for channel in (None, 0, 1, 2)
            ),
        ],
    )
    messages(
        flow,
        [minutes_ago(4, **settled), minutes_ago(4, status="accepted", reason="settled_delivered")],
    )
    answer = priya.get("/")
    found, columns = tiles_of(answer), answer.context["chart"].columns
    charted = {
        str(one.label): sum(each)
        for one, *each in zip(
            answer.context["series"], *(column.counts for column in columns), strict=True
        )
    }
    assert charted == {
        "WhatsApp": int(found["Delivered on WhatsApp"]),
        "SMS": int(found["Delivered by SMS"]),
        "Delivery not confirmed": int(found["Delivery not confirmed"]),
        "Accepted, no result": 3,
        "Rejected or not delivered": int(found["Not delivered"]) + 3,
        "Others": 4,
    }
    assert sum(charted.values()) == 25
    care = {str(tile["label"]): tile for tile in answer.context["tiles"]["care"]}
    assert (
        care["Rejected"]["note"] == "5 of them settled as not delivered"
        and "every channel failed" in care["Not delivered"]["note"]
    )


def test_the_chart_says_in_words_what_it_shows(priya, flow):
    messages(flow, EVERYTHING)
    said = "15 messages by the hour and by how they ended; the most, 9, at 11:00."
    assert said in priya.get("/").content.decode()
    assert "15 messages by the day" in priya.get("/?days=7").context["chart_says"]


def test_where_no_result_is_reported_no_share_is_claimed(priya, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    notes = [tile["note"] for tile in priya.get("/").context["tiles"]["main"]]
    assert notes[1:3] == ["no results were reported"] * 2
    messages(flow, [reached(5, 1)])
    assert priya.get("/").context["tiles"]["main"][1]["note"] == "50 % of the accepted ones"


def test_sms_first_is_counted_as_sms(priya, flow):
    other = workflow_of(flow.account, "SMS first", kinds=("sms", "whatsapp"))
    messages(other, [reached(5, 1), reached(6, 1), reached(7, 2)])
    found = tiles_of(priya.get("/"))
    assert (found["Delivered on WhatsApp"], found["Delivered by SMS"]) == ("1", "2")


def test_why_kaleyra_refused(priya, flow):
    messages(flow, EVERYTHING + YESTERDAY)
    [only] = priya.get("/").context["refusals"]
    assert (only["refusal"].error_kind, only["refusal"].times) == ("not published", 2)


# --- what waits -------------------------------------------------------------------------------------------------------


def waits(answer):
    """The lines of what waits: status, how many and of what, age, what to do."""
    groups = answer.context["waiting"]
    return [
        (str(each.meaning.label), f"{each.n} × {each.title}", each.age, str(each.next.says))
        for each in groups
    ]


@pytest.fixture
def trouble(flow):
    """A key was refused, Kaleyra knows no such workflow, answers did not come, and results neither."""
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


def test_what_waits_is_one_line_for_all_that_wait_for_the_same(priya, trouble):
    answer = priya.get("/")
    assert waits(answer) == [
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
        "2 × No answer came in time. 1 × Kaleyra’s server failed without saying whether it had taken the message."
    )


def test_each_line_leads_to_just_these_messages_and_an_admin_to_the_cure(ada, trouble):
    answer = ada.get("/")
    for group in answer.context["waiting"]:
        assert listed(ada, group.address) == group.n, group
        assert ada.get(group.next.address).status_code == 200, group
    assert [said for *_which, said in waits(answer)] == [
        "Check the workflow ID",
        "Store an API key",
        "Check safely, or settle them",
        "Store an API key",
        "Check how its results come in",
    ]


def test_under_the_brake_all_that_is_queued_waits_for_it(ada, priya, trouble):
    pause.stop_everything("A wrong text went out", ada.person)
    for browser, says in (
        (ada, "Look at the brake"),
        (priya, "Ask an admin to let all sending go on."),
    ):
        queued = [line for line in waits(browser.get("/")) if line[0] == "Queued"]
        assert queued == [("Queued", "4 × all sending", "70 min", says)]


@pytest.mark.parametrize("what", ["account", "workflow", "everything"])
def test_while_something_is_paused_no_check_is_offered(priya, ada, flow, what):
    messages(flow, [minutes_ago(5, status="unknown")])
    if what == "everything":
        pause.stop_everything("A wrong text went out", None)
    else:
        paused = flow if what == "workflow" else flow.account
        type(paused).objects.filter(pk=paused.pk).update(is_paused=True)
    assert [line[3] for line in waits(ada.get("/"))] == [
        "Settle them: while it is paused none can be checked"
    ]
    assert [line[3] for line in waits(priya.get("/"))] == [
        "Ask an admin to settle them: while it is paused none can be checked"
    ]


def test_what_is_too_old_to_be_checked_is_not_offered_to_be(priya, ada, flow):
    old = minutes_ago(25 * 60, status="unknown", reason="timeout")
    messages(flow, [old, minutes_ago(5, status="unknown", not_after=NOON - timedelta(minutes=1))])
    assert [line[3] for line in waits(ada.get("/"))] == [
        "Settle them: they are too old to be checked"
    ]
    messages(flow, [minutes_ago(5, status="unknown", not_after=NOON + timedelta(minutes=1))])
    assert [line[3] for line in waits(ada.get("/"))] == ["Check safely, or settle them"]


def test_who_may_neither_check_nor_settle_is_told_whom_to_ask(rosa, flow):
    messages(flow, [minutes_ago(5, status="unknown", reason="timeout")])
    assert [line[3] for line in waits(rosa.get("/"))] == ["Ask an admin to settle them"]


def test_held_ones_whose_account_goes_on_need_nobody_and_unreadable_ones_somebody_else(priya, flow):
    other = workflow_of(real_account("Kaveri Europe", "api.eu.kaleyra.io"), "Flow")
    columns = [minutes_ago(5, status="held", reason="no_key")]
    messages(
        flow,
        [
            *columns,
            minutes_ago(4, status="held", reason="unreadable_message", workflow_instance=other),
        ],
    )
    said = [line[3] for line in waits(priya.get("/"))]
    assert said[0].startswith("Nothing: its account goes on") and "FIELD_ENCRYPTION_KEYS" in said[1]


def test_more_lines_than_fit_are_folded_away_and_missing_results_are_not_all_among_them(
    priya, flow
):
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
    assert [line[1] for line in waits(answer)] == [*names[:6], *names[:2]]
    assert [f"{each.n} × {each.title}" for each in answer.context["more_waiting"]] == [
        *names[6:],
        names[2],
    ]
    assert (
        "Show 5 more" in text_of(answer)
        and f"workflow={flows[9].pk}" in answer.content.decode().partition("Show 5 more")[2]
    )


def test_nothing_waits(priya, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    assert (
        "Nothing is held, every outcome is known, and no result of the last seven days is missing."
        in text_of(priya.get("/"))
    )


# --- practice ---------------------------------------------------------------------------------------------------------


def test_practice_is_counted_as_long_as_there_is_nothing_else(priya, workflow):
    messages(workflow, [minutes_ago(5, status="accepted")])
    answer = priya.get("/")
    assert tiles_of(answer)["Accepted"] == "1" and "nobody’s phone rang" in answer.content.decode()


def test_practice_is_left_out_once_there_is_something_else(priya, workflow, flow):
    messages(flow, [minutes_ago(48 * 60, status="accepted")])
    messages(workflow, [minutes_ago(5, status="accepted")])
    answer = priya.get("/")
    assert (
        tiles_of(answer)["Accepted"] == "0"
        and "1 practice message is not counted here" in answer.content.decode()
    )
    assert answer.context["chart"].is_empty and not answer.context["workflows"]
    assert {
        "practice=without" in tile["address"]
        for tiles in answer.context["tiles"].values()
        for tile in tiles
    } == {True}


# --- what is wrong ----------------------------------------------------------------------------------------------------


def test_an_open_incident_is_a_banner_and_one_that_is_over_a_line(priya, flow):
    common = {
        "account": flow.account,
        "workflow_instance": flow,
        "opened_at": NOON,
        "last_at": NOON,
    }
    Incident.objects.create(kind="refusals", reason="not published", count=3, **common)
    Incident.objects.create(kind="unknown", closed_at=NOON, **common)
    Incident.objects.create(kind="no_results", closed_at=NOON - timedelta(days=8), **common)
    answer = priya.get("/")
    assert [each["words"].title for each in answer.context["banners"]] == [
        "3 refusals of one kind: Refund confirmed"
    ]
    assert (
        len(answer.context["incidents"]) == 2
        and "Kaleyra says: “not published”" in answer.content.decode()
    )
    assert f"/history/?status=rejected&amp;workflow={flow.pk}" in answer.content.decode()


@pytest.mark.parametrize(
    ("beat", "due", "told"),
    [(90, 90, True), (None, 90, True), (5, 90, False), (90, None, False), (90, 10, False)],
)
def test_if_something_is_due_and_nobody_at_work_it_says_so(priya, flow, beat, due, told):
    if beat:
        Heartbeat.objects.create(pk=1, at=NOON - timedelta(seconds=beat))
    if due:
        messages(
            flow,
            [minutes_ago(30, status="queued", final_at=None, due_at=NOON - timedelta(seconds=due))],
        )
    said = priya.get("/").content.decode()
    assert ("No dispatcher has been at work" in said) == told == ("manage.py dispatch" in said)


def test_who_may_not_read_the_history_sees_no_figure(nina, flow):
    messages(flow, EVERYTHING)
    answer = nina.get("/")
    assert (
        "tiles" not in answer.context
        and "banners" not in answer.context
        and "Refund" not in answer.content.decode()
    )
    assert "Ask an admin to put you into a group" in text_of(answer)


def test_who_reads_the_history_is_not_told_to_ask_for_it(priya, flow):
    assert "Ask an admin to put you into a group" not in text_of(priya.get("/"))


def test_where_the_menu_counts_more_unknown_outcomes_than_the_tile_it_is_said(
    priya, flow, workflow
):
    messages(flow, [minutes_ago(5, status="unknown")])
    notes = [
        tile["note"]
        for tile in priya.get("/").context["tiles"]["care"]
        if tile["name"] == "unknown"
    ]
    messages(workflow, [minutes_ago(4, status="unknown")])
    notes += [
        tile["note"]
        for tile in priya.get("/").context["tiles"]["care"]
        if tile["name"] == "unknown"
    ]
    assert notes == ["", "2 in all, with practice and other days"]


def test_looking_writes_nothing(priya, flow):
    messages(flow, EVERYTHING)
    with CaptureQueriesContext(connection) as queries:
        priya.get("/")
    assert not [
        each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]


# --- many -------------------------------------------------------------------------------------------------------------


def test_how_often_the_database_is_asked_does_not_grow_with_the_messages(priya, flow):
    counts = []
    for _ in range(2):
        messages(flow, EVERYTHING * 3)
        with CaptureQueriesContext(connection) as queries:
            priya.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 34


def test_many_are_counted_ahead_by_the_sweep_and_add_up_to_the_same(priya, flow, monkeypatch):
    messages(flow, EVERYTHING + YESTERDAY)
    live = [tiles_of(priya.get(address)) for address in ("/", "/?days=7")]
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 5)
    assert (
        not priya.get("/").context["figures"].is_whole
        and "figures are too low" in priya.get("/").content.decode()
    )
    while statistics.count_due_quarters(NOON):
        pass
    answers = [priya.get(address) for address in ("/", "/?days=7")]
    assert [tiles_of(answer) for answer in answers] == live
    assert all(
        answer.context["figures"].is_whole and not answer.context["figures"].is_live
        for answer in answers
    )


def test_what_was_sent_just_now_is_counted_at_once_even_then(priya, flow, monkeypatch):
    messages(flow, YESTERDAY + EVERYTHING)
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 14)
    while statistics.count_due_quarters(NOON):
        pass
    before = int(tiles_of(priya.get("/?days=7"))["Accepted"])
    Invocation.objects.filter(status="accepted", created_at__gt=NOON - timedelta(minutes=6)).update(
        status="held"
    )
    assert int(tiles_of(priya.get("/?days=7"))["Accepted"]) == before - 1


def test_a_quarter_is_counted_again_when_its_age_has_grown_by_a_tenth(flow, monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 0)
    [row] = messages(flow, [minutes_ago(100, status="unknown")])
    while statistics.count_due_quarters(NOON):
        pass
    Invocation.objects.filter(pk=row.pk).update(status="accepted")
    quarter = Quarter.objects.get(begins_at=NOON - timedelta(minutes=100))
    assert quarter.counts == {
        str(flow.pk): {"recorded": 1, "unknown": 1}
    } and quarter.recount_at == NOON + timedelta(minutes=10)
    while statistics.count_due_quarters(NOON + timedelta(minutes=11)):
        pass
    quarter.refresh_from_db()
    assert quarter.counts == {str(flow.pk): {"recorded": 1, "accepted": 1, "unreported": 1}}


def test_what_is_older_than_any_period_is_not_kept(flow, monkeypatch):
    monkeypatch.setattr(statistics, "COUNTED_AT_ONCE", 0)
    messages(flow, [minutes_ago(5)])
    Quarter.objects.create(begins_at=NOON - timedelta(days=40), recount_at=NOON)
    statistics.count_due_quarters(NOON)
    assert not Quarter.objects.filter(begins_at__lt=NOON - timedelta(days=32))


def test_few_messages_need_no_counting_ahead(flow):
    messages(flow, EVERYTHING)
    sweep()
    assert not Quarter.objects.exists()


# --- charts -----------------------------------------------------------------------------------------------------------

TWO = (Series("whatsapp", "WhatsApp"), Series("sms", "SMS"))


def test_bars_are_as_high_as_their_counts():
    chart = charts.stacked(TWO, [Column("a", [10, 0]), Column("b", [5, 20])])
    a, b, c = chart.rects
    assert float(a.height) == pytest.approx(2 * float(b.height), rel=0.1) and float(c.y) < float(
        b.y
    )
    assert [line.text for line in chart.grid] == ["0", "10", "20", "30"]


def test_beside_one_of_thousands_the_few_are_still_seen():
    chart = charts.stacked(TWO, [Column("a", [1, 0]), Column("b", [0, 90_000])])
    assert (
        float(chart.rects[0].height) == charts.LEAST
        and [line.text for line in chart.grid][-1] == "100k"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (500, "500"), (1_500, "1.5k"), (20_000, "20k"), (2_000_000, "2M")]
)
def test_the_grids_numbers_are_short(value, text):
    assert charts.short(value) == text


def test_a_phones_chart_shows_the_same_in_less_room():
    wide, narrow = (
        charts.stacked(TWO, [Column("a", [10, 5]), Column("b", [5, 20])], width)
        for width in (charts.WIDE, charts.NARROW)
    )
    assert [rect.height for rect in wide.rects] == [rect.height for rect in narrow.rects]
    assert (
        max(float(rect.x) + float(rect.width) for rect in narrow.rects) <= narrow.right < wide.right
    )


@pytest.mark.parametrize("highest", [0, 1, 3, 99, 1_000_000])
def test_a_grid_has_few_lines_and_holds_every_bar(highest):
    chart = charts.stacked(TWO, [Column("a", [highest, 0])])
    assert 2 <= len(chart.grid) <= 6 and all(
        float(rect.y) >= charts.TOP - 1 for rect in chart.rects
    )


def test_nothing_is_an_empty_chart():
    assert charts.stacked(TWO, []).is_empty and charts.shares(TWO, [0, 0]) == []


def test_shares_fill_the_bar():
    assert sum(float(rect.width) for rect in charts.shares(TWO, [1, 2])) == pytest.approx(
        100, abs=0.1
    )
