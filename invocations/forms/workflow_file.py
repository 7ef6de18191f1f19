"""A workflow's definition as a file: texts, values and rules. No secrets, numbers or groups.

Reading one validates every field by the forms of the workflow's page. The workflow ID is not in it:
Kaleyra makes one for each account.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from invocations.composing.template_fields import fields_of
from invocations.forms.template_fields import ParameterForm, TextsForm
from invocations.forms.value_rows import place_name
from invocations.models import Channel, WorkflowInstance

FORMAT, VERSION = "fallback-console-workflow", 1
MAX_BYTES = 256 * 1024
MAX_VALUES = 120
"""Values in a file, over both channels."""
_TOP = {"title": str, "description": str, "valid_minutes": int}
_TEXTS = tuple(TextsForm.base_fields)
_WORDS = tuple(ParameterForm.base_fields)


class BadFile(Exception):
    """`problems`: sentences, each with its place in the file."""

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems = list(problems)


def definition_of(workflow: WorkflowInstance) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        **{name: getattr(workflow, name) for name in _TOP},
        "channels": [_channel(channel) for channel in workflow.channels.order_by("position")],
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "kind": channel.kind,
        **{name: getattr(channel, name) for name in _TEXTS},
        "values": [
            {"key": each.key, **{name: getattr(each.words, name) for name in _WORDS}}
            for each in fields_of(channel)
        ],
    }


def as_text(workflow: WorkflowInstance) -> str:
    return json.dumps(definition_of(workflow), ensure_ascii=False, indent=2) + "\n"


# --- reading --------------------------------------------------------------------------------------


def read(content: bytes) -> dict[str, Any]:
    """The definition in a file. Raises `BadFile`."""
    if len(content) > MAX_BYTES:
        raise BadFile(_("The file is larger than %(n)s kB. It is not a workflow.") % {"n": 256})
    try:
        found = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise BadFile(_("The file is not UTF-8 text.")) from None
    except RecursionError:
        raise BadFile(_("The file is nested too deep.")) from None
    except json.JSONDecodeError as error:
        words = _("This is not JSON: line %(line)s, column %(column)s.")
        raise BadFile(words % {"line": error.lineno, "column": error.colno}) from None
    except ValueError:  # a number of too many digits
        raise BadFile(_("There is a number in the file that cannot be read.")) from None
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # an unpaired surrogate, which neither page nor database can hold
        raise BadFile(_("A text in the file has a character that cannot be stored.")) from None
    if problems := list(_problems(found)):
        raise BadFile(*problems[:20])
    return dict(found)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _times)] = Counter(name for name, _value in pairs).most_common(1)
        key = twice[:100].encode("utf-8", "replace").decode()
        raise BadFile(_("“%(key)s” is twice in one object.") % {"key": key})
    return found


def _no_constant(constant: str) -> None:
    raise BadFile(_("%(constant)s is not allowed in JSON.") % {"constant": constant})


def _problems(found: Any) -> Iterator[str]:
    """What is of the wrong type, unknown or missing. The forms judge the rest."""
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        yield _("This file was not exported by a console.")
        return
    if found.get("version") != VERSION or isinstance(found["version"], bool):
        words = _("It has version %(version)s. This console reads version %(own)s.")
        yield words % {"version": str(found.get("version"))[:20], "own": VERSION}
        return
    known = {"format", "version", "channels", *_TOP}
    yield from _unknown(found, known, _("the file"))
    for name, kind in _TOP.items():
        yield from _wrong(found.get(name), kind, name)
    channels = found.get("channels")
    if not isinstance(channels, list) or not 1 <= len(channels) <= 2:
        yield _("“channels” has to be a list of one or two channels.")
        return
    for number, channel in enumerate(channels, start=1):
        yield from _channel_problems(channel, _("channel %(n)s") % {"n": number})
    kinds = [each.get("kind") for each in channels if isinstance(each, dict)]
    if len(kinds) == 2 and kinds[0] == kinds[1]:
        yield _("Both channels are the same. A flow sends by WhatsApp and SMS, each once.")


def _channel_problems(channel: Any, where: str) -> Iterator[str]:
    if not isinstance(channel, dict):
        yield _("%(where)s is not an object.") % {"where": where}
        return
    yield from _unknown(channel, {"kind", "values", *_TEXTS}, where)
    if channel.get("kind") not in Channel.Kind.values:
        yield _("%(where)s: “kind” has to be “whatsapp” or “sms”.") % {"where": where}
    for name, field in TextsForm.base_fields.items():
        yield from _wrong(channel.get(name), _type_of(field), where, name)
    values = channel.get("values", [])
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        yield _("%(where)s: “values” has to be a list of at most %(n)s.") % {
            "where": where,
            "n": MAX_VALUES,
        }
        return
    keys = [each.get("key") for each in values if isinstance(each, dict)]
    for number, value in enumerate(values, start=1):
        place = _("%(where)s, value %(n)s") % {"where": where, "n": number}
        if not isinstance(value, dict) or not isinstance(value.get("key"), str):
            yield _("%(where)s: there is no “key”.") % {"where": place}
            continue
        if keys.count(value["key"]) > 1:
            yield _("%(where)s: its key is there twice.") % {"where": place}
        yield from _unknown(value, {"key", *_WORDS}, place)
        for name, field in ParameterForm.base_fields.items():
            yield from _wrong(value.get(name), _type_of(field), place, name)


def _type_of(field: forms.Field) -> type:
    if isinstance(field, forms.BooleanField):
        return bool
    return int if isinstance(field, forms.IntegerField) else str


def _wrong(value: Any, kind: type, where: str, name: str = "") -> Iterator[str]:
    """A field may be missing or null; then it is as in a new workflow."""
    if value is None or type(value) is kind:
        return
    kinds = {str: _("a text"), int: _("a whole number"), bool: _("true or false")}
    place = f"{where}, {name}" if name else where
    yield _("%(where)s has to be %(what)s.") % {"where": place, "what": kinds[kind]}


def _unknown(found: dict[str, Any], known: set[str], where: str) -> Iterator[str]:
    for name in sorted(set(found) - known):
        yield _("“%(key)s” in %(where)s is not known.") % {"key": name[:100], "where": where}


# --- as what the page of a workflow posts ---------------------------------------------------------


def as_posted(definition: dict[str, Any], **more: str) -> QueryDict:
    """The fields of the workflow's page with this definition. `more`: account, ID, title …"""
    posted = QueryDict(mutable=True)
    for name in _TOP:
        posted[name] = _field(definition.get(name))
    kinds = [channel["kind"] for channel in definition["channels"]]
    posted["route"] = "-".join(kinds)
    for channel in definition["channels"]:
        for name in _TEXTS:
            _put(posted, f"{channel['kind']}-{name}", channel.get(name))
        for value in channel.get("values", []):
            row = place_name(channel["kind"], value["key"])
            posted[f"{row}-row"] = row
            posted[f"{row}-label"] = ""
            for name in _WORDS:
                _put(posted, f"{row}-{name}", value.get(name))
    for name, value in more.items():
        posted[name] = value
    return posted


def _put(posted: QueryDict, name: str, value: Any) -> None:
    """A box that is not ticked is not posted."""
    if value is not False:
        posted[name] = _field(value)


def _field(value: Any) -> str:
    return "on" if value is True else "" if value is None else str(value)


def left_over(definition: dict[str, Any], names: set[str]) -> list[str]:
    """The values that no text asks for. `names`: of the places that the texts have."""
    found = []
    for channel in definition["channels"]:
        kind = Channel.Kind(channel["kind"]).label
        for value in channel.get("values", []):
            if place_name(channel["kind"], value["key"]) not in names:
                words = _("%(kind)s: no text asks for the value “%(key)s”.")
                found.append(words % {"kind": kind, "key": value["key"][:100]})
    return found
