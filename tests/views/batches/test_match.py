"""Match and check: columns are said, cells are corrected, rows are left out, on the page."""

import io
import re

import pytest
import xlsxwriter

from invocations.batches.column_json import columns_of
from invocations.batches.recipient_file import open_file
from invocations.batches.recipient_file.headings import table_of
from tests.views.batches.conftest import FAULTY, GOOD, csv_of, row_of


def shown(browser, batch, query=""):
    return browser.get(f"/batches/{batch.uid}/check/{query}").content.decode()


def workbook_of(**sheets):
    """By name: the lines of each sheet, with commas between the cells."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for number, line in enumerate(lines):
                sheet.write_row(number, 0, line.split(","))
    return file.getvalue()


def press(browser, batch, action="check", **fields):
    response = browser.post(f"/batches/{batch.uid}/check/", {"action": action, **fields})
    batch.refresh_from_db()
    return response


def test_only_the_rows_at_fault_are_shown_with_the_cell_to_correct(priya, upload):
    batch = upload(FAULTY)
    page = shown(priya, batch)
    assert re.findall(r'name="(cell-[0-9-]+)"', page) == ["cell-3-0", "cell-4-1"]
    assert "1 row is ready, 2 not" in page
    assert "919876512340" not in page.partition('id="to-correct"')[2].partition("</table>")[0]


def test_corrected_cells_are_checked_and_the_rest_stays(priya, upload):
    batch = upload(FAULTY)
    response = press(priya, batch, **{"cell-3-0": "919876512341", "cell-4-1": ""})
    assert batch.to_decide == 1
    assert response.headers["Location"] == f"/batches/{batch.uid}/"
    assert "cell-4-1" in shown(priya, batch)


def test_when_all_is_corrected_the_confirmation_follows(priya, upload):
    batch = upload(FAULTY)
    press(priya, batch, **{"cell-3-0": "919876512341", "cell-4-1": "Chi"})
    response = priya.get(f"/batches/{batch.uid}/")
    assert response.headers["Location"].endswith("/confirm/")


def test_rows_at_fault_can_be_left_out_and_taken_back(priya, upload):
    batch = upload(FAULTY)
    press(priya, batch, "leave-out:faults")
    assert (batch.to_decide, batch.left_out) == (0, 2)
    press(priya, batch, "take-back:faults")
    assert (batch.to_decide, batch.left_out) == (2, 0)


def test_leaving_out_keeps_what_was_typed(priya, upload):
    batch = upload(FAULTY)
    press(priya, batch, "leave-out:faults", **{"cell-3-0": "919876512341"})
    assert batch.left_out == 1


def test_columns_with_other_names_are_asked_about_first(priya, upload):
    batch = upload(csv_of(row_of(40), headings="mobile,who,span,off"))
    page = shown(priya, batch)
    assert "3 things to say about the columns first" in page
    press(priya, batch, **{"column-1": "01", "column-2": "02", "column-3": "03"})
    assert columns_of(batch).places == ("recipient", "01", "02", "03")
    assert batch.to_decide == 0


def test_a_value_without_a_column_can_be_the_same_for_all_rows(priya, upload):
    batch = upload(csv_of("919876512340,Asha,1 year", headings="Phone,First name,For how long"))
    assert "fixed-2" in shown(priya, batch)
    press(priya, batch, **{"fixed-2": "15%"})
    assert columns_of(batch).fixed == {"03": "15%"}
    assert priya.get(f"/batches/{batch.uid}/").headers["Location"].endswith("/confirm/")


def test_the_country_of_numbers_without_a_code_is_asked_once(priya, upload, typed):
    typed.account.home_country = "IN"
    typed.account.save()
    batch = upload(csv_of("9876512340,Asha,1 year,15%", "9876512341,Bo,1 year,15%"))
    assert "2 numbers have no country code" in shown(priya, batch)
    press(priya, batch, home="IN")
    assert batch.to_decide == 0


def test_another_row_of_headings_can_be_chosen(priya, upload):
    batch = upload(b"Our customers,,,\r\n" + GOOD)
    press(priya, batch, heading_row="1")
    page = shown(priya, batch)
    assert "Our customers" in page


def test_a_row_with_too_many_cells_is_told_as_a_whole(priya, upload):
    batch = upload(csv_of(row_of(40), "919876512341,Rao, Asha,1 year,15%"))
    page = shown(priya, batch)
    assert "This row has 5 cells" in page
    moved = {"cell-3-1": "Rao, Asha", "cell-3-2": "1 year", "cell-3-3": "15%", "cell-3-4": ""}
    assert all(f'name="{name}"' in page for name in moved)
    press(priya, batch, **moved)
    assert batch.to_decide == 0


def test_many_rows_at_fault_are_counted_and_fifty_are_shown(priya, upload):
    batch = upload(csv_of(*[f"12,A{n},1 year,15%" for n in range(120)]))
    page = shown(priya, batch)
    assert "120 rows to put right" in page
    assert page.count('name="cell-') == 50
    assert 'name="cell-52-0"' in shown(priya, batch, "?page=2")


@pytest.mark.parametrize("width", [300, 900])
def test_a_page_stays_light_whatever_the_file(priya, upload, width):
    headings = ",".join(["Phone", "First name", "For how long", "Offer", *["x"] * width])
    rows = [f"12,{'n' * 5000},1 year,15%," + ",".join(["y" * 20] * width) for _ in range(60)]
    batch = upload(csv_of(*rows, headings=headings))
    assert len(shown(priya, batch).encode()) < 300_000


def test_rows_at_fault_can_be_downloaded_and_uploaded_again(priya, upload):
    batch = upload(FAULTY)
    content = b"".join(priya.get(f"/batches/{batch.uid}/check/rows/").streaming_content)
    file = open_file(io.BytesIO(content))
    table = table_of(iter(file))
    assert table.headings[-2:] == ("Row in the file", "What is wrong")
    assert [row.cells[0] for row in table.sample] == ["12", "91987651234" + "2"]
    assert [row.cells[4] for row in table.sample] == ["3", "4"]
    file.close()


def test_cells_are_shown_to_their_uploader_alone(priya, ada, upload):
    batch = upload(FAULTY)
    for place in ("", "check/", "confirm/", "check/rows/"):
        assert ada.get(f"/batches/{batch.uid}/{place}").status_code == 404


def test_a_file_that_was_sent_before_is_recognised_by_its_content(priya, upload, confirm):
    first = upload(name="monday.csv")
    confirm(first)
    again = upload(name="tuesday.csv")
    page = priya.get(f"/batches/{again.uid}/confirm/").content.decode()
    assert "This very file was sent before:" in page
    assert f"/batches/{first.uid}/" in page


def test_a_country_is_not_asked_for_if_no_number_can_lack_it(priya, upload):
    page = shown(priya, upload(csv_of("+9198,Asha,1 year,15%", "abc,Bo,1 year,15%")))
    assert "row is ready" not in page and 'id="home"' not in page


def test_a_country_is_asked_for_if_a_number_may_lack_it(priya, upload):
    assert 'id="home"' in shown(priya, upload(csv_of("12345678,Asha,1 year,15%")))


def test_headings_below_a_title_are_shown_before_the_confirmation(priya, upload):
    batch = upload(b"Our customers,,,\r\n" + GOOD)
    assert priya.get(f"/batches/{batch.uid}/").headers["Location"].endswith("/check/")
    assert "This is how it was read: headings in row 2." in shown(priya, batch)
    page = priya.get(f"/batches/{batch.uid}/confirm/").content.decode()
    assert "headings in row 2" in page.partition("Read from")[2]


def test_a_workbook_whose_first_sheet_has_no_rows_offers_the_others(priya, upload):
    book = workbook_of(Notes=["Please send these"], Delays=GOOD.decode().splitlines())
    batch = upload(book, name="delays.xlsx")
    assert "choose it below" in shown(priya, batch)
    press(priya, batch, sheet="Delays")
    assert (batch.state, batch.rows) == ("checked", 3)


def test_many_empty_cells_lead_to_one_text_for_all(priya, upload):
    batch = upload(csv_of(*[row_of(n, "") for n in range(40, 46)]))
    page = shown(priya, batch)
    [index] = re.findall(r'href="#fallback-(\d+)"', page)
    press(priya, batch, **{f"fallback-{index}": "customer"})
    assert batch.to_decide == 0


def test_kinds_of_trouble_in_one_column_are_named_by_their_reason(priya, upload):
    batch = upload(csv_of(row_of("x"), "9.19877E+11,Bo,1 year,15%"))
    page = shown(priya, batch)
    labels = re.findall(r"<span>(1 · Phone number: [^<]*)</span>", page)
    assert len(set(labels)) == 2


def test_the_title_says_what_is_to_be_done_and_names_no_file(priya, upload):
    title = re.search("<title>(.*?)</title>", shown(priya, upload(FAULTY)), re.DOTALL)[1]
    assert "2 rows to put right" in title and "delays" not in title
