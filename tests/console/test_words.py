"""tests/words.py: `make words` lists each sentence with its place."""

import re

import pytest

from tests.words import ROOT, sentences

SENTENCES = sentences()


def texts_in(place):
    return [each.text for each in SENTENCES if each.path == ROOT / place]


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=str)
def test_each_text_that_a_template_marks_is_listed(path):
    marked = re.findall(r"{%\s*(?:blocktrans(?:late)?|trans(?:late)?)\b", path.read_text())
    plurals = re.findall(r"{%\s*plural\b", path.read_text())
    assert len(texts_in(path)) == len(marked) + len(plurals)


def test_python_commands_and_scripts_are_listed_in_the_order_of_their_places():
    assert (
        "This form has been sent already, with other values. Nothing more was sent. "
        in " ".join(texts_in("invocations/views/send/send.py"))
    )
    assert any(
        "example workflows" in text for text in texts_in("invocations/management/commands/demo.py")
    )
    assert any("Could not copy" in text for text in texts_in("static/console.js"))
    assert sorted(SENTENCES) == SENTENCES
