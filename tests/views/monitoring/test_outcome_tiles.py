"""The figures of the dashboard are right, and each links to the messages it counts."""

import pytest

from invocations.models import WorkflowInstance
from tests.many import messages, real_account, workflow_of
from tests.views.monitoring.dashboard_page import (
    EVERY_STATUS,
    YESTERDAY,
    completed,
    count_listed,
    minutes_ago,
    tiles_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def test_todays_figures(rosa, flow):
    messages(flow, EVERY_STATUS + YESTERDAY)
    assert tiles_of(rosa.get("/?days=1")) == {
        "Accepted": "9",
        "Delivered on WhatsApp": "3",
        "Delivered by SMS": "2",
        "May have arrived twice": "1",
        "Not delivered": "1",
        "Delivery not confirmed": "1",
        "No result received": "1",
        "Awaiting result": "1",
        "Rejected": "2",
        "Outcome unknown": "1",
        "On hold": "1",
        "Expired": "1",
    }


@pytest.fixture
def many_kinds(flow, workflow):
    """Workflows of every order of channels, and for practice; each status has its own count."""
    shapes = [("sms", "whatsapp"), ("sms",), ("whatsapp",)]
    others = [
        workflow_of(flow.account, f"Flow {n}", kinds=kinds, expects_callback=True)
        for n, kinds in enumerate(shapes)
    ]
    columns = []
    for one in (flow, *others, workflow):
        positions = {channel.position for channel in one.channels.all()}
        for each in EVERY_STATUS + YESTERDAY:
            if (each.get("deciding_channel") or 1) in positions:
                columns.append({"workflow_instance": one, **each})
    states = [
        completed(4, 0),
        completed(4, None),
        *(each for each in EVERY_STATUS if each.get("delivery") in ("no_result", "awaiting")),
    ]
    states += [minutes_ago(4, status=status) for status in ("unknown", "held", "expired")]
    columns += [each for n, each in enumerate(states, start=1) for _ in range(n)]
    # In one call, so that the ids are in the order in which the messages were recorded.
    messages(flow, columns)
    return [flow, *others]


@pytest.mark.parametrize("days", [1, 7, 30])
def test_each_tile_links_to_exactly_the_messages_it_counts(rosa, many_kinds, days):
    answer = rosa.get("/", {"days": days})
    tiles = [each for row in answer.context["tiles"].values() for each in row]
    assert len(tiles) == 12 and "practice=without" in tiles[0]["address"]
    for tile in tiles:
        assert tile["address"] in answer.content.decode().replace("&amp;", "&")
        assert count_listed(rosa, tile["address"]) == int(tile["shown"]), tile["label"]


def test_each_count_of_a_workflow_links_to_the_messages_it_counts(rosa, many_kinds):
    rows = rosa.get("/?days=1").context["workflows"]
    assert {row["workflow"].title for row in rows} == {flow.title for flow in many_kinds}
    for row in rows:
        for cell in row["cells"]:
            if cell["count"] is not None:
                assert count_listed(rosa, cell["address"]) == cell["count"], (
                    row["workflow"],
                    cell["head"],
                )


def test_each_refusal_reason_links_to_its_messages(rosa, many_kinds):
    messages(
        many_kinds[0],
        [
            minutes_ago(3, status="rejected"),
            minutes_ago(3, status="rejected", reason="settled_not_delivered"),
        ],
    )
    first, silent = rosa.get("/?days=1").context["refusals"]
    assert count_listed(rosa, first["address"]) == first["refusal"].times == 8
    refusal = silent["refusal"]
    shown = (refusal.error_kind, refusal.times, silent["address"])
    assert shown == ("", 1, ""), "a message that a person settled is no refusal"


def test_with_both_channel_orders_deliveries_are_counted_by_position(rosa, many_kinds):
    tiles = tiles_of(rosa.get("/?days=1"))
    assert (tiles["Delivered on the first channel"], tiles["Delivered on the second channel"]) == (
        "12",
        "4",
    )
    assert "Delivered by SMS" not in tiles


@pytest.mark.parametrize(
    ("kinds", "channel", "shown"),
    [
        (("sms",), 1, ("1", "0")),
        (("whatsapp",), 1, ("0", "1")),
        (("sms", "whatsapp"), 2, ("0", "1")),
        (("whatsapp", "sms"), 2, ("1", "0")),
    ],
)
def test_a_kind_that_no_workflow_uses_is_counted_as_zero(rosa, flow, kinds, channel, shown):
    messages(workflow_of(flow.account, "Alone", kinds=kinds), [completed(5, channel)])
    answer = rosa.get("/?days=1")
    tiles = tiles_of(answer)
    assert (tiles["Delivered by SMS"], tiles["Delivered on WhatsApp"]) == shown
    for tile in answer.context["tiles"]["main"]:
        assert count_listed(rosa, tile["address"]) == int(tile["shown"])


def test_longer_periods_count_earlier_days_too(rosa, flow):
    messages(flow, [*EVERY_STATUS, *YESTERDAY, minutes_ago(8 * 24 * 60, status="accepted")])
    tiles = tiles_of(rosa.get("/?days=7"))
    assert (tiles["Accepted"], tiles["Rejected"]) == ("10", "3")
    assert tiles_of(rosa.get("/?days=30"))["Accepted"] == "11"


@pytest.mark.parametrize("days", ["0", "-1", "31", "7.0", "x", "9" * 400, "٧"])
def test_an_invalid_period_shows_the_week(rosa, days):
    assert rosa.get("/", {"days": days}).context["period"].days == 7


def test_the_day_begins_at_the_persons_midnight(rosa, flow):
    messages(flow, [minutes_ago(n, status="accepted") for n in (5, 12 * 60, 17 * 60, 18 * 60 - 10)])
    assert tiles_of(rosa.get("/?days=1"))["Accepted"] == "2"
    rosa.cookies["timezone"] = "Asia/Kolkata"  # since 18:30 UTC
    assert tiles_of(rosa.get("/?days=1"))["Accepted"] == "3"
    rosa.cookies["timezone"] = "Asia/Kathmandu"  # since 18:15 UTC
    assert tiles_of(rosa.get("/?days=1"))["Accepted"] == "4"


def test_each_workflow_has_a_row(rosa, flow):
    quiet = workflow_of(flow.account, "Newsletter", kinds=("sms",))
    messages(flow, EVERY_STATUS)
    messages(quiet, [minutes_ago(3, status="accepted")])
    first, second = rosa.get("/?days=1").context["workflows"]
    assert {str(cell["head"]): cell["count"] for cell in first["cells"]} == {
        "Messages": 15,
        "Accepted": 9,
        "Rejected": 2,
        "First channel": 3,
        "Second channel": 2,
        "Not delivered": 1,
        "Not confirmed": 1,
        "Maybe twice": 1,
    }
    assert [cell["kind"] for cell in first["cells"] if cell["kind"]] == ["WhatsApp", "SMS"]
    assert first["took"] == "30 s"
    assert second["workflow"] == quiet and not second["has_results"] and second["took"] == "–"
    assert "reports no results" in rosa.get("/?days=1").content.decode()


def test_two_workflows_of_one_name_are_told_apart_by_their_accounts(rosa, flow):
    again = workflow_of(real_account("Kaveri Europe", "api.eu.kaleyra.io"), flow.title)
    messages(
        flow,
        [
            minutes_ago(3, workflow_instance=each)
            for each in (flow, again, workflow_of(flow.account, "Newsletter"))
        ],
    )
    named = {
        (row["workflow"].title, row["account"]) for row in rosa.get("/?days=1").context["workflows"]
    }
    assert named == {
        (flow.title, "Kaveri Foods"),
        (flow.title, "Kaveri Europe"),
        ("Newsletter", ""),
    }


def test_without_reported_results_no_share_is_shown(rosa, flow):
    messages(flow, [minutes_ago(5, status="accepted")])
    notes = [tile["note"] for tile in rosa.get("/?days=1").context["tiles"]["main"]]
    assert notes[1:3] == ["no results were reported"] * 2
    messages(flow, [completed(5, 1)])
    assert rosa.get("/?days=1").context["tiles"]["main"][1]["note"] == "50 % of the accepted ones"


def test_sms_first_is_counted_as_sms(rosa, flow):
    other = workflow_of(flow.account, "SMS first", kinds=("sms", "whatsapp"))
    messages(other, [completed(5, 1), completed(6, 1), completed(7, 2)])
    tiles = tiles_of(rosa.get("/?days=1"))
    assert (tiles["Delivered on WhatsApp"], tiles["Delivered by SMS"]) == ("1", "2")


def test_refusals_are_grouped_by_kaleyras_reason(rosa, flow):
    messages(flow, EVERY_STATUS + YESTERDAY)
    [only] = rosa.get("/?days=1").context["refusals"]
    assert (only["refusal"].error_kind, only["refusal"].times) == ("not published", 2)


def test_the_tile_says_so_where_the_menu_counts_more_unknown_outcomes(rosa, flow, workflow):
    notes = []
    for each in (flow, workflow):
        messages(each, [minutes_ago(5, status="unknown")])
        tiles = rosa.get("/?days=1").context["tiles"]["care"]
        notes += [tile["note"] for tile in tiles if tile["name"] == "unknown"]
    assert notes == ["", "2 in all, with practice and other days"]


def test_the_figures_follow_a_workflow_that_is_renamed(rosa, flow):
    messages(flow, EVERY_STATUS)
    assert "Refund confirmed" in rosa.get("/?days=1").content.decode()
    WorkflowInstance.objects.update(title="Money back")
    html = rosa.get("/?days=1").content.decode()
    assert "Money back" in html and "Refund confirmed" not in html
