"""The history's filters, search and paging."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Account, Callback, Invocation, Pod, WorkflowInstance
from invocations.models.encryption import digests
from invocations.models.recipients import RECIPIENT_DIGEST
from invocations.sending.record import record
from tests.views.conftest import DIGITS
from tests.views.pages import Page, opened


def shown(page):
    """The request ids of the rows, in their order."""
    return [
        match[1]
        for link in page.links
        if (match := re.fullmatch(r"/history/([0-9a-f-]{36})/", link))
    ]


def found(client, query="", **search):
    answer = client.post(f"/history/{query}", search) if search else client.get(f"/history/{query}")
    assert answer.status_code == 200
    return shown(Page(answer))


@pytest.fixture
def many(workflow):
    """many(120): rows, oldest first."""

    def many(count, **changes):
        rows = [
            Invocation(
                workflow_instance=workflow,
                account=workflow.account,
                payload="{}",
                recipient_hint=f"… {number:04}",
                **changes,
            )
            for number in range(count)
        ]
        return Invocation.objects.bulk_create(rows)

    return many


@pytest.fixture
def five(workflow, recorded, priya, rosa):
    """Five rows that differ in everything one can filter by."""
    other = Account.objects.create(title="Other", pod=Pod.objects.get(code="IN"), sid="HXOTHER01IN")
    elsewhere = WorkflowInstance.objects.create(
        account=other, title="Elsewhere", workflow_instance_id="w2"
    )
    rows = [
        recorded(
            "202", reference=f"T-{number}", created_by=priya.person if number % 2 else rosa.person
        )
        for number in range(4)
    ]
    last = Invocation(
        workflow_instance=elsewhere,
        account=other,
        payload="{}",
        reference="T-4",
        created_by=rosa.person,
    )
    rows += Invocation.objects.bulk_create([last])
    for number, (row, status) in enumerate(
        zip(rows, ["accepted", "rejected", "unknown", "held", "queued"], strict=True)
    ):
        Invocation.objects.filter(pk=row.pk).update(
            status=status, created_at=datetime(2026, 3, 1 + number, 23, 30, tzinfo=UTC)
        )
    return [str(row.request_id) for row in rows]


def test_each_filter_and_all_of_them_together(priya, rosa, workflow, five):
    other = Account.objects.get(title="Other")
    elsewhere = WorkflowInstance.objects.get(title="Elsewhere")
    by_rosa = f"person={rosa.person.pk}"
    for query, rows in [
        ("", [4, 3, 2, 1, 0]),
        ("status=unknown", [2]),
        (f"workflow={workflow.pk}", [3, 2, 1, 0]),
        (f"account={other.pk}", [4]),
        ("practice=without", [4]),
        ("practice=only", [3, 2, 1, 0]),
        (by_rosa, [4, 2, 0]),
        ("since=2026-03-04", [4, 3]),
        ("until=2026-03-02", [1, 0]),
        ("since=2026-03-03&until=2026-03-03", [2]),
        (
            f"{by_rosa}&since=2026-03-02&until=2026-03-03&status=unknown&workflow={workflow.pk}&account={workflow.account.pk}",
            [2],
        ),
        (f"{by_rosa}&status=held", []),
        (f"workflow={elsewhere.pk}&account={workflow.account.pk}", []),
    ]:
        assert found(priya, f"?{query}") == [five[row] for row in rows], query


def test_where_there_is_no_practice_nobody_is_asked_about_it(priya, five, settings):
    assert "Practice: Left out" in opened(priya, "/history/?practice=without").html
    settings.SANDBOX = False
    assert found(priya, "?practice=without") == [five[4]], (
        "what was sent for practice before is still here"
    )
    Pod.objects.filter(api_domain__startswith="127.0.0.1").update(api_domain="api.eu.example.com")
    assert (
        found(priya, "?practice=without") == five[::-1]
        and "Practice" not in opened(priya, "/history/").html
    )


def test_days_are_those_of_the_persons_zone(priya, five):
    priya.cookies["timezone"] = "Asia/Singapore"  # 23:30 in UTC is tomorrow there
    assert found(priya, "?since=2026-03-03&until=2026-03-03") == [five[1]]


@pytest.fixture
def ended(recorded):
    """ended(1): a row whose result came, by its deciding channel. Other columns by name."""

    def ended(channel=None, **changes):
        row = recorded()
        known = {
            "status": "accepted",
            "due_at": None,
            "delivery": "completed",
            "deciding_channel": channel,
        }
        Invocation.objects.filter(pk=row.pk).update(**known | changes)
        return str(row.request_id)

    return ended


def test_filters_by_what_became_of_it(priya, recorded, ended):
    first, second, failed = ended(1), ended(2, may_be_double=True), ended(0)
    unreported = ended(None)
    awaiting = ended(None, delivery="awaiting", result_due_at=timezone.now())
    missing = ended(None, delivery="no_result")
    recorded()
    for query, rows in [
        ("delivery=completed", [unreported, failed, second, first]),
        ("delivery=awaiting", [awaiting]),
        ("delivery=no_result", [missing]),
        ("delivery=1", [first]),
        ("delivery=2", [second]),
        ("delivery=reached", [second, first]),
        ("delivery=failed", [failed]),
        ("delivery=open", [unreported]),
        ("delivery=double", [second]),
    ]:
        assert found(priya, f"?{query}") == rows, query
    tiles = {
        tile["label"]: (tile["count"], tile["address"])
        for tile in priya.get("/history/").context["tiles"]
    }
    assert tiles["Delivered"] == (2, "delivery=reached") and tiles["Awaiting result"] == (
        1,
        "delivery=awaiting",
    )
    assert tiles["Not delivered (reported)"] == (1, "delivery=failed")


def test_addresses_from_when_the_channel_was_a_question_of_its_own_still_ask_it(priya, ended):
    first, second, unreported = ended(1), ended(2, may_be_double=True), ended(None)
    for query, rows in [
        ("channel=2", [second]),
        ("channel=open", [unreported]),
        ("channel=double&status=accepted", [second]),
        ("delivery=completed&channel=1", [first]),
        ("delivery=&channel=reached", [second, first]),
    ]:
        answer = priya.get(f"/history/?{query}", follow=True)
        assert shown(Page(answer)) == rows, query
        assert "channel=" not in " ".join(Page(answer).links), query
    assert (
        "not valid and was left out" in opened(priya, "/history/?delivery=awaiting&channel=1").html
    ), "no row can be both"


@pytest.mark.parametrize(
    "query", ["", "?delivery=failed", "?status=accepted&since=2020-01-01", "?workflow={workflow}"]
)
def test_each_tile_counts_what_its_link_shows(priya, recorded, ended, workflow, query):
    for channel in (0, 0, 1, 2, None):
        ended(channel)
    for delivery, status in [
        ("awaiting", "accepted"),
        ("", "rejected"),
        ("", "unknown"),
        ("", "held"),
        ("", "sending"),
    ]:
        times = {"result_due_at": timezone.now(), "lease_until": timezone.now()}
        ended(None, delivery=delivery, status=status, **times)
    recorded()
    for tile in priya.get(f"/history/{query.format(workflow=workflow.pk)}").context["tiles"]:
        assert tile["count"] == len(found(priya, f"?{tile['address']}")), tile["label"]


def test_filters_by_answer_and_by_error(priya, recorded, ended):
    no = ended(
        None,
        delivery="",
        status="rejected",
        http_status=400,
        error_kind="workflow … is not published",
        reason="rejected",
    )
    late = ended(None, delivery="", status="unknown", reason="timeout")
    yes = ended(None, delivery="", http_status=202)
    again = recorded(sent_again_from=Invocation.objects.get(request_id=no))
    for query, rows in [
        ("http=400", [no]),
        ("http=202", [yes]),
        ("error=workflow … is not published", [no]),
        ("error=workflow", []),
        ("why=timeout", [late]),
        ("again=yes", [str(again.request_id)]),
    ]:
        assert found(priya, f"?{query}") == rows, query


def test_the_address_of_a_filter_says_no_more_than_what_it_filters_by(priya, five):
    answer = priya.get("/history/?status=held&delivery=&channel=&workflow=&since=&http=&again=")
    assert answer.status_code == 302 and answer.headers["Location"] == "/history/?status=held"


def test_tiles_of_narrowed_lists_count_what_the_other_filters_leave(priya, rosa, five):
    tiles = priya.get(f"/history/?person={rosa.person.pk}&status=unknown").context["tiles"]
    assert {tile["label"]: tile["count"] for tile in tiles if tile["count"]} == {
        "All": 3,
        "Accepted": 1,
        "Outcome unknown": 1,
        "Queued": 1,
    }
    assert [tile["label"] for tile in tiles if tile["current"]] == ["Outcome unknown"]


@pytest.mark.parametrize("query", ["", "person={person}"])
def test_counting_stops(priya, many, monkeypatch, query):
    monkeypatch.setattr("invocations.views.history.history.COUNTED_AT_MOST", 7)
    many(8, created_by=priya.person)
    html = opened(priya, f"/history/?{query.format(person=priya.person.pk)}").html
    assert '<span class="n">7+</span>' in html and '<span class="n">8' not in html


EAST, WEST = "Pacific/Kiritimati", "Pacific/Niue"


@pytest.mark.parametrize(
    ("query", "zone"),
    [
        ("status=nonsense", ""),
        ("workflow=999999", ""),
        (f"workflow={'9' * 30}", ""),
        ("account=x", ""),
        ("person=%00", ""),
        ("since=yesterday", ""),
        ("since=<script>alert(1)", ""),
        ("status=a&status=b", ""),
        ("delivery=lost", ""),
        ("channel=3", ""),
        ("delivery=awaiting%2C+1", ""),
        ("http=9999", ""),
        ("http=two", ""),
        ("why=because", ""),
        (f"error={'x' * 201}", ""),
        *[
            (f"{name}={day}", zone)
            for name in ("since", "until")
            for day in ("0001-01-01", "9999-12-31")
            for zone in (EAST, WEST)
        ],
    ],
)
def test_what_is_not_valid_in_an_address_is_left_out_and_told(priya, recorded, query, zone):
    row = recorded()
    priya.cookies["timezone"] = zone
    page = opened(priya, f"/history/?{query}")
    assert (
        "not valid and was left out" in page.html
        and shown(page) == [str(row.request_id)]
        and "<script>alert" not in page.html
    )


@pytest.mark.parametrize("before", ["9" * 5000, "-1", "²", "x", "", "%00"])
def test_a_page_that_starts_nowhere_is_the_first(priya, recorded, before):
    row = recorded()
    assert found(priya, f"?before={before}") == [str(row.request_id)]


def test_chips_take_one_filter_away_each_and_tiles_keep_the_others(priya, five, rosa):
    page = opened(priya, f"/history/?status=unknown&person={rosa.person.pk}")
    assert (
        f"/history/?person={rosa.person.pk}" in page.links
        and "/history/?status=unknown" in page.links
    )
    assert f"/history/?person={rosa.person.pk}&status=held" in page.links
    assert "From: 1 Mar 2026" in opened(priya, "/history/?since=2026-03-01").html
    assert "Sent by: rosa" in page.html and "Submission: Outcome unknown" in page.html


def test_the_days_asked_for_most_are_one_press_away_and_keep_the_other_filters(priya, many):
    older, yesterday, today = many(3)
    for row, days in [(today, 0), (yesterday, 1), (older, 6)]:
        Invocation.objects.filter(pk=row.pk).update(
            created_at=timezone.localtime().replace(hour=12) - timedelta(days=days)
        )
    choices = {
        str(day["label"]): day["address"]
        for day in priya.get("/history/?status=queued").context["days_to_choose"]
    }
    for label, rows in [
        ("Today", [today]),
        ("Yesterday", [yesterday]),
        ("Last 7 days", [today, yesterday, older]),
    ]:
        assert "status=queued" in choices[label] and found(priya, f"?{choices[label]}") == [
            str(row.request_id) for row in rows
        ], label


def test_what_people_settled_is_found_by_what_they_said_whatever_was_reported_since(priya, ended):
    for reason, asks in (
        ("settled_delivered", "said_delivered"),
        ("settled_not_delivered", "said_not_delivered"),
    ):
        silent, reported = ended(None, reason=reason, delivery=""), ended(0, reason=reason)
        assert found(priya, f"?delivery={asks}") == [reported, silent]


def test_tiles_count(priya, five):
    counts = {
        tile["label"]: tile["count"] for tile in priya.get("/history/?status=held").context["tiles"]
    }
    by_status = {"Accepted": 1, "Outcome unknown": 1, "Held": 1, "Rejected": 1, "Queued": 1}
    assert counts == by_status | {
        "All": 5,
        "Delivered": 0,
        "Not delivered (reported)": 0,
        "Awaiting result": 0,
    }


# --- search -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def one(typed):
    row = record(
        typed,
        [Send(DIGITS), Send("442079460958")],
        request_id=uuid.uuid4(),
        created_by=None,
        reference="Zen-4711",
    )[0]
    record(
        typed,
        [Send("919876543210")] * 2,
        request_id=uuid.uuid4(),
        created_by=None,
        reference="Zen-47",
    )
    Invocation.objects.filter(pk=row.pk).update(workflow_invocation_id="4xU9cYRHxDmNVR1D")
    now = timezone.now()
    match = {"invocation": row, "matched_at": now, "received_at": now, "last_received_at": now}
    callback = Callback.objects.create(account=typed.account, digest="d", body="{}", **match)
    callback.results.create(position=1, kind="whatsapp", message_id="wamid.HBgM")
    return str(row.request_id)


@pytest.mark.parametrize(
    "typed_number",
    [
        "918061234581",
        "+91 80612 34581",
        "0091-80612-34581",
        "(+91) 80612.34581",
        "\u202a+91 80612 34581\u202c",
        "00442079460958",
        "+44 (0)20 7946 0958",
        "080 6123 4581",
        "8061234581",
        "(020) 7946-0958",
        "020 7946 0958",
    ],
)
def test_a_whole_number_in_any_spelling_is_found_on_either_channel(priya, one, typed_number):
    answer = priya.post("/history/", {"q": typed_number})
    page = Page(answer)
    assert shown(page) == [one]
    assert not [
        link
        for link in [*page.links, *(form.action for form in page.forms)]
        if "8061" in link or "7946" in link
    ]


@pytest.mark.parametrize(
    ("q", "what"),
    [
        ("080 6123 4581", "this number, ending 4581"),
        ("4581", "any number ending 4581"),
        ("Zen-4711", "ID or ticket"),
        (str(uuid.UUID(int=7)), "request ID"),
    ],
)
def test_what_a_search_was_taken_for_is_said(priya, one, q, what):
    assert f"Search: {what}" in Page(priya.post("/history/", {"q": q})).html


def test_a_search_that_found_nothing_offers_the_last_four_digits_and_to_leave_out_the_filters(
    priya, one
):
    page = Page(priya.post("/history/?status=held", {"q": "098765 44581"}))
    anywhere, last_four = [
        form for form in page.forms if form.fields.get("q") and "Find" not in form.fields
    ][-2:]
    assert (anywhere.action, anywhere["q"]) == ("/history/", "098765 44581")
    assert (last_four.action, last_four["q"]) == ("/history/?status=held", "4581")


@pytest.mark.parametrize(
    "how",
    [
        str,
        lambda i: i.upper(),
        lambda i: i.replace("-", ""),
        lambda i: f"  {i} ",
        lambda i: i.replace("-", "").upper(),
    ],
)
def test_a_request_id_is_found_in_any_spelling(priya, one, how):
    assert found(priya, q=how(one)) == [one]


@pytest.mark.parametrize(
    ("q", "hit"),
    [
        ("4xU9cYRHxDmNVR1D", True),
        ("zen-4711", True),
        ("Zen-471", False),
        ("ZEN-4711", True),
        ("4581", True),
        ("0958", True),
        ("581", False),
        ("04581", False),
        ("wamid.HBgM", True),
        ("WAMID.HBgM", False),
        ("%", False),
        ("' OR 1=1 --", False),
        ("_en-4711", False),
    ],
)
def test_ids_and_tickets_are_found_exactly(priya, one, q, hit):
    assert found(priya, q=q) == ([one] if hit else [])


@pytest.mark.parametrize("q", ["x" * 121, "a\0b"])
def test_what_cannot_be_searched_for_finds_nothing(priya, one, q):
    page = Page(priya.post("/history/", {"q": q}))
    assert shown(page) == [] and "Nothing found" in page.html


@pytest.mark.parametrize("q", ["", "   "])
def test_an_empty_search_is_the_whole_list(priya, one, q):
    assert len(found(priya, q=q)) == 2


def test_who_searches_for_the_second_number_sees_it_in_the_row(priya, one):
    assert "then +44 •• •••• 0958" in Page(priya.post("/history/", {"q": "020 7946 0958"})).html


def test_a_number_never_gets_into_an_address(client, priya, one):
    assert found(priya, f"?q={DIGITS}") == found(priya)  # GET does not search
    answer = client.post("/history/", {"q": DIGITS})  # the session was over
    assert answer.status_code == 302 and DIGITS not in answer.headers["Location"]


def test_a_search_keeps_the_filters(priya, one):
    assert found(priya, "?status=held", q="Zen-4711") == [] and found(
        priya, "?status=queued", q="Zen-4711"
    ) == [one]


def test_numbers_are_masked_for_everybody_in_the_list(ada, one):
    html = opened(ada, "/history/").html
    seen = re.sub("<[^>]+>", " ", html)  # ids and moments in attributes may have any digits
    assert "+91 •• •••• 4581" in seen and "6123" not in seen
    assert DIGITS not in html and DIGITS[2:] not in html and "80612 34581" not in html


# --- paging -----------------------------------------------------------------------------------------------------------


def test_rows_stand_under_their_days_in_the_persons_zone(priya, many):
    rows = many(4)
    noon = timezone.localtime().replace(hour=12)
    for row, when in zip(
        rows, [noon.replace(2026, 3, 2), noon - timedelta(days=1), noon, noon], strict=True
    ):
        Invocation.objects.filter(pk=row.pk).update(created_at=when)
    days = re.findall(r'scope="rowgroup"[^>]*>([^<]*)<', opened(priya, "/history/").html)
    assert days == ["Today", "Yesterday", "Monday 2 March 2026"]
    priya.cookies["timezone"] = (
        "Pacific/Kiritimati"  # fourteen hours on: noon is tomorrow's small hours
    )
    assert "Tuesday 3 March 2026" in opened(priya, "/history/").html


def test_a_practice_message_is_named_one(priya, recorded):
    recorded()
    assert "Practice:" in opened(priya, "/history/").html
    Pod.objects.filter(api_domain__startswith="127.0.0.1").update(api_domain="api.eu.example.com")
    assert "Practice:" not in opened(priya, "/history/").html


@pytest.mark.parametrize(
    ("changes", "badge"),
    [
        ({"status": "accepted", "delivery": "completed", "deciding_channel": 1}, "delivery"),
        ({"status": "accepted", "delivery": "no_result"}, "delivery"),
        ({"status": "accepted"}, "submission"),
        ({"status": "unknown"}, "submission"),
        ({"status": "rejected", "delivery": "completed", "deciding_channel": 1}, "both"),
    ],
)
def test_where_there_is_room_for_one_badge_it_says_the_delivery_unless_the_submission_contradicts_it(
    priya, many, changes, badge
):
    many(1, **changes)
    assert f'data-badge="{badge}"' in opened(priya, "/history/").html


def test_pages_have_no_gap_and_no_row_twice_while_new_rows_come_in(priya, many):
    rows = [str(row.request_id) for row in many(120)]
    seen, address = [], "/history/"
    while address:
        page = opened(priya, address)
        seen += shown(page)
        many(3)
        older = [link for link in page.links if "before=" in link]
        address = older[0] if older else ""
    assert seen == rows[::-1]


def test_pages_of_a_search_and_of_a_filter(priya, many):
    digest = digests(DIGITS, RECIPIENT_DIGEST)[0]
    rows = [str(row.request_id) for row in many(60, recipient_digest=digest, status="unknown")]
    many(60)
    page = Page(priya.post("/history/?status=unknown", {"q": DIGITS}))
    seen = shown(page)
    form = page.form("before")
    assert form["q"] == DIGITS and form.action == "/history/?status=unknown"
    assert seen + shown(Page(priya.post(form.action, form.fields))) == rows[::-1]
    page = opened(priya, "/history/?status=unknown")
    assert "/history/?status=unknown&before=" in " ".join(page.links)


def test_newer_pages_lead_back_the_same_way(priya, many):
    rows = [str(row.request_id) for row in many(130)][::-1]
    older = "/history/"
    for _ in range(2):
        older = next(link for link in opened(priya, older).links if "before=" in link)
    last = opened(priya, older)
    assert shown(last) == rows[100:]
    middle = opened(priya, next(link for link in last.links if "after=" in link))
    assert shown(middle) == rows[50:100]
    newest = opened(priya, next(link for link in middle.links if "after=" in link))
    assert shown(newest) == rows[:50] and not [link for link in newest.links if "after=" in link]
    assert (
        shown(opened(priya, next(link for link in middle.links if "before=" in link))) == rows[100:]
    )


def test_a_search_goes_back_and_forth_too(priya, many):
    rows = [str(row.request_id) for row in many(110, reference="T-1")][::-1]
    page = Page(priya.post("/history/", {"q": "t-1"}))
    for _ in range(2):
        page = Page(priya.post("/history/", page.form("before").fields))
    assert shown(page) == rows[100:]
    assert shown(Page(priya.post("/history/", page.form("after").fields))) == rows[50:100]


@pytest.mark.parametrize(
    ("q", "hint"),
    [
        ("080 6123 9999", "country code instead of the 0"),
        ("+91 80612 99999", "a number ending 9999 of India"),
        ("098765 44581", "a number ending 4581 of India"),
        ("9999", "ends in these four digits"),
        ("12345", "Too few digits"),
        ("9.18E+11", "spreadsheet"),
        ("581", "last four digits of a number"),
        ("no such ticket", "IDs and tickets are found exactly"),
        ("a\0b", "Null characters"),
    ],
)
def test_what_is_not_found_says_why(priya, one, q, hint):
    assert hint in Page(priya.post("/history/", {"q": q})).html


def test_the_list_asks_for_itself_while_a_row_is_not_final(priya, recorded, ended):
    row = ended(1)
    assert "every 5s" not in opened(priya, "/history/").html
    ended(None, delivery="awaiting", result_due_at=timezone.now())
    html = opened(priya, "/history/?status=accepted").html
    assert 'hx-get="/history/?status=accepted" hx-trigger="every 5s"' in html
    assert "every 5s" in Page(priya.post("/history/", {"q": "3202"})).html and row in html


def test_exactly_one_full_page_has_no_older_one(priya, many):
    many(50)
    page = opened(priya, "/history/")
    assert len(shown(page)) == 50 and "Older" not in page.html


def test_first_use_and_nothing_found(priya, rosa, many):
    assert (
        "Send the first" in opened(priya, "/history/").html
        and "Send the first" not in opened(rosa, "/history/").html
    )
    many(1)
    assert "Nothing matches these filters" in opened(priya, "/history/?status=held").html
    assert "Nothing found" in Page(priya.post("/history/", {"q": "nothing"})).html


def test_a_message_of_a_script_has_nobody(priya, recorded):
    row = recorded()
    assert (
        found(priya) == [str(row.request_id)]
        and "by a script" in opened(priya, f"/history/{row.request_id}/").html
    )


def test_as_many_queries_for_fifty_rows_as_for_two(priya, many):
    counts = []
    for count in (2, 60):
        many(count, created_by=priya.person)
        priya.get("/history/")
        with CaptureQueriesContext(connection) as queries:
            priya.get("/history/")
        counts.append(len([query for query in queries if "statement_timeout" not in query["sql"]]))
    assert counts[0] == counts[1] <= 25
