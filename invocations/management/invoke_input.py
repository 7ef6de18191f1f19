"""What `manage.py invoke` is given: arguments, and one JSON object from a file or standard input.

Everybody on the machine can read the arguments of a process, but not what it reads.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from invocations.composing import error_text
from invocations.kaleyra import template_params
from invocations.kaleyra.redaction import mask_numbers

MAX_INPUT_BYTES = 64 * 1024
STANDARD_INPUT = "-"
Pair = tuple[str, str, str]
"""The key of a value, "=", and the value."""

_SIMPLE = ("recipient", "recipient2", "params", "params1", "params2", "request_id", "reference")
_BODY = ("requestId", "input")
_SENDS = ("send1", "send2")
_SEND = ("recipient", "templateParams")


def with_input(options: dict[str, Any]) -> dict[str, Any]:
    """The options of the command, with what `--input` names in place of arguments.

    Raises `CommandError`, without any number or value in its text.
    """
    given = _read(options["input"]) if options["input"] is not None else {}
    has_values = any(options[name] for name in ("param", "param1", "param2"))
    for name, value in given.items():
        if name.startswith("param") and value and has_values:
            raise CommandError("Values are given twice: by --param and by --input.")
        if not name.startswith("param") and options[name] not in (None, ""):
            flag = name.replace("_", "-")
            raise CommandError(f"{name!r} is given twice: by --{flag} and by --input.")
    options = options | {name: value for name, value in given.items() if value}
    if options["recipient"] is None:
        raise CommandError("There is no number: give --recipient, or one in --input.")
    return options


def params_from(pairs: Iterable[str | Pair]) -> dict[str, str]:
    """What is wrong with a key or a value is left to the gate, but for a key given twice."""
    split = [pair.partition("=") if isinstance(pair, str) else pair for pair in pairs]
    if not all(sign for _key, sign, _value in split):
        raise CommandError("A value is given as KEY=VALUE.")
    params: dict[str, str] = {}
    for key, _sign, value in split:
        if key in params:
            error = template_params.ParamsError("repeated_key", key=key)
            raise CommandError(error_text.params_text(error))
        params[key] = value
    return params


# --- the JSON object ------------------------------------------------------------------------------


def _read(source: str) -> dict[str, Any]:
    """The options in the file `source`, or in standard input."""
    try:
        raw = _standard_input() if source == STANDARD_INPUT else _file(source)
    except OSError as error:
        raise CommandError(f"--input cannot be read: {error.strerror}.") from None
    if len(raw) > MAX_INPUT_BYTES:
        raise CommandError(f"--input is longer than {MAX_INPUT_BYTES // 1024} KiB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError("--input is not UTF-8.") from None
    if not text.strip():
        raise CommandError("--input is empty.")
    found = _object(_pairs(text), "--input")
    if "input" in found or "requestId" in found:
        return _from_body(_only(found, _BODY, "--input"))
    if any(name in found for name in _SENDS):
        return _from_body({"input": _Pairs(found.items())})
    return _from_simple(_only(found, _SIMPLE, "--input"))


def _standard_input() -> bytes:
    raw: bytes = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    return raw


def _file(source: str) -> bytes:
    with Path(source).open("rb") as opened:
        return opened.read(MAX_INPUT_BYTES + 1)


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, with repeated keys."""


def _pairs(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise CommandError(f"--input is not JSON ({error.msg}, {where}).") from None
    except (ValueError, RecursionError):
        raise CommandError("--input is not JSON that can be read.") from None


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, _Pairs):
        raise CommandError(f"{name} is not a JSON object.")
    found: dict[str, Any] = {}
    for key, each in value:
        if key in found:
            raise CommandError(f"{name} has {_named(key)} twice.")
        found[key] = each
    return found


def _only(found: dict[str, Any], names: Iterable[str], where: str) -> dict[str, Any]:
    """`found` under the spelling in `names`: case and underscores make no difference."""
    spelled = {_plain(name): name for name in names}
    named: dict[str, Any] = {}
    for key, value in found.items():
        name = spelled.get(_plain(key))
        if name is None:
            raise CommandError(f"{where} has {_named(key)}. It may have: {', '.join(names)}.")
        if name in named:
            raise CommandError(f"{where} has {name!r} twice.")
        named[name] = value
    return named


def _named(key: str) -> str:
    """A key in an error text. Somebody may have taken numbers for keys."""
    return repr(mask_numbers(key)[:100])


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _from_body(body: dict[str, Any]) -> dict[str, Any]:
    """As the API's own body: `requestId`, and `input` with `send1` and `send2`."""
    sends = _only(_object(body.get("input"), "'input'"), _SENDS, "'input'")
    given: dict[str, Any] = {}
    for number, name in enumerate(_SENDS, start=1):
        if name not in sends:
            continue
        send = _only(_object(sends[name], repr(name)), _SEND, repr(name))
        number_name = "recipient" if number == 1 else "recipient2"
        given[number_name] = _text(send.get("recipient"), f"'recipient' of {name!r}")
        if "templateParams" in send:
            given[f"param{number}"] = _values(send["templateParams"], "'templateParams'")
    if "send1" not in sends:
        raise CommandError("'input' has no 'send1'.")
    if body.get("requestId") is not None:
        given["request_id"] = _uuid(body["requestId"], "'requestId'")
    return given


def _from_simple(found: dict[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in found.items():
        if name.startswith("params"):
            given[name.replace("params", "param")] = _values(value, repr(name))
        elif name == "request_id":
            given[name] = _uuid(value, repr(name))
        elif value is not None:
            given[name] = _text(value, repr(name))
    return given


def _values(value: Any, name: str) -> list[Pair]:
    if value is None:
        return []
    params = _object(value, name)
    return [(key, "=", _text(each, f"{_named(key)} in {name}")) for key, each in params.items()]


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise CommandError(f"{name} is not a text: put it in quotes.")
    return value


def _uuid(value: Any, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(_text(value, name))
    except ValueError:
        raise CommandError(f"{name} is not a UUID.") from None
