"""The upload: a file or pasted rows, taken in encrypted, and what is said if it cannot be."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from invocations.batches.columns import propose
from invocations.batches.recipient_file import open_file
from invocations.batches.recipient_file.headings import table_of
from invocations.batches.wanted import wanted_of
from invocations.models import Batch, BatchChunk
from tests.views.batches.conftest import GOOD
from tests.views.pages import opened


def test_the_page_shows_the_columns_that_the_chosen_workflow_needs(priya, typed):
    page = priya.get(f"/batches/new/?workflow={typed.pk}").content.decode()
    for heading in ("Phone number", "First name", "For how long", "Offer"):
        assert heading in page


def test_a_good_file_leads_to_its_confirmation(priya, upload):
    batch = upload()
    assert batch.state == "checked"
    assert batch.created_by == priya.person
    assert priya.get(f"/batches/{batch.uid}/").headers["Location"].endswith("/confirm/")


def test_rows_can_be_pasted_as_a_spreadsheet_copies_them(priya, typed):
    pasted = GOOD.decode().replace(",", "\t")
    priya.post(f"/batches/new/?workflow={typed.pk}", {"pasted": pasted})
    batch = Batch.objects.get()
    assert (batch.state, batch.rows, batch.to_decide) == ("checked", 3, 0)


def test_without_a_workflow_nothing_is_made_and_what_was_pasted_is_back(priya, typed, plain):
    response = priya.post("/batches/new/?workflow=", {"pasted": "Phone\n919876512340"})
    assert "Phone\n919876512340" in response.content.decode()
    assert "Choose the workflow first." in response.content.decode()
    assert not Batch.objects.exists()


def test_without_a_file_nothing_is_made_and_the_page_says_so(priya, typed):
    response = priya.post(f"/batches/new/?workflow={typed.pk}", {"pasted": " "})
    assert "Choose a file first, or paste the rows." in response.content.decode()
    assert not Batch.objects.exists()


def test_a_script_is_answered_with_the_address_or_the_error(priya, typed):
    file = SimpleUploadedFile("a.csv", GOOD)
    address = f"/batches/new/?workflow={typed.pk}"
    by_script = {"X-Requested-With": "XMLHttpRequest"}
    answer = priya.post(address, {"file": file}, headers=by_script).json()
    assert answer == {"address": f"/batches/{Batch.objects.get().uid}/"}
    assert "error" in priya.post(address, {}, headers=by_script).json()


def test_a_file_with_a_false_token_leaves_nothing_behind(priya, typed):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(priya.person)
    file = SimpleUploadedFile("a.csv", GOOD)
    response = strict.post(f"/batches/new/?workflow={typed.pk}", {"file": file})
    assert response.status_code == 403
    assert not Batch.objects.exists()
    assert not BatchChunk.objects.exists()


def test_a_workflow_that_one_may_not_send_takes_no_file(rosa, priya, typed):
    typed.is_active = False
    typed.save()
    file = SimpleUploadedFile("a.csv", GOOD)
    address = f"/batches/new/?workflow={typed.pk}"
    page = priya.post(address, {"file": file}).content.decode()
    assert "You cannot send this workflow now. Choose another one, or ask an admin." in page
    assert rosa.post(address, {"file": file}).status_code == 403
    assert not Batch.objects.exists()


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_example_file_can_be_uploaded_as_it_is(priya, typed, format):
    content = priya.get(f"/batches/example/{typed.pk}.{format}").content
    file = open_file(SimpleUploadedFile("a", content))
    table = table_of(iter(file))
    columns = propose(table.headings, table.sample, wanted_of(list(typed.channels.all())))
    assert columns.is_complete
    assert table.sample[0].cells[0] == "+91 80612 34581"
    file.close()


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(priya, upload):
    batch = upload(b"<html><table><tr><td>Phone</td></tr></table></html>", "a.xls")
    response = priya.get(f"/batches/{batch.uid}/", follow=True)
    assert batch.state == "refused"
    assert "This file cannot be used" in response.content.decode()


def test_the_last_files_are_listed_and_the_name_is_in_no_address_and_no_title(priya, upload):
    upload(name="customers-of-asha.csv")
    page = priya.get("/batches/new/").content.decode()
    assert "customers-of-asha.csv" in page
    assert opened(priya, "/batches/new/")
    title = page.partition("<title>")[2].partition("</title>")[0]
    assert "asha" not in title
    assert 'href="/batches/' in page and "asha.csv/" not in page


def test_a_file_posted_without_a_session_or_a_workflow_touches_no_disk(
    priya, plain, typed, settings
):
    settings.FILE_UPLOAD_TEMP_DIR = "/nowhere"  # Django would fail to write there
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    for browser in (Client(), priya):
        file = SimpleUploadedFile("a.csv", GOOD)
        response = browser.post("/batches/new/?workflow=", {"file": file})
        assert response.status_code in (200, 302)
