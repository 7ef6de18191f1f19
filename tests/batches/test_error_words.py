"""Each code has words that say what to do, with its facts filled in."""

from __future__ import annotations

import pytest

from invocations.batches.error_words import TEXTS, text_of
from invocations.batches.recipient_file.codes import CODES
from invocations.batches.words_of_files import KIND_NAMES

FACTS = {
    "most": 20_000_000,
    "row": 7,
    "rows": (3, 4),
    "sheets": ("One", "Two"),
    "columns": (0, 2),
    "channels": (1, 2),
    "ranges": ("A2:A5",),
    "column": 1,
    "kind": "pdf",
    "taken": ";",
    "other": "\t",
}


def facts_of(code: str) -> dict[str, object]:
    return {name: FACTS.get(name, name.upper()) for name in CODES[code].facts}


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_words(code: str) -> None:
    text = text_of(code, facts_of(code))
    assert text[0].isupper() or text[0] in "“0123456789"
    assert text[-1] in ".?;:" or text.endswith("sep=;")
    assert "%(" not in text and "(0," not in text


def test_no_words_are_left_over() -> None:
    assert set(TEXTS) - set(CODES) == {"no_country", "ticket_too_long"}


def test_columns_are_named_by_letters_and_signs_by_name() -> None:
    assert "A, C" in text_of("recipient_unsure", facts_of("recipient_unsure"))
    assert "“tab”" in text_of("unsure_separator", facts_of("unsure_separator"))
    assert "20 MB" in text_of("too_large", facts_of("too_large"))


def test_every_kind_that_is_refused_has_a_name() -> None:
    from invocations.batches.recipient_file import archive, kinds

    named = {*kinds._OTHER.values(), *archive._OTHER_ZIPS.values()}
    assert named <= set(KIND_NAMES)
