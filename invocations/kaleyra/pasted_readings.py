"""The readings of a pasted text: as it is, and with the changes by other programs undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

from invocations.kaleyra.json_in_text import INVISIBLE


def readings(text: str) -> Iterator[str]:
    """`text` as it is, then with one correction after the other, each on top of those before it.

    Marks before its lines are taken off first: no line of JSON begins with one. Each correction
    takes time in proportion to the length of `text`.
    """
    starts = list(dict.fromkeys([_unmarked(text), text]))
    if text.startswith('"'):
        starts.append("{" + text.rstrip(", \n") + "}")  # lines from the middle of a body
    if "^" in text:
        # cmd.exe, and browsers' "Copy as cURL (cmd)"
        starts.append(re.sub(r"\^(.)", r"\1", text))
    for start in starts:
        yield start
    for start in starts:
        for correction in _CORRECTIONS:
            corrected = correction(start)
            if corrected != start:
                start = corrected
                yield start


def _sub(pattern: str, replacement: str, flags: int = 0) -> Callable[[str], str]:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.sub(replacement, text)


# Quoted in a mail, added in a diff, in a table's cell, or with the number of the line.
_MARKS = re.compile(
    rf"""^(?:(?:[ \t{INVISIBLE}]*+[>|+])++[ \t]?|[ \t]*+[0-9]{{1,4}}+[:.|)]?[ \t]++(?=["{{}}]))""",
    re.MULTILINE,
)


def _unmarked(text: str) -> str:
    return _MARKS.sub("", text)


_TOKEN = re.compile(
    r"""
      (?P<double> "(?:[^"\\]|\\.)*+(?:"|\\?\Z) )
    | '(?P<single> (?:[^'\\]|\\.)*+ )(?:'|\\?\Z)
    | (?<![\w$])(?P<name> [A-Za-z_$][\w$]*+ )(?=\s*+:)
    | \b(?P<python> True|False|None)\b
    """,
    re.VERBOSE | re.DOTALL,
)
_PYTHON = {"True": "true", "False": "false", "None": "null"}
_LITERAL_START = re.compile(r"""\{\s*+(?:'|[A-Za-z_$][\w$]*+\s*+:)""")


def _literal_as_json(text: str) -> str:
    """The first object that is written as in Python or JavaScript, and what follows, as JSON."""
    start = _LITERAL_START.search(text)
    if start is None:
        return text
    return text[: start.start()] + _TOKEN.sub(_as_json, text[start.start() :])


def _as_json(token: re.Match[str]) -> str:
    if token["single"] is not None:
        return '"' + token["single"].replace("\\'", "'").replace('"', '\\"') + '"'
    if token["name"]:
        return f'"{token["name"]}"'
    return _PYTHON.get(token["python"] or "", token.group())


_CORRECTIONS: tuple[Callable[[str], str], ...] = (
    _sub("\u00a0", " "),
    _sub(r"[“”„‟«»]", '"'),
    _sub(r"(?<!\S)[–—](?=(?:data|header|json|location|request|url)[a-z-]*[\s=])", "--"),
    _sub(r"[‘’‚‛]", "'"),
    unescape,
    _sub(r'`"', '"'),  # PowerShell inside "…"
    _sub(r'""', '"'),  # cmd.exe and PowerShell inside "…"
    _sub(r'\\(["\\])', r"\1"),  # PowerShell inside '…', and JSON inside of JSON
    _literal_as_json,
)
