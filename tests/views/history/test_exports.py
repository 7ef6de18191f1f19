"""Export: a short one at once, a long one later, and each to the person who asked."""

import csv
import io
import uuid

import pytest
from django.contrib.auth.models import Permission

from invocations.history import exports
from invocations.models import Export
from tests.conftest import sign_in_again
from tests.views.pages import opened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORTS_DIR = tmp_path / "exports"


@pytest.fixture
def everything_is_long(monkeypatch):
    monkeypatch.setattr(exports, "MAX_INLINE_ROWS", 1)


def post(browser, address="/history/export/", **data):
    return browser.post(address, {"format": "csv"} | data)


def ids_in(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return {line["Request ID"] for line in csv.DictReader(io.StringIO(text))}


def test_the_file_has_what_the_filter_in_the_address_leaves(priya, recorded):
    kept, other = recorded(reference="CARE-1"), recorded()
    type(kept).objects.filter(pk=other.pk).update(status="cancelled")
    answer = post(priya, "/history/export/?status=queued")
    assert answer["Content-Disposition"].startswith('attachment; filename="history-')
    assert ids_in(answer) == {str(kept.request_id)}


def test_what_was_searched_for_and_what_was_ticked_narrow_it_too(priya, recorded):
    one, two, three = recorded(reference="CARE-1"), recorded(), recorded()
    assert ids_in(post(priya, q="CARE-1")) == {str(one.request_id)}
    ticked = [str(two.request_id), str(three.request_id), "nonsense"]
    assert ids_in(post(priya, ids=ticked)) == set(ticked[:2])


def test_all_that_was_ticked_is_in_the_file_though_it_filled_more_than_a_page(priya, recorded):
    rows = {str(recorded().request_id) for _ in range(52)}
    assert ids_in(post(priya, ids=rows)) == rows


def test_numbers_are_masked_unless_they_are_asked_for(priya, ada, recorded):
    recorded()
    for answer in (post(priya), post(ada)):
        assert b"91 98765 43202" not in b"".join(answer.streaming_content)
    asked_for = post(ada, "/history/export/numbers/")
    assert b"91 98765 43202" in b"".join(asked_for.streaming_content)


def test_a_file_that_is_streamed_has_the_times_of_the_person_who_asked(priya, recorded):
    recorded()
    priya.cookies["timezone"] = "Asia/Kolkata"
    assert b"Saved (Asia/Kolkata)" in b"".join(post(priya).streaming_content)


def test_a_workbook_opens_as_one(priya, recorded):
    recorded()
    assert b"".join(post(priya, format="xlsx").streaming_content).startswith(b"PK")


@pytest.mark.parametrize("data", [{"format": "exe"}, {"q": "no such ticket"}])
def test_what_cannot_be_exported_is_said_on_the_history(priya, recorded, data):
    recorded()
    answer = priya.post("/history/export/", {"format": "csv"} | data, follow=True)
    assert answer.redirect_chain == [("/history/", 302)]
    assert ("Choose CSV" in answer.content.decode()) == ("q" not in data)


def test_a_long_one_is_fetched_when_it_is_ready_by_who_asked_for_it(
    priya, ada, recorded, everything_is_long
):
    kept = {str(recorded().request_id) for _ in range(3)}
    answer = priya.post("/history/export/?status=queued", {"format": "csv"}, follow=True)
    assert "It is being written" in answer.content.decode() and "hx-get" in answer.content.decode()
    (export,) = Export.objects.all()
    there = f"/history/exports/{export.pk}/download/"
    assert priya.post(there).status_code == 404
    exports.write_next_export()
    assert there in [form.action for form in opened(priya, "/history/exports/").forms]
    assert ada.post(there).status_code == 404
    assert ids_in(priya.post(there)) == kept
    assert Export.objects.get().seen_at


def test_one_with_whole_numbers_is_not_given_to_who_may_not_see_them_any_more(
    ada, recorded, everything_is_long
):
    recorded(), recorded()
    post(ada, "/history/export/numbers/")
    exports.write_next_export()
    assert "98765" in exports.export_path(Export.objects.get()).read_text()
    ada.person.groups.set([])
    ada.person.user_permissions.set(Permission.objects.filter(codename="view_invocation"))
    sign_in_again(ada)
    answer = ada.post(f"/history/exports/{Export.objects.get().pk}/download/", follow=True)
    assert "which you may not see any more" in answer.content.decode()


def test_one_that_is_not_ready_can_be_stopped_by_its_person_alone(
    priya, ada, recorded, everything_is_long
):
    recorded(), recorded()
    post(priya)
    there = f"/history/exports/{Export.objects.get().pk}/cancel/"
    assert ada.post(there).status_code == 404 and Export.objects.get().state == "waiting"
    priya.post(there)
    assert Export.objects.get().state == "cancelled"
    assert "had ended already" in priya.post(there, follow=True).content.decode()


def test_one_that_is_being_written_shows_how_far_it_is(
    priya, recorded, everything_is_long, monkeypatch
):
    recorded(), recorded()
    post(priya)
    seen = []

    def looked_at(some):
        yield from some
        seen.append(priya.get("/history/exports/").content.decode())

    as_csv = exports.as_csv
    monkeypatch.setattr(exports, "as_csv", lambda some: as_csv(looked_at(some)))
    assert exports.write_next_export()
    assert '<progress value="2" max="2"' in seen[0] and "2 of 2 rows" in seen[0]
    assert "<progress" not in priya.get("/history/exports/").content.decode()


def test_an_address_that_is_none_is_not_found(priya):
    assert priya.post(f"/history/exports/{uuid.uuid4()}/download/").status_code == 404
