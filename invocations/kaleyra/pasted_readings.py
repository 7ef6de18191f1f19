"""The readings of a pasted text: as it is, and with the changes by other programs undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

from invocations.kaleyra.curl_command import may_be_command
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
    starts = [*_undoubled(text), *starts, *_without_escaped_quotes(text)]
    for start in starts:
        yield start
    # Before the quotes of a shell are undone, which a program writes in its values, too.
    yield _without_extras(starts[0])
    yield _without_extras(_literal_as_json(starts[0]))
    for start in starts:
        for correction in _CORRECTIONS:
            corrected = correction(start)
            if corrected != start:
                start = corrected
                yield start


_OPENS, _CLOSES = re.compile(r"(?<!')'\s*+\{"), re.compile(r"\}\s*+'(?!')")


def _undoubled(text: str) -> list[str]:
    """With one ' in place of two, if the body stands between single quotes as in PowerShell or SQL.

    A shell writes a ' in them otherwise.
    """
    is_between = "''" in text and _OPENS.search(text) and _CLOSES.search(text)
    return [text.replace("''", "'")] if is_between and not may_be_command(text) else []


def _without_escaped_quotes(text: str) -> list[str]:
    """The readings of a body with a backslash before a ', which no JSON has."""
    if "'\\''" in text:
        return [text.replace("'\\''", "'")]  # a shell
    if "\\'" not in text:
        return []
    # PHP escapes these alone; Python and JavaScript every quote and backslash.
    return [text.replace("\\'", "'"), re.sub(r"\\(['\"\\])", r"\1", text)]


def _sub(pattern: str, replacement: str, flags: int = 0) -> Callable[[str], str]:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.sub(replacement, text)


# Quoted in a mail, added in a diff, in a table's cell, or with the number of the line.
_MARKS = re.compile(
    rf"""^(?: (?:[ \t{INVISIBLE}]*+[>|+])++[ \t]?
        | [ \t]*+[0-9]{{1,4}}+(?:[ \t]*+[:.|)])?[ \t]++(?=["{{}}]) )""",
    re.MULTILINE | re.VERBOSE,
)


def _unmarked(text: str) -> str:
    return _MARKS.sub("", text)


_STRING = r'(?P<text> "(?:[^"\\]|\\.)*+(?:"|\\?\Z) )'
_TOKEN = re.compile(
    rf"""
      {_STRING}
    | '(?P<single> (?:[^'\\]|\\.)*+ )(?:'|\\?\Z)
    | `(?P<template> (?:[^`\\]|\\.)*+ )(?:`|\\?\Z)
    | (?<![\w$])(?P<name> [A-Za-z_$][\w$]*+ | [0-9]{{1,4}}+ )(?=\s*+:)
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
    for name, quote in (("single", "'"), ("template", "`")):
        if token[name] is not None:
            return '"' + token[name].replace("\\" + quote, quote).replace('"', '\\"') + '"'
    if token["name"]:
        return f'"{token["name"]}"'
    return _PYTHON.get(token["python"] or "", token.group())


_COMMENT = re.compile(
    rf"{_STRING} | (?<!:)//[^\n]*+ | /\*(?:[^*]|\*(?!/))*+\*/ | (?<!\S)\#[^\n]*+",
    re.VERBOSE | re.DOTALL,
)
_LAST_COMMA = re.compile(rf"{_STRING} | ,(?=\s*+[}}\]])", re.VERBOSE | re.DOTALL)


def _without_extras(text: str) -> str:
    """Without the comments and the last commas that programs allow in what is nearly JSON."""
    before, brace, body = text.partition("{")
    for extra in (_COMMENT, _LAST_COMMA):
        body = extra.sub(lambda found: found["text"] or "", body)
    return before + brace + body


_CORRECTIONS: tuple[Callable[[str], str], ...] = (
    _sub(r'"\s*+=>', '":'),  # Ruby
    _sub("\u00a0", " "),
    _sub(r"[“”„‟«»]", '"'),
    _sub(r"(?<!\S)[–—](?=(?:data|header|json|location|request|url)[a-z-]*[\s=])", "--"),
    _sub(r"[‘’‚‛]", "'"),
    unescape,
    _sub(r'`"', '"'),  # PowerShell inside "…"
    _sub(r'""', '"'),  # cmd.exe and PowerShell inside "…"
    _sub(r'\\(["\\])', r"\1"),  # PowerShell inside '…', and JSON inside of JSON
    _literal_as_json,
    _without_extras,
)
