"""Pages of a message whose number today's libphonenumber refuses."""

import pytest
from phonenumbers import ValidationResult

from invocations.kaleyra import recipients
from invocations.kaleyra.stored_numbers import stored
from invocations.models import Invocation
from tests.views.pages import opened, words_of

DIGITS = "919876543202"


@pytest.fixture
def row(recorded, monkeypatch):
    """Recorded and sent, before every number became impossible."""
    row = recorded()
    Invocation.objects.filter(pk=row.pk).update(status="rejected", due_at=None)
    monkeypatch.setattr(
        recipients.phonenumbers,
        "is_possible_number_with_reason",
        lambda number: ValidationResult.INVALID_LENGTH,
    )
    return row


@pytest.mark.parametrize("digits", ["", "9", "91", "000000000000", "9" * 15, DIGITS])
def test_a_stored_number_is_described_whatever_it_is(digits):
    found = stored(digits)
    assert found.digits == digits == "".join(c for c in found.formatted if c.isdigit())


def test_a_refused_number_is_masked_like_any_other():
    assert recipients.mask(stored("999123456789").formatted) == "+99 ••• ••• 678 9"


def test_every_page_of_the_message_opens(row, sven, priya, rosa):
    there = f"/history/{row.request_id}/"
    compose = f"/send/{row.workflow_instance_id}/"
    for client in (sven, priya, rosa):
        for address in ("/history/", there, f"{there}beside/"):
            assert client.get(address, follow=True).status_code == 200, address
        answer = client.post("/history/", {"q": DIGITS})
        assert answer.status_code == 200
        ticked = {"ids": [str(row.request_id)], "action": "again", "format": "csv"}
        assert client.post("/history/ticked/", ticked).status_code in (200, 302, 403)
        assert client.post("/history/export/", ticked).status_code in (200, 302)
    for client in (sven, priya):
        for query in (f"again={row.request_id}", f"like={row.request_id}"):
            assert opened(client, f"{compose}?{query}").form("review")
        assert client.post(f"{there}try-again/").status_code == 302


def test_sending_it_again_asks_for_a_number(row, priya):
    there = f"/send/{row.workflow_instance_id}/?again={row.request_id}"
    answer = opened(priya, there).form("review").press(priya, "review")
    assert answer.status_code == 200 and "number" in words_of(answer)
    assert Invocation.objects.count() == 1
