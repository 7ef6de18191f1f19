"""Reads and writes template parameters as a JSON object."""

from __future__ import annotations

import json
from typing import Any

from invocations.kaleyra.template_params import ParamsError, TemplateParams, checked

MAX_JSON_CHARACTERS = 64 * 1024


def from_json(text: str) -> dict[str, str]:
    """Parameters written as a JSON object.

    Raises `ParamsError` for what JSON readers let through silently (a repeated key, NaN), for values that are no strings, and
    for all that `checked` refuses.
    """
    if len(text) > MAX_JSON_CHARACTERS:
        raise ParamsError("json_too_long", limit=MAX_JSON_CHARACTERS)
    if not text.strip():
        return {}

    def as_pairs(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        return pairs

    def not_json(constant: str) -> Any:
        raise ParamsError("not_a_number", constant=constant)

    try:
        pairs = json.loads(text, object_pairs_hook=as_pairs, parse_constant=not_json)
    except json.JSONDecodeError as error:
        raise ParamsError("json", line=error.lineno, column=error.colno, what=error.msg) from None
    except RecursionError:
        raise ParamsError("json_too_deep") from None
    except ParamsError:
        raise
    except ValueError:  # a number too long to be read
        raise ParamsError("not_strings", key="") from None
    if not isinstance(pairs, list) or not text.lstrip().startswith("{"):
        raise ParamsError("json_no_object")
    for key, value in pairs:
        if not isinstance(value, str):
            raise ParamsError("not_strings", key=key)
    return checked(pairs)


def to_json(params: TemplateParams) -> str:
    """Parameters as indented JSON, for people."""
    return json.dumps(dict(params), ensure_ascii=False, indent=2)
