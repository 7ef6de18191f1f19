"""Reads a curl command: its body, the parts of its URL, and whether it carries an API key.

Only the body and the parts of the URL become values: nothing else of a command does, least of all
an API key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from invocations.kaleyra.address import API_DOMAIN, SID, WORKFLOW_INSTANCE_ID


@dataclass(frozen=True)
class CurlCommand:
    """What was read of a command.

    `bodies` has one item per body option, in order. A part of the URL that is missing or invalid is
    empty.
    """

    bodies: tuple[str, ...]
    api_domain: str
    sid: str
    workflow_instance_id: str
    has_key: bool


_START = re.compile(r"""curl(?:\.exe)?(?=[\s\\^`]+["'“‘]?(?:-|–|—|https?:))""")
_BODY_OPTION = re.compile(
    r"(?:--(?i:data|data-raw|data-binary|data-ascii|json)(?:=|\Z)"
    r"|-[#0-9aBfgGiIjJklLMnNOpqRsSvVZ]*d)(?P<value>.*)",
    re.DOTALL,
)
_URL = re.compile(
    r"(?:https?://)?(?:[^\s/@]*@)?(?P<api_domain>[^\s/@]+)/v1/(?P<sid>[^\s/]+)"
    r"/workflow/v1/instances/(?P<workflow_instance_id>[^\s/?#]+)",
    re.IGNORECASE,
)
# The name and value of a key: as a header, in a query, as a shell variable, as two arguments of a
# program, or as a name and a value of their own. A variable reference such as $KALEYRA_API_KEY is
# not a value.
_KEY = re.compile(
    r"""api[-_ ]?key["'“”`]?\s*(?:[:=,]|,?\s*["']?value["']?\s*[:=])"""
    r"""\s*["'“”`]?(?![\s$<%{"'“”`])\S""",
    re.IGNORECASE,
)


def parse_curl(text: str) -> CurlCommand:
    """Reads the first curl command in `text`, or all of `text` as the arguments of one.

    Raises `ValueError` if a quote is not closed.
    """
    start = _START.search(text)
    before, command = (text[: start.start()], text[start.end() :]) if start else ("", text)
    bodies, others = _split_bodies(_words(command))
    api_domain, sid, workflow_instance_id = _url_parts(others)
    return CurlCommand(
        bodies=tuple(bodies),
        api_domain=api_domain,
        sid=sid,
        workflow_instance_id=workflow_instance_id,
        has_key=bool(_KEY.search(" ".join([before, *others]))),
    )


_OPTION = re.compile(r"(?<!\S)-(?:[dHX](?=[\s'\"{])|-(?i:data|header|json|location|request|url)\b)")


def may_be_command(text: str) -> bool:
    """Whether `text` has a curl command, or one of its options."""
    return bool(_START.search(text) or _OPTION.search(text))


def count_commands(text: str) -> int:
    return len(_START.findall(text))


def has_key(text: str) -> bool:
    """Whether an API key stands in `text`."""
    return bool(_KEY.search(text))


def url_parts(text: str) -> tuple[str, str, str]:
    """`api_domain`, `sid` and `workflow_instance_id` of the first URL of an invocation in `text`,
    whatever it is written in.
    """
    return _url_parts(re.split(r"""[\s"'`<>(){}\[\],;=“”‘’]+""", text))


def _split_bodies(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The values of the body options among `words`, and all other words."""
    bodies, others = [], []
    remaining = iter(words)
    for word in remaining:
        option = _BODY_OPTION.match(word)
        if option is None:
            others.append(word)
        else:
            bodies.append(option["value"] or next(remaining, ""))
    return bodies, others


def _url_parts(words: Sequence[str]) -> tuple[str, str, str]:
    """`api_domain`, `sid` and `workflow_instance_id` of the first URL of an invocation."""
    for word in words:
        url = _URL.match(word.removeprefix("--url=").strip("\"'“”‘’"))
        if url:
            return (
                _if_valid(API_DOMAIN, url["api_domain"].lower()),
                _if_valid(SID, url["sid"]),
                _if_valid(WORKFLOW_INSTANCE_ID, url["workflow_instance_id"]),
            )
    return "", "", ""


def _if_valid(pattern: str, part: str) -> str:
    return part if re.search(pattern, part) else ""


# --- the words of a shell command ---------------------------------------------------------------

# POSIX 2.2 "Quoting" and Bash's $'…', except that a line's end separates words: after a backslash,
# cmd's caret, PowerShell's backtick or, as in the seed's samples, after nothing.
_PIECE = re.compile(
    r"""
      (?P<blank> (?: \s | [\\^`][ \t]*\r?(?:\n|\Z) )+ )
    | \$'(?P<ansi> (?: [^'\\] | \\. )* )'
    | '(?P<single> [^']* )'
    | "(?P<double> (?: [^"\\] | \\. )* )"
    | \\(?P<escaped> . )
    | (?P<plain> [^\s'"\\^`$]+ | [^\s'"\\] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ANSI_ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9A-Fa-f]{1,2})|u(?P<unit>[0-9A-Fa-f]{1,4})|(?P<letter>.))", re.DOTALL
)
_ANSI_LETTERS = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    **{c: c for c in "\\'\"?"},
}


def _words(command: str) -> list[str]:
    """Splits a command into words as a shell does. Raises `ValueError` for an unclosed quote."""
    words: list[str] = []
    word: list[str] = []
    position = 0
    while position < len(command):
        piece = _PIECE.match(command, position)
        if piece is None:
            raise ValueError("a quote is not closed")
        position = piece.end()
        if piece.lastgroup != "blank":
            word.append(_unquoted(piece))
        elif word:
            words.append("".join(word))
            word = []
    return [*words, "".join(word)] if word else words


def _unquoted(piece: re.Match[str]) -> str:
    content = piece[piece.lastgroup or 0]
    if piece.lastgroup == "double":
        return re.sub(r'\\(?:([$`"\\])|\n)', lambda escape: escape[1] or "", content)
    if piece.lastgroup == "ansi":
        # Through UTF-16, so that a surrogate pair such as \ud83d\ude00 becomes one character.
        units = _ANSI_ESCAPE.sub(_ansi_character, content).encode("utf-16", "surrogatepass")
        return units.decode("utf-16", "surrogatepass")
    return content


def _ansi_character(escape: re.Match[str]) -> str:
    number = escape["byte"] or escape["unit"]
    return chr(int(number, 16)) if number else _ANSI_LETTERS.get(escape["letter"], escape[0])
