"""Why a pattern is refused, in words."""

import re
from pathlib import Path

import pytest

from invocations.composing.pattern_text import PATTERN_TEXT, pattern_text
from invocations.kaleyra import patterns
from invocations.kaleyra.patterns import PatternError


def test_every_code_has_a_sentence():
    source = Path(patterns.__file__).read_text(encoding="utf-8")
    raised = set(re.findall(r'PatternError\("(\w+)"', source)) | set(patterns._CODES.values())
    assert raised <= set(PATTERN_TEXT)


@pytest.mark.parametrize("code", sorted(PATTERN_TEXT))
def test_a_sentence_is_complete_and_names_the_part(code):
    text = pattern_text(PatternError(code, "(?="))
    assert "%(" not in text and text[0].isupper() | text.startswith("“") and text.endswith(".")


def test_what_is_possible_elsewhere_is_not_called_no_regular_expression():
    assert "not a regular expression" not in pattern_text(PatternError("not_supported", "(?="))
    assert "not a regular expression" in pattern_text(PatternError("bracket"))
