"""A curl command or a JSON body, as it comes in a ticket -> the sends in it.

Source: seed, its request format and three samples (with `--location URL`, and lines that end without a backslash). Of the command
only the body and the parts of the URL are read: nothing else of it, an API key least of all, gets into a value or an error. An
old request id is told, and is not for use: "You cannot submit a request with the same request ID again."
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from invocations.kaleyra.address import API_DOMAIN, SID, WORKFLOW_INSTANCE_ID
from invocations.kaleyra.payload import KEY_HEADER, Send

MAX_PASTED_BYTES = 64 * 1024


class PasteError(ValueError):
    """A text without sends that could be read. `code` says why, `facts` what it is about; the sentence for people is the caller's.

    - `too_long` (`limit`, in bytes)
    - `not_readable`: a quote without its end, or JSON nested too deep
    - `no_body`, `several_bodies`, `body_in_file` (`--data @name`): not one body
    - `not_json` (`line`, `column`, both in the body and from 1)
    - `repeated_key` (`key`): one name twice in one object; readers of JSON would silently take the last
    - `no_sends`: JSON without `send1`
    - `not_an_object` (`key`), `not_texts` (`key`): `send1` or `templateParams` is no object, a value or the recipient no text
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Pasted:
    """What was in the text. What was not there, or could be no such part of a URL, is empty. `had_key`: a key was, and is gone."""

    sends: tuple[Send, ...]
    request_id: str | None = None
    api_domain: str = ""
    sid: str = ""
    workflow_instance_id: str = ""
    had_key: bool = False


