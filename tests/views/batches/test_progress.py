"""The page of a batch under way, its list, and what a person may do about it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.batches.feed import feed_due
from invocations.models import Batch, Heartbeat, Invocation, Pace
from invocations.sending import rate_limit
from invocations.sending.restored import mark_restored
from invocations.views.batches import files, progress
from tests.views.batches.conftest import GOOD


@pytest.fixture
def started(upload, confirm):
    batch = upload(GOOD)
    confirm(batch)
    return batch


def page_of(browser, batch):
    return browser.get(f"/batches/{batch.uid}/").content.decode()


def fed(batch):
    feed_due()
    batch.refresh_from_db()
    return Invocation.objects.filter(batch=batch)


def test_the_page_counts_refreshes_itself_and_has_no_name_in_its_title(priya, started):
    page = page_of(priya, started)
    assert "of 3 done" in page
    assert 'hx-trigger="every 2s"' in page
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert "Batch of 3 messages" in title
    assert "delays" not in title


def test_it_is_paused_and_resumed_by_those_who_may_send(priya, rosa, started):
    assert rosa.post(f"/batches/{started.uid}/pause/").status_code == 403
    priya.post(f"/batches/{started.uid}/pause/")
    assert "has paused this batch" in page_of(rosa, started)
    priya.post(f"/batches/{started.uid}/resume/")
    started.refresh_from_db()
    assert started.state == Batch.State.RUNNING


def test_the_page_says_that_kaleyra_cannot_be_reached_and_promises_no_time(priya, started):
    Heartbeat.objects.create(pk=1, at=timezone.now())
    assert "About 1 s left" in page_of(priya, started)
    circuit = {"failures": rate_limit.FAILURES, "wait_until": timezone.now()}
    Pace.objects.update_or_create(account=started.account, defaults=circuit)
    page = page_of(priya, started)
    assert "The console tries one message every 10 seconds." in page
    assert "s left</strong>" not in page


def test_a_restored_copy_of_the_database_is_told_in_words(priya, started):
    mark_restored()
    assert "The database was restored from a backup." in page_of(priya, started)


def test_cancelling_is_asked_first_and_ends_what_has_not_left(priya, started):
    fed(started)
    asked = priya.get(f"/batches/{started.uid}/cancel/").content.decode()
    assert "Cancel the 3 messages left?" in asked
    priya.post(f"/batches/{started.uid}/cancel/")
    started.refresh_from_db()
    assert started.state == Batch.State.CANCELLED
    assert set(Invocation.objects.values_list("status", flat=True)) == {"cancelled"}
    assert "Send the 3 rows that never left" in page_of(priya, started)


def test_rows_that_need_a_look_lead_to_the_history_of_the_batch(priya, started):
    rows = fed(started)
    rows.filter(batch_row=3).update(status="rejected", due_at=None)
    page = page_of(priya, started)
    assert "1 rejected" in page
    link = f"/history/?batch={started.uid}&amp;status=rejected"
    assert link in page
    listed = priya.get(f"/history/?batch={started.uid}&status=rejected").content.decode()
    assert "Batch: delays.csv" in listed


def test_failed_rows_are_sent_again_as_a_new_batch_to_be_checked(priya, started):
    fed(started).filter(batch_row=3).update(status="rejected", due_at=None)
    response = priya.post(f"/batches/{started.uid}/again/", {"which": "failed"})
    new = Batch.objects.latest("id")
    assert response.headers["Location"] == f"/batches/{new.uid}/"
    assert (new.again_from, new.rows, new.state) == (started, 1, "checked")


def test_the_message_page_names_row_and_batch(priya, started):
    row = fed(started).get(batch_row=3)
    page = priya.get(f"/history/{row.request_id}/").content.decode()
    assert "Row 3 of" in page
    assert f'href="/batches/{started.uid}/">delays.csv</a>' in page


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_result_file_comes_at_any_moment(priya, rosa, started, format):
    for browser in (priya, rosa):
        response = browser.get(f"/batches/{started.uid}/result.{format}")
        assert b"".join(response.streaming_content)
        assert "delays" not in response.headers["Content-Disposition"]


def test_a_large_batch_comes_as_csv_and_the_page_says_so(priya, started, monkeypatch):
    for module in (files, progress):
        monkeypatch.setattr(module, "MAX_XLSX_ROWS", 2)
    page = page_of(priya, started)
    assert "With more than 2 rows it comes as CSV" in page and "result.xlsx" not in page
    response = priya.get(f"/batches/{started.uid}/result.xlsx", follow=True)
    assert "the result comes as CSV alone" in response.content.decode()
    assert b"".join(priya.get(f"/batches/{started.uid}/result.csv").streaming_content)


def test_a_file_whose_name_was_deleted_is_not_called_pasted_rows(priya, started):
    long_ago = timezone.now() - timedelta(days=1)
    changes = {"file_name": Batch._meta.get_field("file_name").seal(started, "")}
    Batch.objects.update(state="done", ended_at=long_ago, delete_at=long_ago, **changes)
    page = page_of(priya, started)
    assert "A file that is deleted" in page and "Pasted rows" not in page


def test_a_cancelled_batch_says_how_many_left_and_how_many_never_did(priya, started):
    fed(started)
    priya.post(f"/batches/{started.uid}/cancel/")
    page = " ".join(re.sub("<[^>]*>", " ", page_of(priya, started)).split())
    assert "0 of 3 left, 3 never did" in page


def test_a_result_file_over_http_1_0_has_a_length_so_that_a_torn_one_is_noticed(priya, started):
    response = priya.get(f"/batches/{started.uid}/result.csv", SERVER_PROTOCOL="HTTP/1.0")
    content = b"".join(response.streaming_content)
    assert content and int(response["Content-Length"]) == len(content)


def test_the_result_file_shows_whole_numbers_to_the_uploader_and_masks_them_for_others(
    priya, rosa, started
):
    address = f"/batches/{started.uid}/result.csv"
    assert b"919876512340" in b"".join(priya.get(address).streaming_content)
    assert b"919876512340" not in b"".join(rosa.get(address).streaming_content)
    assert "Numbers are masked." not in page_of(priya, started)
    assert "Numbers are masked." in page_of(rosa, started)


def test_the_list_has_started_batches_of_everybody_and_own_files(priya, ada, started, upload):
    upload(GOOD, name="not-started.csv")
    own = priya.get("/batches/").content.decode()
    others = ada.get("/batches/").content.decode()
    assert "delays.csv" in own and "not-started.csv" in own
    assert "delays.csv" in others and "not-started.csv" not in others
