"""The person page: everything that was sent to one phone, by a keyed digest."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Account, Invocation, Pod
from invocations.models.encryption import digests
from invocations.models.recipients import RECIPIENT_DIGEST
from invocations.sending.record import record
from tests.conftest import sign_in_again
from tests.views.history.invocation_page import text_of
from tests.views.pages import Page, opened

NUMBER, OTHER = "918061234581", "442079460958"
DELIVERED = {"status": "accepted", "reason": "accepted", "due_at": None, "delivery": "completed"}


@pytest.fixture
def live(make_workflow):
    """A workflow of a live account. Nothing leaves it."""
    words = [
        {"key": "01", "label": "First name"},
        {"key": "02", "label": "Order number", "is_searchable": True},
    ]
    workflow = make_workflow("Hello {{1}}: {{2}}", "Dear {#var#}: {#var#}", words=words)
    account = Account.objects.create(
        title="Live", pod=Pod.objects.get(code="IN"), sid="HXLIVE01IN", is_paused=True
    )
    workflow.account = account
    workflow.save()
    return workflow


@pytest.fixture
def sent(live):
    """sent(status="held"): a live message to NUMBER, with these columns."""

    def sent(number=NUMBER, second=None, order="KF-1", workflow=live, options=(), **columns):
        values = {"01": "Asha", "02": order}
        sends = [Send(number, values), Send(second or number, values)]
        all_options = {"request_id": uuid.uuid4(), "created_by": None} | dict(options)
        row = record(workflow, sends, **all_options)[0]
        Invocation.objects.filter(pk=row.pk).update(**columns)
        row.refresh_from_db()
        return row

    return sent


def page_of(client, row, address=""):
    return opened(client, f"/history/person/{row.recipient_digest}/{address}")


def said_on(client, row, address=""):
    text = text_of(page_of(client, row, address))
    return " ".join(re.sub("<[^>]+>", " ", text).split())


def ids_on(page):
    lines = page.html.partition('class="lines"')[2].partition("</ul>")[0]
    return re.findall(r'class="cover" href="/history/([0-9a-f-]+)/"', lines)


def test_everything_to_the_phone_is_there_newest_first(priya, sent):
    rows = [sent(), sent(second=OTHER), sent(OTHER, second=NUMBER)]
    sent(OTHER)
    expected = [str(row.request_id) for row in reversed(rows)]
    assert ids_on(page_of(priya, rows[0])) == expected


def test_a_phone_in_another_spelling_is_the_same_person(priya, sent):
    today, older = sent("5531987654202"), sent("553187654202")
    digest = digests("553187654202", RECIPIENT_DIGEST)[0]
    Invocation.objects.filter(pk=older.pk).update(recipient_digest=digest)
    older.refresh_from_db()
    for row in (today, older):
        assert len(ids_on(page_of(priya, row))) == 2


def test_neither_the_address_nor_the_page_has_the_number(priya, sent):
    row = sent()
    text = text_of(page_of(priya, row))
    assert NUMBER not in text and "8061" not in row.recipient_digest
    assert "80612" not in re.sub("<[^>]+>", " ", text)


def test_who_may_see_numbers_sees_it_whole_once_they_ask(ada, sent):
    row = sent()
    assert "+91 80 6123 4581" not in said_on(ada, row) and "Erase this person" in said_on(ada, row)
    asked = ada.post(f"/history/person/{row.recipient_digest}/number/")
    assert "+91 80 6123 4581" in asked.content.decode()


@pytest.mark.parametrize("digest", ["0" * 64, "x", NUMBER])
def test_a_digest_of_nobody_is_not_found(priya, sent, digest):
    sent()
    assert priya.get(f"/history/person/{digest}/").status_code == 404


def test_the_figures_tell_what_reached_the_person(priya, sent):
    sent(**DELIVERED, deciding_channel=1)
    sent(**DELIVERED, deciding_channel=2)
    sent(**DELIVERED, deciding_channel=0)
    awaited = DELIVERED | {"delivery": "awaiting", "result_due_at": timezone.now()}
    row = sent(**awaited)
    said = said_on(priya, row)
    assert "Messages 4 " in said
    assert "Delivered 2 of 4 1 on WhatsApp, 1 by SMS" in said
    assert "Which channel worked Both WhatsApp 1 of 3, SMS 1 of 2" in said
    assert "Open now 1 1 result awaited" in said


def test_nothing_is_open_and_no_channel_worked_without_results(priya, sent):
    said = said_on(priya, sent(status="rejected", due_at=None, reason="rejected"))
    assert "Open now Nothing no result awaited, none unknown" in said
    assert "Which channel worked Not known yet no result came so far" in said


def test_practice_messages_stand_apart(priya, sent, typed):
    row = sent()
    values = {"01": "Asha", "02": "1 year", "03": "15%"}
    record(typed, [Send(NUMBER, values)] * 2, request_id=uuid.uuid4(), created_by=None)
    assert "1 practice message is left out." in said_on(priya, row)
    assert len(ids_on(page_of(priya, row))) == 1
    practice = said_on(priya, row, "?practice=only")
    assert "Practice messages only. 1 live message is left out." in practice
    assert "nothing here reaches anybody’s phone" in practice


def test_a_person_with_practice_messages_alone_is_shown_them(priya, recorded):
    row = recorded()
    assert "Practice messages only." in said_on(priya, row)
    assert ids_on(page_of(priya, row)) == [str(row.request_id)]


def test_practice_messages_that_are_none_show_the_live_ones(priya, sent):
    assert "Live messages only." in said_on(priya, sent(), "?practice=only")


def test_many_messages_are_paged_by_id(priya, sent):
    rows = [sent() for _ in range(21)]
    first = page_of(priya, rows[0])
    [older] = {link for link in first.links if "before=" in link}
    shown = ids_on(first) + ids_on(opened(priya, older))
    assert shown == [str(row.request_id) for row in reversed(rows)]


def test_the_messages_unfold_for_who_may_see_values(priya, rosa, sent):
    row = sent()
    assert "Hello Asha : KF-1" in said_on(priya, row).replace("Asha:", "Asha :")
    Group.objects.get(name="Reviewer").permissions.remove(
        Permission.objects.get(codename="view_values")
    )
    sign_in_again(rosa)
    said = said_on(rosa, row)
    assert "Asha" not in said and "KF-1" not in said


def test_found_by_lists_what_a_search_finds_and_posts_it(priya, sent):
    row = sent(options={"reference": "CARE-7"})
    page = page_of(priya, row)
    searches = [form for form in page.forms if form.action == "/history/"]
    assert [(form.method, form["q"]) for form in searches] == [("post", "KF-1"), ("post", "CARE-7")]
    assert not [link for link in page.links if "KF-1" in link or "CARE-7" in link]


def test_a_value_from_before_the_mark_is_shown_but_not_offered_as_found(priya, sent):
    row = sent()
    row.searchable_values.all().delete()
    said = said_on(priya, row)
    assert "KF-1 ·" in said and "Found by" not in said


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (DELIVERED | {"deciding_channel": 1}, "It was delivered. Sent again, the customer gets it"),
        (DELIVERED | {"deciding_channel": 0}, "Nothing says that it reached the customer."),
        ({"status": "unknown", "due_at": None}, "press “Check safely” first"),
        ({"status": "queued"}, "It has not left yet."),
        ({"status": "expired", "due_at": None}, "Nothing says that it reached the customer."),
    ],
)
def test_the_page_says_at_what_risk_the_newest_is_sent_again(priya, sent, columns, says):
    assert says in said_on(priya, sent(**columns))


def test_the_newest_is_sent_again_through_its_form_by_who_may_send(priya, rosa, sent):
    row = sent(**DELIVERED, deciding_channel=1)
    again = f"/send/{row.workflow_instance_id}/?again={row.request_id}"
    assert again in page_of(priya, row).links
    assert again not in page_of(rosa, row).links
    assert not [link for link in page_of(rosa, row).links if link.startswith("/send/?person")]


def test_the_text_for_a_ticket_has_no_number_and_no_value(ada, sent):
    row = sent(options={"reference": "CARE-7"}, **DELIVERED, deciding_channel=2)
    text = re.search(r'id="ticket"[^>]*>(.*?)</pre>', text_of(page_of(ada, row)), re.DOTALL)[1]
    assert "4581" in text and "80612" not in text.replace(" ", "")
    assert str(row.request_id) in text and "CARE-7" in text and "KF-1" not in text


def test_a_number_that_no_key_decrypts_still_has_its_page(priya, sent, settings):
    from cryptography.fernet import Fernet

    row = sent()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    said = said_on(priya, row)
    assert "+91 •• •••• 4581" in said and "a key is missing in FIELD_ENCRYPTION_KEYS" in said


def test_the_page_of_a_message_leads_to_the_person_and_the_ticket(priya, sent):
    row = sent(second=OTHER, options={"reference": "CARE-7"})
    page = opened(priya, f"/history/{row.request_id}/")
    for digest in (row.recipient_digest, row.recipient2_digest):
        assert f"/history/person/{digest}/" in page.links
    [form] = [form for form in page.forms if form.action == "/history/"]
    assert str(row.request_id) in Page(priya.post(form.action, {"q": form["q"]})).html


def test_the_queries_do_not_grow_with_the_messages(priya, sent, django_assert_max_num_queries):
    for hours in range(12):
        row = sent(created_at=timezone.now() - timedelta(hours=hours), **DELIVERED)
    with django_assert_max_num_queries(45):
        page_of(priya, row)
