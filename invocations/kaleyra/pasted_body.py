"""Reads the sends in the JSON of a pasted text, with names as people write them.

Source: seed, its request format; its prose has `template_Params` for `templateParams`. A name that
is written differently is read where it can mean one thing only. Whatever is not read is named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, NoReturn

from invocations.kaleyra.json_in_text import loads, objects_in
from invocations.kaleyra.paste_error import PasteError, names_a_key, shown_name
from invocations.kaleyra.payload import Send


class Shape(IntEnum):
    """What a JSON object holds. A higher one is more certainly meant."""

    NOTHING = 0
    VALUES = 1
    """Keys and values alone."""
    SEND = 2
    """One send: a recipient, template parameters, or both."""
    BODY = 3
    """One or more sends by their names, alone, in `input`, or in a whole body."""


@dataclass(frozen=True)
class Body:
    """`left_out` has the names of what was not read, with the object they stand in."""

    sends: tuple[Send, ...]
    shape: Shape
    request_id: str | None = None
    had_key: bool = False
    left_out: tuple[str, ...] = ()


_INPUT = ("input",)
_REQUEST_ID = ("requestid",)
_RECIPIENT = (
    *("recipient", "recipients", "to", "phone", "phonenumber", "mobile", "mobilenumber"),
    *("msisdn", "number", "recipientnumber", "recipientid"),
)
_PARAMS = (
    *("templateparams", "templateparam", "templateparameters", "templateparameter"),
    *("templateparamsobject", "params", "parameters"),
)
_SEND = re.compile(r"send0*([1-9])\Z")
_OF_HTTP = {"contenttype", "accept", "authorization", "useragent", "host", "contentlength"}
_OF_ANSWERS = {"success", "status", "executionstatus", "workflowinvocationid", "timestamp"}
_MIN_DIGITS = 7
MAX_VALUES = 100
"""More than any template takes, and as many as a form can show."""


def _letters(name: str) -> str:
    """`name` without capitals and without what separates words: `template_Params` as one word."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def is_whole_body(fields: Mapping[str, Any]) -> bool:
    """Whether it has a request ID, and an input with a send."""
    spelled = {_letters(name) for name in fields}
    return {"requestid", "input"} <= spelled and shape_of(fields) is Shape.BODY


def shape_of(fields: Mapping[str, Any]) -> Shape:
    spelled = {_letters(name): value for name, value in fields.items() if not names_a_key(name)}
    if isinstance(_input_of(spelled.get("input")), dict) or any(
        _SEND.match(name) and isinstance(value, dict) for name, value in spelled.items()
    ):
        return Shape.BODY
    if any(_is_object(spelled.get(name)) for name in _PARAMS) or _is_recipient_alone(spelled):
        return Shape.SEND
    is_of_http = not spelled.keys() - {"requestid"} - _OF_HTTP or _is_key_header(fields)
    if is_of_http or _is_answer(spelled):
        return Shape.NOTHING
    return Shape.VALUES


def _is_key_header(fields: Mapping[str, Any]) -> bool:
    """Whether it is the header of an API key as {"name": "api-key", "value": …}."""
    names = [fields.get(each) for each in ("name", "key")]
    return "value" in fields and any(isinstance(each, str) and names_a_key(each) for each in names)


def _is_answer(spelled: Mapping[str, Any]) -> bool:
    return "requestid" in spelled and len(spelled.keys() & _OF_ANSWERS) > 1


def _is_recipient_alone(spelled: Mapping[str, Any]) -> bool:
    names = spelled.keys() - {"requestid"}
    return len(names) == 1 and any(
        name in _RECIPIENT
        and isinstance(value, str)
        and sum(c.isdecimal() for c in value) >= _MIN_DIGITS
        for name, value in spelled.items()
    )


def _is_object(value: Any) -> bool:
    return isinstance(_unwrapped(value), dict)


def _unwrapped(value: Any) -> Any:
    """An object that was put into JSON as a text, as the object."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            return loads(value)
        except PasteError:
            return value
    return value


def _input_of(value: Any) -> Any:
    """The `input` of a body; from a list, the sends in their order."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return {f"send{number}": each for number, each in enumerate(value, start=1)}
    return _unwrapped(value)


def highest_shape(fields: dict[str, Any]) -> Shape:
    """The shape of the object, or of one inside of it if that is higher."""
    shape = shape_of(fields)
    inside = (each for each in (Shape.BODY, Shape.SEND) if each > shape and _within(fields, each))
    return next(inside, shape)


