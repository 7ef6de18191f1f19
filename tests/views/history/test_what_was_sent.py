"""What was posted and reported, shown by right; and the text for a ticket."""

import pytest

from invocations.models import Invocation, Parameter
from tests.conftest import KEY
from tests.reports import report
from tests.views.history.invocation_page import page_of, revealed, text_of


@pytest.mark.parametrize("status", ["queued", "held", "cancelled", "expired"])
def test_a_message_that_never_left_is_not_shown_as_sent(priya, recorded, status):
    row = recorded()
    row.attempts.create(
        number=1, started_at=row.created_at, outcome="not_sent", reason="handed_back", duration_ms=0
    )
    Invocation.objects.update(status=status)
    text = text_of(page_of(priya, row))
    assert "What was sent" not in text
    assert "It was sent in full" not in text
    assert "What would have been posted" in text


def test_values_keep_their_labels_at_the_time_of_sending(priya, accepted, workflow):
    Parameter.objects.create(
        channel=workflow.channels.get(position=1), key="01", label="First name"
    )
    row = accepted()
    Parameter.objects.update(label="Nickname")
    html = page_of(priya, row).html
    assert "First name <code>01</code>" in html and "Nickname" not in html


def test_an_attempt_shows_the_request_as_this_person_may_see_it(priya, ada, accepted, workflow):
    row = accepted()
    shown = page_of(priya, row).text("request-1")
    assert shown.startswith("POST http://127.0.0.1") and "api-key: $KALEYRA_API_KEY" in shown
    assert '"recipient": "…3202"' in shown and '"01": "Asha"' in shown and KEY not in shown
    assert '"recipient": "…3202"' in page_of(ada, row).text("request-1")
    assert '"recipient": "919876543202"' in revealed(ada, row)
    Parameter.objects.create(channel=workflow.channels.get(position=1), key="01", is_sensitive=True)
    assert "Asha" not in page_of(ada, row).text("request-1")


def test_the_body_of_a_result_is_redacted_by_permission(priya, ada, accepted):
    row = accepted()
    callback = report(row, "DELIVERED")
    redacted = page_of(priya, row).text(f"body-{callback.pk}")
    assert page_of(ada, row).text(f"body-{callback.pk}") == redacted
    assert "918061234581" in revealed(ada, row)
    assert "918061234581" not in redacted
    assert "[number ending in 4581]" in redacted
    assert '"messageId": "9db24eba-eeae-41be-97a5-3ac45551ec01"' in redacted


def test_the_text_for_a_ticket_has_the_ids_and_no_number_or_value(ada, accepted):
    row = accepted("400", reference="CARE-7728")
    report(row, "TIMEOUT", "FAILED")
    text = page_of(ada, row).text("ticket")
    for part in [
        row.request_id,
        row.workflow_invocation_id,
        "Order delayed",
        "Acme",
        "Practice pod",
        "Rejected",
        "HTTP 400",
        "CARE-7728",
    ]:
        assert str(part) in text
    assert "is not published" in text and "TIMEOUT, given 30 s, message ID 9db24eba" in text
    assert "919876543400" not in text
    assert "918061234581" not in text
    assert "Asha" not in text
    assert "+91" in text
