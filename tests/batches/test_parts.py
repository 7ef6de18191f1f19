"""The rows of a part come back as they were stored."""

from __future__ import annotations

from invocations.batches.parts import pack, unpack
from invocations.batches.recipient_file.codes import told
from invocations.batches.recipient_file.rows import CellFault, Row


def test_rows_come_back_with_their_cells_and_what_is_doubtful_about_them():
    rows = [
        Row(2, ["919876512340", "Äsha", ""]),
        Row(
            7,
            ["9.1E+11"],
            (CellFault(0, "scientific"),),
            (told("more_cells_than_headings", cells=4, headings=3),),
        ),
    ]
    assert unpack(pack(rows)) == rows