def read(text: str) -> Pasted:
    """The sends in a curl command, a whole JSON body, its `input`, one send of it, or parameters alone (a send without recipient).

    Raises `PasteError`. Values come as they were written: whether they may be sent is for `template_params.checked`.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PASTED_BYTES:
        raise PasteError("too_long", limit=MAX_PASTED_BYTES)
    errors = []
    for reading in _readings(text.strip("\ufeff \t\r\n")):
        try:
            return _read_json(reading) if reading.startswith("{") else _read_command(reading)
        except PasteError as error:
            errors.append(error)
            if error.code not in ("not_readable", "no_body", "not_json"):
                break  # it was read; another reading would but hide what is wrong
    # The reading that came furthest is the one that was meant.
    raise max(
        errors,
        key=lambda error: (
            error.code == "not_json",
            error.facts.get("line", 0),
            error.facts.get("column", 0),
        ),
    )


def _readings(text: str) -> Iterator[str]:
    """`text` as it is; then, each on top of the last, with what other shells and ticket systems may have made of it undone."""
    yield text
    if "^" in text:
        yield re.sub(r"\^(.)", r"\1", text)  # cmd.exe, and what browsers copy for it
    for pattern, meant in [
        ("\u00a0", " "),
        (r"[“”„‟]", '"'),
        (r"(?<!\S)[–—](?=(?:data|header|json|location|request|url)[a-z-]*[\s=])", "--"),
        (r"[‘’‚‛]", "'"),
        (r'\\(["\\])', r"\1"),  # PowerShell wants the quotes in '…' escaped once more
    ]:
        undone = re.sub(pattern, meant, text)
        if undone != text:
            text = undone
            yield text


# --- a command --------------------------------------------------------------------------------------------------------

_START = re.compile(r"""curl(?:\.exe)?(?=[\s\\^`]+["'“‘]?(?:-|–|—|https?:))""")
_BODY_OPTION = re.compile(
    r"(?:--(?i:data|data-raw|data-binary|data-ascii|json)(?:=|\Z)|-[#0-9aBfgGiIjJklLMnNOpqRsSvVZ]*d)(?P<value>.*)",
    re.DOTALL,
)
_URL = re.compile(
    r"(?:https?://)?(?:[^\s/@]*@)?(?P<api_domain>[^\s/@]+)/v1/(?P<sid>[^\s/]+)"
    r"/workflow/v1/instances/(?P<workflow_instance_id>[^\s/?#]+)",
    re.IGNORECASE,
)
# A key's name and value: as header, in a query or as a shell's variable; not where the value is itself a name, as $KALEYRA_API_KEY.
_KEY = re.compile(r"""api[-_ ]?key["'“”]?\s*[:=]\s*["'“”]?(?![\s$<%{"'“”])\S""", re.IGNORECASE)


def _read_command(text: str) -> Pasted:
    start = _START.search(text)
    before, command = (text[: start.start()], text[start.end() :]) if start else ("", text)
    bodies, others = _parted(_words(command))
    if not any(bodies):
        raise PasteError("no_body")
    if len(bodies) > 1:
        raise PasteError("several_bodies")
    if bodies[0].startswith("@"):
        raise PasteError("body_in_file")
    sends, request_id, key_inside = _sends(_json(bodies[0]))
    return Pasted(
        sends,
        request_id,
        *_address(others),
        had_key=key_inside or bool(_KEY.search(" ".join([before, *others]))),
    )


def _parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The bodies among the words of a command, and all other words."""
    bodies, others = [], []
    remaining = iter(words)
    for word in remaining:
        option = _BODY_OPTION.match(word)
        if option is None:
            others.append(word)
        else:
            bodies.append(option["value"] or next(remaining, ""))
    return bodies, others


def _address(words: Sequence[str]) -> tuple[str, str, str]:
    """`api_domain`, `sid` and `workflow_instance_id` of the first word that is an invocation's URL."""
    for word in words:
        url = _URL.match(word.removeprefix("--url=").strip("\"'“”‘’"))
        if url:
            api_domain, sid, workflow_instance_id = (
                url["api_domain"].lower(),
                url["sid"],
                url["workflow_instance_id"],
            )
            return (
                api_domain if re.search(API_DOMAIN, api_domain) else "",
                sid if re.search(SID, sid) else "",
                workflow_instance_id
                if re.search(WORKFLOW_INSTANCE_ID, workflow_instance_id)
                else "",
            )
    return "", "", ""


# POSIX 2.2 "Quoting" and Bash's $'…', but a line's end only parts words: after a backslash, cmd's caret, PowerShell's backtick or,
# as in the seed's samples, after nothing.
_PIECE = re.compile(
    r"""
      (?P<blank> (?: \s | [\\^`][ \t]*\r?(?:\n|\Z) )+ )
    | \$'(?P<ansi> (?: [^'\\] | \\. )* )'
    | '(?P<single> [^']* )'
    | "(?P<double> (?: [^"\\] | \\. )* )"
    | \\(?P<escaped> . )
    | (?P<plain> [^\s'"\\] )
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
    """The words of a command, as a shell would make them."""
    words: list[str] = []
    word: list[str] = []
    position = 0
    while position < len(command):
        piece = _PIECE.match(command, position)
        if piece is None:
            raise PasteError("not_readable")
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
        units = _ANSI_ESCAPE.sub(_ansi_character, content)
        return units.encode("utf-16", "surrogatepass").decode(
            "utf-16", "surrogatepass"
        )  # \ud83d\ude00 is one character
    return content


def _ansi_character(escape: re.Match[str]) -> str:
    number = escape["byte"] or escape["unit"]
    return chr(int(number, 16)) if number else _ANSI_LETTERS.get(escape["letter"], escape[0])


# --- a body -----------------------------------------------------------------------------------------------------------


def _read_json(text: str) -> Pasted:
    sends, request_id, had_key = _sends(_json(text))
    return Pasted(sends, request_id, had_key=had_key)


def _json(body: str) -> Any:
    """The value of JSON text. Errors are raised outside of `except`: those of `json` carry the whole text along."""
    try:
        return json.loads(
            body, object_pairs_hook=_object, parse_int=float
        )  # float: a number of any length is no text either
    except json.JSONDecodeError as error:
        found = PasteError("not_json", line=error.lineno, column=error.colno)
    except RecursionError:
        found = PasteError("not_readable")
    raise found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            _refuse("repeated_key", name)
        fields[name] = value
    return fields


def _sends(value: Any) -> tuple[tuple[Send, ...], str | None, bool]:
    """The sends in a body, its request id, and whether a key stood among its fields."""
    if not isinstance(value, dict):
        raise PasteError("no_sends")
    fields = {name: field for name, field in value.items() if not _names_a_key(name)}
    had_key = len(fields) < len(value)
    if "requestId" in fields or isinstance(fields.get("input"), dict):
        return _of_input(fields.get("input")), _text_or_none(fields, "requestId"), had_key
    if any(_SEND.search(name) and isinstance(field, dict) for name, field in fields.items()):
        return _of_input(fields), None, had_key
    if isinstance(fields.get("templateParams"), dict):
        return (_send("send1", fields),), None, had_key
    if not fields:
        raise PasteError("no_sends")
    return (Send("", _params(fields)),), None, had_key


_SEND = re.compile(r"\Asend([1-9])\Z")


def _of_input(value: Any) -> tuple[Send, ...]:
    """The sends in the order of their numbers. Where one is left out an empty one stands, so that no other takes its channel."""
    fields = value if isinstance(value, dict) else {}
    numbered = {
        int(match[1]): field for name, field in fields.items() if (match := _SEND.search(name))
    }
    if not numbered:
        raise PasteError("no_sends")
    return tuple(
        _send(f"send{number}", numbered.get(number, {})) for number in range(1, max(numbered) + 1)
    )


def _send(name: str, value: Any) -> Send:
    if not isinstance(value, dict):
        _refuse("not_an_object", name)
    return Send(_text_or_none(value, "recipient") or "", _params(value.get("templateParams")))


def _params(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        _refuse("not_an_object", "templateParams")
    for key, text in value.items():
        if not isinstance(text, str):
            _refuse("not_texts", key)
    return value


def _text_or_none(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        _refuse("not_texts", name)
    return value


def _names_a_key(name: str) -> bool:
    """Whether a JSON name is the key's header, or a whole header line that someone made a name of."""
    return name.strip().lower().startswith(KEY_HEADER)


def _refuse(code: str, name: str) -> NoReturn:
    raise PasteError(code, key=KEY_HEADER if _names_a_key(name) else name)
