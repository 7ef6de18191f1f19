"""The Markdown documents of the project, and what they name."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    ROOT / "static" / "shell" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def code_in(text):
    """The pieces of code in a document: inline, fenced, and indented by four blanks.

    A command that a backslash continues is one line.
    """
    text = re.sub(r" *\\\n *", " ", text)
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)
    inline = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    lines = [line for block in blocks for line in block.splitlines()]
    return [" ".join(code.split()) for code in (*lines, *indented, *inline)]
