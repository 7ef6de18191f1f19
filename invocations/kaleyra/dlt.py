"""What India's operators allow in the values of an SMS.

Sources: Kaleyra's support articles 3000105308 and 3000108952 for `{#var#}`. For the typed tags of
TRAI's direction of 18 November 2025 MSG91's pages "Variable Tagging on DLT SMS Templates" and "SMS
not matched with DLT template", and startmessaging's limit for addresses: Kaleyra documents none of
them, so they are warnings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from invocations.kaleyra.adjacent import MAX_PIECE, SPLIT_PLACE
from invocations.kaleyra.limit_finding import LimitFinding, too_long
from invocations.kaleyra.rendering import Piece, resolve
from invocations.kaleyra.template_params import ChannelKind, TemplateParams

MAX_DLT_VALUE = MAX_PIECE
MAX_TAGGED_VALUE = {"url": 50, "urlott": 50}
MAX_OTHER_TAGGED_VALUE = 40


def _is_alphanumeric(value: str) -> bool:
    """Letters with their marks, digits and blanks, of any script."""
    return all(char == " " or unicodedata.category(char)[0] in "LMN" for char in value)


_HOST = r"(?:[\w-]{1,63}\.)+[^\W\d_]{2,63}(?::[0-9]{1,5})?"
_TAGS: dict[str, tuple[str, Callable[[str], object]]] = {
    "numeric": ("dlt_numeric", re.compile(r"[0-9]+").fullmatch),
    "alphanumeric": ("dlt_alphanumeric", _is_alphanumeric),
    "url": ("dlt_url", re.compile(rf"(?i:https?://)?{_HOST}(?:[/?#]\S*)?").fullmatch),
    "email": ("dlt_email", re.compile(rf"[^\s@]{{1,64}}@{_HOST}").fullmatch),
    "cbn": ("dlt_cbn", re.compile(r"\+?[0-9](?:[ -]?[0-9]){2,14}").fullmatch),
}
"""By tag, the code of the warning, and whether a value is of the tag's type."""
_TAGS["urlott"] = _TAGS["url"]


def dlt_findings(params: TemplateParams, template_text: str, otp: bool) -> Iterator[LimitFinding]:
    """The operators compare the message with the text registered with them.

    Only the values of `{#…#}` placeholders count as variables there. Codes that block:
    `dlt_too_long`, `dlt_run_too_long` (facts: `length`, `limit`, `over`), `dlt_angle`. Warnings:
    `dlt_double_blank`, `dlt_tag_too_long` (the same facts), and the codes of `_TAGS`.
    """
    pieces = resolve(template_text, params, ChannelKind.SMS, otp=otp).pieces
    in_long_run: set[int] = set()
    for start, run in _runs(pieces):
        length = sum(len(piece.text) for piece in run)
        if length > MAX_DLT_VALUE * len(run):
            in_long_run |= set(range(start, start + len(run)))
            limit = MAX_DLT_VALUE * len(run)
            yield too_long("dlt_run_too_long", run[0].key or "", length, limit, blocks=True)
    for index, piece in enumerate(pieces):
        if piece.key is None or piece.placeholder is None:
            continue
        if not piece.placeholder.text.startswith("{#"):
            continue
        if index not in in_long_run:
            yield from _of_tag(piece.key, piece.text, piece.placeholder.text.strip("{#}"))
        if "<" in piece.text or ">" in piece.text:
            yield LimitFinding("dlt_angle", piece.key, blocks=True)
        # The rule is about the whole message: a blank at the end of a value and one next to it in
        # the template are two blanks, too.
        before = "".join(neighbour.text for neighbour in pieces[max(index - 1, 0) : index])[-1:]
        after = "".join(neighbour.text for neighbour in pieces[index + 1 : index + 2])[:1]
        if "  " in before + piece.text + after:
            yield LimitFinding("dlt_double_blank", piece.key, blocks=False)


def _of_tag(key: str, value: str, tag: str) -> Iterator[LimitFinding]:
    """`tag` is the placeholder's word, such as `var` or `numeric`."""
    if tag == "var":
        if len(value) > MAX_DLT_VALUE:
            yield too_long("dlt_too_long", key, len(value), MAX_DLT_VALUE, blocks=True)
        return
    limit = MAX_TAGGED_VALUE.get(tag, MAX_OTHER_TAGGED_VALUE)
    if len(value) > limit:
        yield too_long("dlt_tag_too_long", key, len(value), limit, blocks=False)
    code, is_of_type = _TAGS[tag]
    if not is_of_type(value):
        yield LimitFinding(code, key, blocks=False)


def _runs(pieces: Sequence[Piece]) -> Iterator[tuple[int, list[Piece]]]:
    """Two or more `{#var#}` side by side that all have a value, with the index of the first."""
    run: list[Piece] = []
    for index, piece in enumerate([*pieces, Piece("")]):
        if piece.key is not None and piece.placeholder and piece.placeholder.text == SPLIT_PLACE:
            run.append(piece)
            continue
        if len(run) > 1:
            yield index - len(run), run
        run = []
