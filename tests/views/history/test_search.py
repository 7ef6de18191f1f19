"""The history's search by number, ID or ticket; numbers stay out of addresses and rows."""

import re
import uuid

import pytest
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Callback, Invocation
from invocations.sending.record import record
from tests.views.conftest import DIGITS, VALUES
from tests.views.history.history_page import ids_on, listed_ids
from tests.views.pages import Page, opened


@pytest.fixture
def one(typed):
    """The request ID of one of two messages; it has two numbers, a ticket and a result."""
    row = record(
        typed,
        [Send(DIGITS, VALUES), Send("442079460958", VALUES)],
        request_id=uuid.uuid4(),
        created_by=None,
        reference="Zen-4711",
    )[0]
    record(
        typed,
        [Send("919876543210", VALUES)] * 2,
        request_id=uuid.uuid4(),
        created_by=None,
        reference="Zen-47",
    )
    Invocation.objects.filter(pk=row.pk).update(workflow_invocation_id="4xU9cYRHxDmNVR1D")
    now = timezone.now()
    matched = {"invocation": row, "matched_at": now, "received_at": now, "last_received_at": now}
    callback = Callback.objects.create(account=typed.account, digest="d", body="{}", **matched)
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
        "918061234581.0",
        "٩١٨٠٦١٢٣٤٥٨١",
        "+91\u221280612\ufe0f34581",
        "tel:+91-80612-34581",
        "080 6123 4581",
        "8061234581",
        "8061234581.0",
        "०८०६१२३४५८१",
        "(020) 7946-0958",
        "020 7946 0958",
    ],
)
def test_a_whole_number_in_any_spelling_is_found_on_either_channel(priya, one, typed_number):
    page = Page(priya.post("/history/", {"q": typed_number}))
    assert ids_on(page) == [one]
    assert not [
        link
        for link in [*page.links, *(form.action for form in page.forms)]
        if "8061" in link or "7946" in link
    ]


@pytest.mark.parametrize(
    "masked",
    [
        *("+91 ••••• •4581", "…4581", "XXXX4581", "+91\u00a0•••••\u00a0•4581", "91****4581"),
        *("+44 •• •••• 0958", "\u202a…0958\u202c"),
    ],
)
def test_a_number_with_hidden_digits_is_found_by_its_last_four(priya, one, masked):
    page = Page(priya.post("/history/", {"q": masked}))
    assert ids_on(page) == [one]
    assert f"Search: any number ending {masked.strip(chr(0x202C))[-4:]}" in page.html


def test_a_mask_with_another_country_code_finds_nothing(priya, one):
    page = Page(priya.post("/history/", {"q": "+44 •• •••• 4581"}))
    assert ids_on(page) == []
    assert "No message to a number that ends in these four digits." in page.html


@pytest.mark.parametrize(
    ("sent", "searched"),
    [
        ("5531987654202", "+55 31 8765 4202"),
        ("553187654202", "5531987654202"),
        ("5491123456503", "+54 11 2345-6503"),
        ("525512345678", "+52 1 55 1234 5678"),
    ],
)
def test_a_phone_is_found_by_its_other_spelling(priya, typed, sent, searched):
    sends = [Send(sent, VALUES)] * 2
    row = record(typed, sends, request_id=uuid.uuid4(), created_by=None)[0]
    assert ids_on(Page(priya.post("/history/", {"q": searched}))) == [str(row.request_id)]


@pytest.mark.parametrize(
    ("q", "what"),
    [
        ("080 6123 4581", "this number, ending 4581"),
        ("4581", "any number ending 4581"),
        ("Zen-4711", "ticket, ID or value"),
        (str(uuid.UUID(int=7)), "request ID"),
    ],
)
def test_the_page_says_how_a_search_was_read(priya, one, q, what):
    assert f"Search: {what}" in Page(priya.post("/history/", {"q": q})).html


def test_a_search_without_matches_offers_the_last_four_digits_and_to_drop_the_filters(priya, one):
    page = Page(priya.post("/history/?status=held", {"q": "098765 44581"}))
    anywhere, last_four = [
        form for form in page.forms if form.method == "post" and "q" in form and form["q"]
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
    assert listed_ids(priya, q=how(one)) == [one]


@pytest.mark.parametrize(
    ("q", "hit"),
    [
        ("4xU9cYRHxDmNVR1D", True),
        ("zen-4711", True),
        ("Zen-471", True),
        ("zEN-471", True),
        ("Ze", False),
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
def test_ids_are_found_exactly_and_tickets_by_their_beginning(priya, one, q, hit):
    assert listed_ids(priya, q=q) == ([one] if hit else [])


@pytest.mark.parametrize("q", ["x" * 121, "a\0b"])
def test_an_invalid_search_finds_nothing(priya, one, q):
    page = Page(priya.post("/history/", {"q": q}))
    assert ids_on(page) == [] and "Nothing found" in page.html


@pytest.mark.parametrize("q", ["", "   "])
def test_an_empty_search_shows_the_whole_list(priya, one, q):
    assert len(listed_ids(priya, q=q)) == 2


def test_a_search_for_the_second_number_shows_it_in_the_row(priya, one):
    assert "then +44 •• •••• 0958" in Page(priya.post("/history/", {"q": "020 7946 0958"})).html


def test_a_number_never_gets_into_an_address(client, priya, one):
    assert listed_ids(priya, f"?q={DIGITS}") == listed_ids(priya)  # GET does not search
    answer = client.post("/history/", {"q": DIGITS})  # not signed in
    assert answer.status_code == 302 and DIGITS not in answer.headers["Location"]


def test_a_search_keeps_the_filters(priya, one):
    assert listed_ids(priya, "?status=held", q="Zen-4711") == []
    assert listed_ids(priya, "?status=queued", q="Zen-4711") == [one]


def test_numbers_are_masked_for_everybody_in_the_list(ada, one):
    html = opened(ada, "/history/").html
    seen = re.sub("<[^>]+>", " ", html)  # attributes hold ids and times with any digits
    assert "+91 •• •••• 4581" in seen and "6123" not in seen
    assert DIGITS not in html and DIGITS[2:] not in html and "80612 34581" not in html


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
        ("no such ticket", "a ticket by its beginning"),
        ("a\0b", "Null characters"),
    ],
)
def test_a_search_without_matches_says_why(priya, one, q, hint):
    assert hint in Page(priya.post("/history/", {"q": q})).html


@pytest.mark.parametrize(
    ("q", "hint"),
    [
        ("918061234581/11", "“/11” may be an extension"),
        ("918061234581.5", "“.5” at the end"),
        ("918061234581 2", "complete number already"),
        ("918061234581 / 442079460958", "more than one number"),
    ],
)
def test_a_search_for_a_number_and_more_says_what_was_seen(priya, one, q, hint):
    page = Page(priya.post("/history/", {"q": q}))
    assert hint in page.html and not ids_on(page)
