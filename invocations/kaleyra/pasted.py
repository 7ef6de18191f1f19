"""Reads the sends in a curl command or a JSON body, as pasted from a ticket.

Source: seed, its request format and three samples (with `--location URL`, and lines that end
without a backslash). Of a command only the body and the parts of the URL are read: nothing else of
it, least of all an API key, gets into a value or an error. An old request id is returned for
display only: "You cannot submit a request with the same request ID again."
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from invocations.kaleyra.curl_command import parse_curl
from invocations.kaleyra.payload import KEY_HEADER, Send

MAX_PASTED_BYTES = 64 * 1024


class PasteError(ValueError):
    """No sends can be read from the text. `code` and `facts` say why; the caller words it.

    - `too_long` (`limit`, in bytes)
    - `not_readable`: an unclosed quote, or JSON that is nested too deep
    - `no_body`, `several_bodies`, `body_in_file` (`--data @name`): not exactly one body
    - `not_json` (`line`, `column`: in the body, counted from 1)
    - `repeated_key` (`key`): a name twice in one object; JSON readers silently take the last value
    - `no_sends`: JSON without `send1`
    - `not_an_object` (`key`): `send1` or `templateParams` is not an object
    - `not_texts` (`key`): a value or the recipient is not a string
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Pasted:
    """What was read of the text. Missing or invalid parts of the URL are empty.

    `had_key` says that the text contained an API key; the key itself is dropped.
    """

    sends: tuple[Send, ...]
    request_id: str | None = None
    api_domain: str = ""
    sid: str = ""
    workflow_instance_id: str = ""
    had_key: bool = False


def read(text: str) -> Pasted:
    """The sends in a curl command or in JSON.

    The JSON may be a whole body, its `input`, one of its sends, or parameters alone (one send
    without a recipient). Values are returned as written, not checked by `template_params.checked`.
    Raises `PasteError`.
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
                break  # the text was readable: the error is about its content
    raise max(errors, key=_progress)


def _progress(error: PasteError) -> tuple[bool, int, int]:
    """How far a reading came. The one that came furthest is most likely the intended one."""
    return error.code == "not_json", error.facts.get("line", 0), error.facts.get("column", 0)


def _readings(text: str) -> Iterator[str]:
    """`text` as it is, then with the changes by other shells and ticket systems undone.

    Each correction but the first (for cmd.exe) is applied on top of the ones before it.
    """
    yield text
    if "^" in text:
        yield re.sub(r"\^(.)", r"\1", text)  # cmd.exe, and browsers' "Copy as cURL (cmd)"
    for pattern, original in [
        ("\u00a0", " "),
        (r"[“”„‟]", '"'),
        (r"(?<!\S)[–—](?=(?:data|header|json|location|request|url)[a-z-]*[\s=])", "--"),
        (r"[‘’‚‛]", "'"),
        (r'\\(["\\])', r"\1"),  # PowerShell needs the quotes inside '…' escaped once more
    ]:
        corrected = re.sub(pattern, original, text)
        if corrected != text:
            text = corrected
            yield text


def _read_command(text: str) -> Pasted:
    try:
        command = parse_curl(text)
    except ValueError:
        raise PasteError("not_readable") from None
    if not any(command.bodies):
        raise PasteError("no_body")
    if len(command.bodies) > 1:
        raise PasteError("several_bodies")
    if command.bodies[0].startswith("@"):
        raise PasteError("body_in_file")
    sends, request_id, key_in_body = _sends(_json(command.bodies[0]))
    return Pasted(
        sends=sends,
        request_id=request_id,
        api_domain=command.api_domain,
        sid=command.sid,
        workflow_instance_id=command.workflow_instance_id,
        had_key=key_in_body or command.has_key,
    )


# --- a JSON body --------------------------------------------------------------------------------


def _read_json(text: str) -> Pasted:
    sends, request_id, had_key = _sends(_json(text))
    return Pasted(sends, request_id, had_key=had_key)


def _json(body: str) -> Any:
    try:
        # parse_int: int() refuses very long numbers, float() does not. Numbers are errors anyway.
        return json.loads(body, object_pairs_hook=_object, parse_int=float)
    except json.JSONDecodeError as error:
        refusal = PasteError("not_json", line=error.lineno, column=error.colno)
    except RecursionError:
        refusal = PasteError("not_readable")
    # Raised outside of `except`: as its context, the error of `json` would carry the whole text.
    raise refusal


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            _refuse("repeated_key", name)
        fields[name] = value
    return fields


_SEND = re.compile(r"\Asend([1-9])\Z")


def _sends(value: Any) -> tuple[tuple[Send, ...], str | None, bool]:
    """The sends in a body, its request id, and whether an API key was among its fields."""
    if not isinstance(value, dict):
        raise PasteError("no_sends")
    fields = {name: field for name, field in value.items() if not _names_a_key(name)}
    had_key = len(fields) < len(value)
    if "requestId" in fields or isinstance(fields.get("input"), dict):
        return _sends_of_input(fields.get("input")), _text_or_none(fields, "requestId"), had_key
    if any(_SEND.search(name) and isinstance(field, dict) for name, field in fields.items()):
        return _sends_of_input(fields), None, had_key
    if isinstance(fields.get("templateParams"), dict):
        return (_send("send1", fields),), None, had_key
    if not fields:
        raise PasteError("no_sends")
    return (Send("", _params(fields)),), None, had_key


def _sends_of_input(value: Any) -> tuple[Send, ...]:
    """The sends by number. A missing one is empty, so that the later ones keep their channel."""
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
    """Whether a JSON name is the API key's header, alone or as the start of a header line."""
    return name.strip().lower().startswith(KEY_HEADER)


def _refuse(code: str, name: str) -> NoReturn:
    raise PasteError(code, key=KEY_HEADER if _names_a_key(name) else name)
