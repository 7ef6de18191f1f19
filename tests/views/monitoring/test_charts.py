"""The dashboard's bar charts: their counts, their scale and their words."""

import pytest

from invocations.views.monitoring import charts
from invocations.views.monitoring.charts import Column, Series
from tests.many import messages
from tests.views.monitoring.dashboard_page import EVERY_STATUS, completed, minutes_ago, tiles_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def test_the_chart_adds_up_to_the_recorded_messages_and_shares_no_tone(rosa, flow):
    messages(flow, EVERY_STATUS)
    answer = rosa.get("/?days=1")
    chart = answer.context["chart"]
    assert sum(sum(column.counts) for column in chart.columns) == len(EVERY_STATUS)
    assert {
        column.label: list(column.counts) for column in chart.columns if any(column.counts)
    } == {"11:00": [1, 0, 2, 2, 4], "12:00": [2, 2, 1, 1, 0]}
    assert {rect.tone for rect in chart.rects} == {
        "delivered",
        "rescued",
        "rejected",
        "unknown",
        "neutral",
    }
    svg = answer.content.decode().partition('<svg class="graph"')[2].partition("</svg>")[0]
    assert "style=" not in svg


def test_a_refused_message_with_a_result_is_counted_once_in_tiles_and_chart(rosa, flow):
    refused = {"status": "rejected", "reason": "rejected"}
    settled = {"status": "rejected", "reason": "settled_not_delivered"}
    with_result = [
        completed(4, channel) | why for why in (refused, settled) for channel in (None, 0, 1, 2)
    ]
    messages(flow, [*EVERY_STATUS, *with_result])
    messages(
        flow,
        [minutes_ago(4, **settled), minutes_ago(4, status="accepted", reason="settled_delivered")],
    )
    answer = rosa.get("/?days=1")
    tiles, columns = tiles_of(answer), answer.context["chart"].columns
    charted = {
        str(one.label): sum(each)
        for one, *each in zip(
            answer.context["series"], *(column.counts for column in columns), strict=True
        )
    }
    assert charted == {
        "First channel": int(tiles["Delivered on WhatsApp"]),
        "Rescued": int(tiles["Delivered by SMS"]),
        "Not delivered or rejected": int(tiles["Not delivered"]) + 3,
        "Not known": int(tiles["Delivery not confirmed"]) + 3,
        "Awaited and others": 4,
    }
    assert sum(charted.values()) == 25
    care = {str(tile["label"]): tile for tile in answer.context["tiles"]["care"]}
    assert care["Rejected"]["note"] == "5 of them recorded as not delivered"
    assert "every channel failed" in care["Not delivered"]["note"]


def test_the_chart_has_a_text_alternative(rosa, flow):
    messages(flow, EVERY_STATUS)
    alternative = "15 messages by the hour and by how they ended; the most, 9, at 11:00."
    assert alternative in rosa.get("/?days=1").content.decode()
    assert "15 messages by the day" in rosa.get("/?days=7").context["chart_says"]


SERIES = (Series("whatsapp", "WhatsApp"), Series("sms", "SMS"))


def test_bar_heights_are_proportional_to_counts():
    chart = charts.stacked(SERIES, [Column("a", [10, 0]), Column("b", [5, 20])])
    a, b, c = chart.rects
    assert float(a.height) == pytest.approx(2 * float(b.height), rel=0.1)
    assert float(c.y) < float(b.y)
    assert [line.text for line in chart.grid] == ["0", "10", "20", "30"]


def test_small_counts_stay_visible_beside_thousands():
    chart = charts.stacked(SERIES, [Column("a", [1, 0]), Column("b", [0, 90_000])])
    assert float(chart.rects[0].height) == charts.MIN_BAR_HEIGHT
    assert [line.text for line in chart.grid][-1] == "100k"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (500, "500"), (1_500, "1.5k"), (20_000, "20k"), (2_000_000, "2M")]
)
def test_grid_labels_are_abbreviated(value, text):
    assert charts.abbreviated(value) == text


def test_the_narrow_chart_shows_the_same_bars():
    wide, narrow = (
        charts.stacked(SERIES, [Column("a", [10, 5]), Column("b", [5, 20])], width)
        for width in (charts.WIDE, charts.NARROW)
    )
    assert [rect.height for rect in wide.rects] == [rect.height for rect in narrow.rects]
    rightmost = max(float(rect.x) + float(rect.width) for rect in narrow.rects)
    assert rightmost <= narrow.right < wide.right


@pytest.mark.parametrize("highest", [0, 1, 3, 99, 1_000_000])
def test_a_grid_has_few_lines_and_holds_every_bar(highest):
    chart = charts.stacked(SERIES, [Column("a", [highest, 0])])
    assert 2 <= len(chart.grid) <= 6
    assert all(float(rect.y) >= charts.TOP - 1 for rect in chart.rects)


def test_without_counts_the_chart_is_empty():
    assert charts.stacked(SERIES, []).is_empty and charts.shares(SERIES, [0, 0]) == []


def test_shares_fill_the_bar():
    total = sum(float(rect.width) for rect in charts.shares(SERIES, [1, 2]))
    assert total == pytest.approx(100, abs=0.1)
