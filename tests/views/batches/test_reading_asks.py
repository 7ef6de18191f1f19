"""What may send to other people than those that are meant is asked before the start."""

from __future__ import annotations

from invocations.models import Batch
from tests.batches.files import xlsx
from tests.views.batches.conftest import HEADINGS


def book(*, sheets: int = 1, hides: bool = False, titles: int = 0) -> bytes:
    """A workbook with two rows on each sheet."""

    def fill(workbook):
        for number in range(sheets):
            sheet = workbook.add_worksheet(f"Week {number + 1}")
            if titles:
                sheet.write(0, 0, "Delays of November")
            sheet.write_row(titles, 0, HEADINGS.split(","))
            for row in (1, 2):
                cells = [f"9198765123{number}{row}", "Asha", "1 year", "15%"]
                sheet.write_row(titles + row, 0, cells)
            if hides:
                sheet.set_row(titles + 2, None, None, {"hidden": True})

    return xlsx(fill)


def page_of(browser, batch):
    return browser.get(f"/batches/{batch.uid}/confirm/").content.decode()


def test_hidden_rows_need_a_tick(priya, upload, confirm) -> None:
    batch = upload(book(hides=True), name="delays.xlsx")
    assert "are hidden in the spreadsheet" in page_of(priya, batch)
    response = confirm(batch)
    assert batch.state == Batch.State.CHECKED
    assert "tick the box below first" in response.content.decode()
    confirm(batch, acknowledged="hidden_rows:1")
    assert batch.state == Batch.State.RUNNING


def test_several_sheets_are_asked_about_before_the_confirmation(priya, upload) -> None:
    batch = upload(book(sheets=2), name="delays.xlsx")
    assert priya.get(f"/batches/{batch.uid}/").url == f"/batches/{batch.uid}/check/"
    assert "sheet “Week 1” of 2" in page_of(priya, batch)
    priya.post(f"/batches/{batch.uid}/check/", {"sheet": "Week 2", "action": "check"})
    batch.refresh_from_db()
    assert "sheet “Week 2” of 2" in page_of(priya, batch)


def test_headings_that_are_not_the_first_row_are_told_before_the_start(priya, upload) -> None:
    page = page_of(priya, upload(book(titles=1), name="delays.xlsx"))
    assert "The headings are in row 2. What is above is not used." in page
