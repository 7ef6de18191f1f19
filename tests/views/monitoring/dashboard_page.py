"""What the dashboard shows, and messages of every status for it to count."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)


def minutes_ago(n, **columns):
    """The columns of a message recorded and final `n` minutes before NOON."""
    return {
        "created_at": NOON - timedelta(minutes=n),
        "final_at": NOON - timedelta(minutes=n),
        **columns,
    }


def completed(n, channel, **columns):
    """An accepted message whose result came after 30 s, decided by this channel."""
    took = {
        "delivery": "completed",
        "result_due_at": NOON,
        "result_at": NOON - timedelta(minutes=n) + timedelta(seconds=30),
    }
    return minutes_ago(n, status="accepted", deciding_channel=channel, **(took | columns))


EVERY_STATUS = [
    *(completed(n, 1) for n in (5, 6, 70)),
    *(completed(n, 2, may_be_double=n == 7) for n in (7, 8)),
    completed(9, 0),
    completed(10, None),
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


def tiles_of(response):
    return {
        str(tile["label"]): tile["shown"]
        for row in response.context["tiles"].values()
        for tile in row
    }


def count_listed(client, url):
    """How many messages the history lists at this URL."""
    response = client.get(url)
    assert not response.context["filters"].told
    return len(response.context["rows"])
