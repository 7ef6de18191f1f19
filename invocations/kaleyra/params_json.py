"""Reads and writes template parameters as a JSON object."""

from __future__ import annotations

import json
from typing import Any

from invocations.kaleyra.template_params import ParamsError, TemplateParams, checked

MAX_JSON_CHARACTERS = 64 * 1024


def from_json(text: str) -> dict[str, str]:
    """The parameters in a JSON object, checked by `checked`; none for a blank text.

    Raises `ParamsError` for what `checked` refuses, for values that are not strings, and for what
    JSON readers accept silently (a repeated key, NaN).
    """
    if len(text) > MAX_JSON_CHARACTERS:
        raise ParamsError("json_too_long", limit=MAX_JSON_CHARACTERS)
    if not text.strip():
        return {}
    pairs = _pairs(text)
    if not isinstance(pairs, list) or not text.lstrip().startswith("{"):
        raise ParamsError("json_no_object")
    for key, value in pairs:
        if not isinstance(value, str):
            raise ParamsError("not_strings", key=key)
    return checked(pairs)


def _pairs(text: str) -> Any:
    """The JSON value of `text`, each object in it as a list of pairs, repeated keys included."""
    try:
        return json.loads(text, object_pairs_hook=list, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ParamsError("json", line=error.lineno, column=error.colno, what=error.msg) from None
    except RecursionError:
        raise ParamsError("json_too_deep") from None
    except ParamsError:
        raise
    except ValueError:  # a number of more than 4,300 digits, Python's limit
        raise ParamsError("not_strings", key="") from None


def _refuse_constant(constant: str) -> Any:
    """Called for NaN and Infinity, which are not JSON."""
    raise ParamsError("not_a_number", constant=constant)


def to_json(params: TemplateParams) -> str:
    """Parameters as indented JSON, for display."""
    return json.dumps(dict(params), ensure_ascii=False, indent=2)
