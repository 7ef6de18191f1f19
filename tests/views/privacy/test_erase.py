"""The page that erases a person, and its receipts."""

from __future__ import annotations

import pytest
from django.utils import timezone

from invocations.models import Erasure, Invocation
from invocations.privacy.erasure import erase_a_little

pytestmark = pytest.mark.django_db
NUMBER = "919876543202"


@pytest.fixture
def message(recorded):
    row = recorded("202")
    Invocation.objects.update(status="accepted", due_at=None, final_at=timezone.now())
    return row


def test_it_shows_what_there_is_and_changes_nothing(ada, message):
    page = ada.post("/erase/", {"number": "+91 98765 43202"}).content.decode()
    assert "There is 1 message" in page
    assert not Erasure.objects.exists()


def test_it_needs_the_tick(ada, message):
    page = ada.post("/erase/", {"number": NUMBER, "action": "erase"}).content.decode()
    assert "Tick the box first" in page
    assert not Erasure.objects.exists()


def test_the_background_sender_erases_and_the_receipt_says_so(ada, message):
    data = {"number": NUMBER, "is_sure": "on", "action": "erase"}
    receipt = ada.post("/erase/", data).headers["Location"]
    assert NUMBER not in receipt
    page = ada.get(receipt).content.decode()
    assert "It continues once" in page and "was erased" not in page
    while erase_a_little(timezone.now()):
        pass
    page = ada.get(receipt).content.decode()
    assert "Done" in page and "A person was erased" in page
    assert "43202" not in page
    assert Invocation.objects.get().payload is None
    shown = ada.get(f"/history/{message.request_id}/").content.decode()
    assert "an erased number" in shown
    assert "were removed on" in shown
    assert ada.get("/history/").status_code == 200


def test_the_receipt_says_for_what_it_waits(ada, message, recorded):
    receipt = ada.post("/erase/", {"number": NUMBER, "is_sure": "on", "action": "erase"})
    Erasure.objects.update(cursor=["messages", ""])
    recorded("202")
    Invocation.objects.filter(pk=message.pk).delete()
    assert "is not final yet" in ada.get(receipt.headers["Location"]).content.decode()


def test_the_receipt_says_what_is_left(ada, message):
    receipt = ada.post("/erase/", {"number": NUMBER, "is_sure": "on", "action": "erase"})
    Erasure.objects.update(counts={"messages": 1, Erasure.LEFT: 1})
    page = ada.get(receipt.headers["Location"]).content.decode()
    assert "One text still has the number" in page and "other texts" not in page


def test_messages_that_may_still_leave_refuse_it(ada, recorded):
    recorded("202")
    data = {"number": NUMBER, "is_sure": "on", "action": "erase"}
    assert "is not final" in ada.post("/erase/", data).content.decode()
    assert not Erasure.objects.exists()


def test_only_who_has_the_right_opens_it(priya, rosa, nina):
    for browser in (priya, rosa, nina):
        assert browser.get("/erase/").status_code == 403
