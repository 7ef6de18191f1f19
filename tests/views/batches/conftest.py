"""Files of recipients, uploaded by Priya (Support) over the page."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from invocations.models import Batch

HEADINGS = "Phone number,First name,For how long,Offer"


def csv_of(*rows, headings=HEADINGS):
    return "\r\n".join([headings, *rows]).encode() + b"\r\n"


def row_of(last_two, name="Asha", length="1 year", offer="15%"):
    """A row with a number of its own."""
    return f"9198765123{last_two},{name},{length},{offer}"


GOOD = csv_of(row_of(40), row_of(41, "Bo"), row_of(42, "Chi"))
FAULTY = csv_of(row_of(40), "12,Bo,1 year,15%", row_of(42, ""))


@pytest.fixture
def upload(priya, typed):
    """upload(content): posts the file, and returns its batch."""

    def upload(content=GOOD, name="delays.csv", by=None, workflow=None):
        file = SimpleUploadedFile(name, content, content_type="text/csv")
        address = f"/batches/new/?workflow={(workflow or typed).pk}"
        response = (by or priya).post(address, {"file": file})
        assert response.status_code == 302, response.content.decode()
        return Batch.objects.latest("id")

    return upload


@pytest.fixture
def confirm(priya):
    """confirm(batch, **fields): presses the button of the confirmation, as the page has it."""

    def confirm(batch, by=None, **fields):
        browser = by or priya
        page = browser.get(f"/batches/{batch.uid}/confirm/")
        shown = page.context["shown"]
        response = browser.post(
            f"/batches/{batch.uid}/confirm/", {"shown": shown, "says": "now"} | fields
        )
        batch.refresh_from_db()
        return response

    return confirm
