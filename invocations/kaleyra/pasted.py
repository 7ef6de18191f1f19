"""Reads the sends in a curl command or a JSON body, as pasted from a ticket.

Source: seed, its request format and three samples (with `--location URL`, and lines that end
without a backslash). The JSON may stand in any text, if there is one only. Of a command only the
body and the parts of the URL are read: nothing else of it, least of all an API key, gets into a
value or an error. An old request id is returned for display only: "You cannot submit a request with
the same request ID again."
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from invocations.kaleyra import curl_command, json_in_text, pasted_body
from invocations.kaleyra.characters import stripped
from invocations.kaleyra.paste_error import PasteError
from invocations.kaleyra.pasted_body import Body, Shape
from invocations.kaleyra.pasted_readings import readings
from invocations.kaleyra.payload import Send

__all__ = ["MAX_PASTED_BYTES", "PasteError", "Pasted", "read"]

MAX_PASTED_BYTES = 64 * 1024
_OF_A_BODY = re.compile(r"\b(?:recipient|send[1-9])\b", re.IGNORECASE)
"""What stands around values that are a part of a body which cannot be read."""


@dataclass(frozen=True)
class Pasted:
    """What was read of the text. Missing or invalid parts of the URL are empty.

    `had_key` says that the text contained an API key; the key itself is dropped. `left_out` has the
    names of JSON members that were not read. `is_for_all_channels`: the values stood alone, without
    a send. `has_more_text`, `has_more_json`: something else than the body stood in the text.
    """

    sends: tuple[Send, ...]
    request_id: str | None = None
    api_domain: str = ""
    sid: str = ""
    workflow_instance_id: str = ""
    had_key: bool = False
    left_out: tuple[str, ...] = ()
    is_for_all_channels: bool = field(default=False, compare=False)
    has_more_text: bool = field(default=False, compare=False)
    has_more_json: bool = field(default=False, compare=False)


def read(text: str) -> Pasted:
    """The sends in a text.

    The JSON may be a whole body, its `input`, one of its sends, or parameters alone (one send
    without a recipient). Values are returned as written, not checked by `template_params.checked`.
    Raises `PasteError`.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PASTED_BYTES:
        raise PasteError("too_long", limit=MAX_PASTED_BYTES)
    text = stripped(text)
    values_alone, errors = None, []
    for reading in readings(text):
        try:
            shape, pasted = _read(reading)
        except PasteError as error:
            errors.append(error)
            if error.code not in _RANKS:
                break  # the text was readable: the error is about its content
            continue
        if shape > Shape.VALUES:
            return pasted
        # Another reading may still find a body, of which this is a part.
        values_alone = values_alone or pasted
    if values_alone:
        return values_alone
    raise max(errors, key=_progress)


_RANKS = {
    **dict.fromkeys(("nothing", "no_json", "table", "no_body"), 0),
    **{"not_readable": 1, "body_in_file": 2, "cut_off": 3, "not_json": 3},
    **{"not_texts": 4, "no_sends": 4, "answer": 5},
}
"""Errors after which another reading may find more, by how much they tell."""


def _progress(error: PasteError) -> tuple[int, int, int]:
    """How far a reading came. The one that came furthest is most likely the intended one."""
    rank = _RANKS.get(error.code, 6)
    return rank, error.facts.get("line", 0), error.facts.get("column", 0)


def _read(text: str) -> tuple[Shape, Pasted]:
    """One reading. Raises `PasteError`."""
    refusals = []
    if text.startswith("{"):
        attempts = [_read_json, _read_text]
    elif curl_command.may_be_command(text):
        attempts = [_read_command, _read_text]
    else:
        attempts = [_read_text]
    for attempt in attempts:
        try:
            return attempt(text)
        except PasteError as error:
            refusals.append(error)
            if error.code not in _RANKS:
                break
    raise max(refusals, key=_progress)


def _read_json(text: str) -> tuple[Shape, Pasted]:
    body = pasted_body.read_body(json_in_text.loads(text))
    return body.shape, _pasted(body)


def _read_command(text: str) -> tuple[Shape, Pasted]:
    try:
        command = curl_command.parse_curl(text)
    except ValueError:
        raise PasteError("not_readable") from None
    if not any(command.bodies):
        raise PasteError("no_body")
    if len(command.bodies) > 1:
        commands = curl_command.count_commands(text)
        if commands > 1:
            raise PasteError("several_json", count=commands)
        raise PasteError("several_bodies")
    if command.bodies[0].startswith("@"):
        raise PasteError("body_in_file")
    body = pasted_body.read_body(json_in_text.loads(command.bodies[0]))
    url = (command.api_domain, command.sid, command.workflow_instance_id)
    return body.shape, _pasted(body, url, has_key=command.has_key)


def _read_text(text: str) -> tuple[Shape, Pasted]:
    """The one object in `text` that is a body, or the only one at all."""
    found = json_in_text.objects_in(text)
    if not found:
        raise PasteError(_kind_of(text))
    values = [(each, each.value) for each in found if each.value is not None]
    shapes = [pasted_body.highest_shape(value) for _each, value in values]
    for each in found:
        if each.is_member:
            raise PasteError("not_json", line=text.count("\n", 0, each.start) + 1, column=1)
    highest = max(shapes, default=Shape.NOTHING)
    bodies = [each for each, shape in zip(values, shapes, strict=True) if shape == highest]
    broken = next((each.error for each in found if each.error), None)
    if broken and highest < Shape.BODY:
        rescued = json_in_text.complete_bodies_in(text, pasted_body.is_whole_body)
        if not rescued:
            raise broken
        bodies = [(each, each.value) for each in rescued if each.value is not None]
    if len(bodies) > 1 and highest > Shape.NOTHING:
        raise PasteError("several_json", count=len(bodies))
    where, value = bodies[0]
    body = pasted_body.read_body(value)
    around = f"{text[: where.start]} {text[where.end :]}"
    if highest is Shape.VALUES and "{" in around and _OF_A_BODY.search(around):
        raise PasteError("not_json", line=text.count("\n", 0, where.start) + 1, column=1)
    return body.shape, _pasted(
        body,
        curl_command.url_parts(around),
        has_key=curl_command.has_key(around),
        has_more_text=not curl_command.may_be_command(around) and _has_words(around),
        has_more_json=len(found) > 1,
    )


def _pasted(
    body: Body,
    url: tuple[str, str, str] = ("", "", ""),
    *,
    has_key: bool = False,
    has_more_text: bool = False,
    has_more_json: bool = False,
) -> Pasted:
    return Pasted(
        body.sends,
        body.request_id,
        *url,
        had_key=has_key or body.had_key,
        left_out=body.left_out,
        is_for_all_channels=body.shape is Shape.VALUES,
        has_more_text=has_more_text,
        has_more_json=has_more_json,
    )


# --- what else stands there -----------------------------------------------------------------------


def _has_words(text: str) -> bool:
    """Whether `text` has more than a heading such as "Payload:" or the name of a code block."""
    words = re.findall(r"\w+", text)
    return len(words) > 3 or any(word.isdecimal() for word in words)


def _kind_of(text: str) -> str:
    """The code of `PasteError` for a text without JSON."""
    if not text:
        return "nothing"
    if curl_command.may_be_command(text):
        return "no_body"
    lines = [line for line in text.splitlines() if line.strip()]
    for separator, least in (("\t", 1), ("|", 1), (";", 1), (",", 2)):
        counts = {line.count(separator) for line in lines}
        is_in_columns = len(counts) == 1 and min(counts) >= least
        if is_in_columns and (len(lines) > 1 or separator == "\t"):
            return "table"
    return "no_json"
