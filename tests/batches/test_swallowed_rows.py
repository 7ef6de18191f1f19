"""A quotation mark that is closed some rows too late makes one cell of them: the row is named."""

from __future__ import annotations

import pytest

from tests.batches.files import read

FAR = "919876512340,Asha\n"


@pytest.mark.parametrize(
    "content",
    [
        'Phone,Name\n919876512340,"Asha\n919876512341,Bina"\n919876512342,Devi\n',
        'Phone;Name\n919876512340;"Asha\n919876512341;Bina"\n919876512342;Devi\n',
        'Name,Phone\n"Asha,919876512340\nBina",919876512341\nDevi,919876512342\n',
        'Name,Phone\n"Al,919876512340\nBo,919876512341\nCy",919876512342\n',
        'Name\tPhone\n"Al\t+91 98765-12340\nBo"\t919876512341\n',
        'Phone,Name,Order\n919876512340,"Asha,KF-1\n919876512341,Bina",KF-2\n',
        'A,B,C,D\n"1,2,3,4\n1,2,3,4",2,3,4\n',
    ],
)
def test_rows_inside_a_cell_are_a_fault_of_the_row(content: str) -> None:
    faulty = [row for row in read(content) if row.faults]
    assert [(row.number, row.faults[0].code) for row in faulty] == [(2, "rows_in_a_cell")]


@pytest.mark.parametrize(
    "cell",
    [
        "12, MG Road,\nBengaluru, 560001\nKarnataka, India",
        "Asha\nRao",
        "Ring 080 12345678, gate 2,\nask for Asha",
        "a,b\nc",
        "Tel: 919876512340\nGate 2",
    ],
)
def test_line_breaks_of_a_text_are_no_rows(cell: str) -> None:
    rows = read(f'Phone,Address\n919876512340,"{cell}"\n')
    assert not rows[1].faults