def read_body(value: Any) -> Body:
    """The sends in a JSON value: of a whole body, its `input`, a send, or values alone.

    A body inside of another object, such as a log entry, is read if there is no other. Raises
    `PasteError`.
    """
    if not isinstance(value, dict):
        raise PasteError("no_sends")
    for shape in (Shape.BODY, Shape.SEND):
        if shape_of(value) >= shape:
            break
        if inner := _within(value, shape):
            if len(inner) > 1:
                raise PasteError("several_json", count=len(inner))
            body = _read(inner[0])
            around = tuple(
                name
                for name, member in value.items()
                if not names_a_key(name) and not _within(member, shape)
            )
            had_key = body.had_key or _holds_key(value)
            return replace(body, left_out=around + body.left_out, had_key=had_key)
    return _read(value)


def _read(value: dict[str, Any]) -> Body:
    shape = shape_of(value)
    if shape is Shape.NOTHING:
        spelled = {_letters(name): member for name, member in value.items()}
        raise PasteError("answer" if _is_answer(spelled) else "no_sends")
    members, had_key = _Members(value), _holds_key(value)
    request_id = _text_or_none(*members.take("requestId", _REQUEST_ID))
    if shape is Shape.VALUES:
        params = _params(members.all, "templateParams")
        return Body((Send("", params),), shape, request_id, had_key)
    if shape is Shape.SEND:
        send = _send(members)
        return Body((send,), shape, request_id, had_key, members.left())
    name, inside = members.take("input", _INPUT)
    numbered = _input_of(inside)
    if isinstance(numbered, dict):
        sends, left_out = _numbered_sends(_Members(numbered, f"{name}."))
        return Body(sends, shape, request_id, had_key, members.left() + left_out)
    sends, left_out = _numbered_sends(members)
    return Body(sends, shape, request_id, had_key, left_out)


class _Members:
    """The members of an object that were not read yet. API keys are taken out."""

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        self.all = {name: value for name, value in fields.items() if not names_a_key(name)}
        self._path = path

    def take(self, name: str, spellings: Collection[str]) -> tuple[str, Any]:
        """The member of this name, or the only one that can be meant; and how it is written."""
        alike = [each for each in self.all if _letters(each) in spellings]
        same = [each for each in alike if _letters(each) == _letters(name)]
        for chosen in ([name] if name in self.all else [], same, alike):
            if len(chosen) == 1:
                return chosen[0], self.all.pop(chosen[0])
        return name, None

    def left(self) -> tuple[str, ...]:
        return tuple(self._path + name for name in self.all)


def _numbered_sends(members: _Members) -> tuple[tuple[Send, ...], tuple[str, ...]]:
    """The sends by number. A missing one is empty, so that the later ones keep their channel."""
    sends: dict[int, Send] = {}
    left_out: tuple[str, ...] = ()
    for number in range(1, 10):
        name, value = members.take(f"send{number}", _spellings_of(members, number))
        if value is None:
            continue
        if not isinstance(value, dict):
            _refuse("not_an_object", name)
        inside = _Members(value, f"{name}.")
        sends[number] = _send(inside)
        left_out += inside.left()
    if not sends:
        raise PasteError("no_sends")
    found = tuple(sends.get(number, Send("")) for number in range(1, max(sends) + 1))
    return found, left_out + members.left()


def _spellings_of(members: _Members, number: int) -> list[str]:
    spelled = (_letters(name) for name in members.all)
    return [name for name in spelled if (match := _SEND.match(name)) and match[1] == str(number)]


def _send(members: _Members) -> Send:
    recipient = _text_or_none(*members.take("recipient", _RECIPIENT)) or ""
    name, params = members.take("templateParams", _PARAMS)
    return Send(recipient, _params(params, name))


def _params(value: Any, name: str) -> dict[str, str]:
    value = _unwrapped(value)
    if value is None:
        return {}
    if not isinstance(value, dict):
        _refuse("not_an_object", name)
    if len(value) > MAX_VALUES:
        raise PasteError("too_many_values", count=len(value), limit=MAX_VALUES)
    for key, text in value.items():
        if not isinstance(text, str):
            _refuse("not_texts", key)
    return {key: text for key, text in value.items() if not names_a_key(key)}


def _text_or_none(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        _refuse("not_texts", name)
    return value


def _refuse(code: str, name: str) -> NoReturn:
    raise PasteError(code, key=shown_name(name))


# --- a body inside of something else --------------------------------------------------------------


def _within(value: Any, shape: Shape) -> list[dict[str, Any]]:
    """The objects of this shape inside of `value` that are in no other one."""
    found: list[dict[str, Any]] = []
    waiting = [value]
    while waiting:
        each = _unwrapped(waiting.pop())
        if isinstance(each, str) and "{" in each:
            waiting += [found.value for found in objects_in(each) if found.value is not None]
        elif isinstance(each, dict) and shape_of(each) is shape:
            found.append(each)
        elif isinstance(each, dict | list):
            waiting += reversed(list(each.values() if isinstance(each, dict) else each))
    return found


def _holds_key(value: Any) -> bool:
    """Whether an API key is among the names anywhere in `value`."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            if any(names_a_key(name) for name in each) or _is_key_header(each):
                return True
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False
