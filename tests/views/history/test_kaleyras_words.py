"""What Kaleyra says is shown as its sentence; the answer as it came stays with the attempt."""

import json

import pytest

from invocations.history import exports
from invocations.models import Invocation
from invocations.models.viewer import Viewer
from invocations.sending.deliver import deliver
from tests.views.history.invocation_page import page_of, text_of
from tests.views.pages import words_of

RAW = {"params": "Internal server error."}


@pytest.fixture(params=["object", "text", "error", "python"])
def refused(request, recorded, kaleyra_says):
    """A message that Kaleyra refused with a wrapped sentence."""
    content = {
        "object": {"success": False, "code": 400, "message": RAW},
        "text": {"success": False, "code": 400, "message": json.dumps(RAW)},
        "error": {"success": False, "code": 400, "errors": RAW},
        "python": {"success": False, "code": 400, "errors": [str(RAW)]},
    }[request.param]
    row = recorded()
    kaleyra_says(400, content)
    deliver(row.pk)
    return Invocation.objects.get(pk=row.pk)


def test_pages_and_ticket_show_the_sentence(priya, refused):
    page = page_of(priya, refused)
    before_attempts = text_of(page).partition('id="h-at"')[0]
    assert '<blockquote class="words">Internal server error.</blockquote>' in before_attempts
    assert "params" not in page.text("ticket")
    assert "Kaleyra’s words: Internal server error." in page.text("ticket")
    side_panel = priya.get(f"/history/{refused.request_id}/beside/", headers={"HX-Request": "true"})
    assert "Kaleyra said" not in words_of(side_panel) or "params" not in words_of(side_panel)
    assert "Internal server error." in words_of(priya.get("/history/errors/"))
    assert "{" not in refused.error_kind


def test_the_answer_as_it_came_stays_with_the_attempt(priya, refused):
    assert "params" in page_of(priya, refused).text("answer-1")


def test_the_export_has_the_sentence(priya, refused):
    rows = Invocation.objects.filter(pk=refused.pk)
    found = "".join(str(line) for line in exports.export_rows(rows, Viewer.of(priya.person)))
    assert "Internal server error." in found and "params" not in found


def test_an_old_row_whose_kind_is_wrapped_is_shown_as_its_sentence(priya, refused):
    Invocation.objects.update(error_kind=json.dumps(RAW))
    assert "params" not in words_of(priya.get("/history/errors/"))
    assert "Internal server error." in words_of(priya.get("/history/errors/"))
