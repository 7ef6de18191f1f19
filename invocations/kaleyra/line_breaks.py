"""A value is one line: a line break or a tab in it becomes a blank.

WhatsApp refuses both in a value (Meta, "cannot have new-line/tab characters"), and a browser takes
line breaks out of the one-line fields that values are typed in, which would join two words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from invocations.kaleyra.payload import Send
from invocations.kaleyra.template_params import TemplateParams

_BREAKS = "\t\n\v\f\r\x85\u2028\u2029"
"""The tab, and what Unicode calls a mandatory line break (UAX #14: BK, CR, LF, NL)."""

_BLANKS = re.compile(rf"[ \u00a0{_BREAKS}]+")


def has_line_break(value: str) -> bool:
    """Whether the value has a line break or a tab. Those around it do not count."""
    return bool(set(_BREAKS) & set(value.strip()))


def in_one_line(value: str) -> str:
    """`value` with one blank in place of each line break or tab and the blanks around it.

    At its start and end they are taken out. Without any, the value is returned as it is.
    """
    if not set(_BREAKS) & set(value):
        return value

    def blank(run: re.Match[str]) -> str:
        if not set(_BREAKS) & set(run.group()):
            return run.group()
        is_inside = run.start() > 0 and run.end() < len(value)
        return " " if is_inside else ""

    return _BLANKS.sub(blank, value)


def params_in_one_line(params: TemplateParams) -> dict[str, str]:
    return {key: in_one_line(value) for key, value in params.items()}


def sends_in_one_line(sends: Sequence[Send]) -> list[Send]:
    return [
        replace(send, template_params=params_in_one_line(send.template_params)) for send in sends
    ]


def keys_with_line_breaks(params: TemplateParams) -> list[str]:
    return [key for key, value in params.items() if has_line_break(value)]
