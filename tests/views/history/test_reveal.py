"""Whole numbers stand nowhere until somebody who may see them asks; that is recorded."""

from __future__ import annotations

import json

import pytest

from invocations.models import BrowserSession, Callback, TrailRow
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db
NUMBER = "919876543202"
SHOWN = ("919876543202", "98765 43202", "98765-43202")
pages = pytest.mark.parametrize(
    "page", ["/history/", "/history/{id}/", "/history/{id}/beside/", "/history/person/{digest}/"]
)


@pytest.fixture
def message(recorded):
    return recorded("202", note=f"call {NUMBER}", reference=NUMBER)


def address(page, message):
    return page.format(id=message.request_id, digest=message.recipient_digest)


def has_number(response) -> bool:
    text = response.content.decode()
    return any(each in text for each in SHOWN)


def reveals() -> list[TrailRow]:
    return list(TrailRow.objects.filter(verb="number_revealed"))


@pages
def test_nobody_sees_a_number_unasked(ada, message, page):
    assert not has_number(ada.get(address(page, message)))


@pytest.mark.parametrize("page", ["/history/{id}/number/", "/history/person/{digest}/number/"])
def test_one_press_shows_it_and_is_recorded(ada, message, page):
    response = ada.post(address(page, message))
    assert has_number(response)
    [row] = reveals()
    assert row.who_name == "ada"
    assert json.loads(row.facts)["last_four"] == "3202"
    assert NUMBER not in row.facts
    assert "no-store" in response["Cache-Control"]
    assert not has_number(ada.get(address(page.replace("number/", ""), message)))


def test_the_session_does_not_hold_it(ada, message):
    ada.post(f"/history/{message.request_id}/number/")
    assert not any(
        NUMBER in json.dumps(each.get_decoded()) for each in BrowserSession.objects.all()
    )


def test_a_revealed_page_does_not_refresh_itself(ada, message):
    assert b'hx-trigger="every' in ada.get(f"/history/{message.request_id}/").content
    revealed = ada.post(f"/history/{message.request_id}/number/").content
    assert b'hx-trigger="every' not in revealed


@pytest.mark.parametrize("page", ["/history/{id}/number/", "/history/person/{digest}/number/"])
def test_support_and_reviewers_may_not(priya, rosa, message, page):
    for browser in (priya, rosa):
        assert browser.post(address(page, message)).status_code == 403
        assert b"Reveal number" not in browser.get(f"/history/{message.request_id}/").content
    assert reveals() == []


def test_what_cannot_be_recorded_is_not_shown(ada, message, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("invocations.privacy.reveals.record", fails)
    with pytest.raises(RuntimeError):
        ada.post(f"/history/{message.request_id}/number/")


def test_the_address_alone_leads_to_the_masked_page(ada, message):
    response = ada.get(f"/history/{message.request_id}/number/")
    assert response.headers["Location"] == f"/history/{message.request_id}/"


def test_an_unmatched_result_is_masked_until_asked_for(ada, account):
    result = store_result(account, b'{"to": "919876543202"}')
    assert not has_number(ada.get("/results/unmatched/"))
    assert has_number(ada.post(f"/results/unmatched/{result.pk}/number/"))
    assert [row.about_id for row in reveals()] == [str(result.pk)]
    assert Callback.objects.count() == 1


# --- exports --------------------------------------------------------------------------------------


def content(response) -> str:
    return b"".join(response.streaming_content).decode()


def test_an_export_has_masked_numbers(ada, message):
    text = content(ada.post("/history/export/", {"format": "csv"}))
    assert "5432" not in text
    [row] = TrailRow.objects.filter(verb="exported")
    assert json.loads(row.facts)["whole_numbers"] is False


def test_an_export_with_whole_numbers_is_asked_for_and_recorded(ada, message):
    text = content(ada.post("/history/export/numbers/", {"format": "csv"}))
    assert "98765 43202" in text
    [row] = TrailRow.objects.filter(verb="exported")
    assert json.loads(row.facts) == {"format": "csv", "rows": 1, "whole_numbers": True}


def test_an_export_with_whole_numbers_needs_the_right(priya, message):
    assert priya.post("/history/export/numbers/", {"format": "csv"}).status_code == 403


# --- searches -------------------------------------------------------------------------------------


def searches() -> list[TrailRow]:
    return list(TrailRow.objects.filter(verb="number_searched"))


@pytest.mark.parametrize("page", ["/history/", "/find/"])
def test_a_search_by_a_whole_number_is_recorded(ada, message, page):
    ada.post(page, {"q": "+91 98765 43202"})
    [row] = searches()
    facts = json.loads(row.facts)
    assert (facts["last_four"], facts["digest"]) == ("3202", message.recipient_digest)
    ada.post(page, {"q": "919876543202"})
    assert len(searches()) == 1


def test_other_searches_are_not_recorded(ada, message):
    for text in ("3202", "KF-20418", str(message.request_id)):
        ada.post("/history/", {"q": text})
    assert searches() == []


def test_many_different_numbers_are_slowed_down(ada, priya, message):
    for n in range(20):
        assert ada.post("/history/", {"q": f"+9198765{n:05}"}).status_code == 200
    for page in ("/history/", "/find/", "/history/export/"):
        refused = ada.post(page, {"q": "+919876543202", "format": "csv"})
        assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
        assert "A moment, please" in refused.content.decode()
    assert ada.post("/history/", {"q": "+919876500003"}).status_code == 200
    assert ada.post("/history/", {"q": "KF-20418"}).status_code == 200
    assert priya.post("/history/", {"q": "+919876543202"}).status_code == 200
    assert len(searches()) == 21


# --- notes ----------------------------------------------------------------------------------------


def note_form(text, **more):
    return {"note_id": "6b4f4a52-6c1e-4b6a-9a1f-0f0c2e6d7a11", "text": text} | more


@pytest.mark.parametrize("text", [f"call {NUMBER}", "api-key: 9f86d081884c7d659a2f"])
def test_a_number_or_key_in_a_note_is_noticed_before_it_is_saved(priya, message, text):
    page = f"/history/{message.request_id}/note/"
    asked = priya.post(page, note_form(text))
    assert (asked.status_code, message.notes.count()) == (200, 0)
    assert "should stand in the note" in asked.content.decode()
    priya.post(page, note_form(text, keeps_it="on"))
    assert message.notes.get().text == text
    shown = priya.get(f"/history/{message.request_id}/").content.decode()
    assert text not in shown


def test_a_plain_note_is_saved_at_once(priya, message):
    priya.post(f"/history/{message.request_id}/note/", note_form("Asked for order 4711."))
    assert message.notes.count() == 1
