"""What is said of a pasted text: what was left out, and what went where it may not be expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.messages import INFO, WARNING
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing.field_names import field_name
from invocations.composing.placing import Placement
from invocations.forms.channel_params import is_known
from invocations.forms.filled import Filled
from invocations.forms.send import SendForm
from invocations.kaleyra.pasted import Pasted
from invocations.models import WorkflowInstance

Sentence = tuple[int, str]
"""A level of Django's messages, and the text."""

MAX_NAMES = 10
MAX_NAME_CHARACTERS = 100


def report(
    workflow: WorkflowInstance, form: SendForm, found: Pasted, filled: Filled
) -> list[Sentence]:
    """No value is in it."""
    sentences = [
        *_of_request(workflow, found),
        *_of_left_out(found),
        *_of_sends(form, found),
        *_of_placements(form, filled),
    ]
    return list(dict.fromkeys(sentences))


def _of_request(workflow: WorkflowInstance, found: Pasted) -> Iterator[Sentence]:
    if found.had_key:
        yield (
            WARNING,
            _(
                "There was an API key in it. It was thrown away: the console uses its own. "
                "Whoever sent it to you should change it."
            ),
        )
    if found.workflow_instance_id and found.workflow_instance_id != workflow.workflow_instance_id:
        yield (
            WARNING,
            _(
                "It was made for another workflow. "
                "Its values are filled in here all the same: check them."
            ),
        )
    if found.request_id:
        yield INFO, _("Its request ID was left out. This is a new message with an ID of its own.")


def _of_left_out(found: Pasted) -> Iterator[Sentence]:
    if found.left_out:
        text = _("Left out, because the form has no place for it: %(names)s.")
        yield WARNING, text % {"names": named(found.left_out)}
    if found.has_more_json:
        yield WARNING, _("There was other JSON in it. That was left out.")
    if found.has_more_text:
        yield INFO, _("Only the JSON in it was read, not the text around it.")


def _of_sends(form: SendForm, found: Pasted) -> Iterator[Sentence]:
    """About sends without a channel, and channels without a send."""
    sends, channels = found.sends, form.channels
    if len(sends) == 2 and len(channels) == 1:
        yield (
            WARNING,
            _("It has two channels, this workflow has one. The second was left out."),
        )
    elif len(sends) > len(channels):
        text = ngettext(
            "This workflow has %(n)s channel. Left out: %(names)s.",
            "This workflow has %(n)s channels. Left out: %(names)s.",
            len(channels),
        )
        names = named(f"send{number}" for number in range(len(channels) + 1, len(sends) + 1))
        yield WARNING, text % {"n": len(channels), "names": names}
    if found.is_for_all_channels or len(channels) < 2:
        return
    first, second = channels[0].get_kind_display(), channels[1].get_kind_display()
    if len(sends) == 1:
        text = _("It has no send2: %(second)s takes the same number and the same values.")
        yield INFO, text % {"second": second}
    elif not sends[0].recipient and not sends[0].template_params:
        text = _("It has no send1: fill in number and values for %(first)s.")
        yield WARNING, text % {"first": first}
    elif sends[0].recipient and not sends[1].recipient:
        text = _("send2 has no number: %(second)s goes to the same number.")
        yield INFO, text % {"second": second}


def _of_placements(form: SendForm, filled: Filled) -> Iterator[Sentence]:
    for position, placed in filled.placements.items():
        channel, asked = form.channels[position - 1], form.asked[position - 1]
        if placed.misleading:
            yield WARNING, _of_order(placed)
        elif placed.renamed:
            text = _("Its keys %(keys)s fill the places %(places)s.")
            keys, places = named(placed.renamed), named(placed.renamed.values())
            yield INFO, text % {"keys": keys, "places": places}
        if placed.others and is_known(channel, asked):
            text = _("%(kind)s has no place for %(keys)s. See “For developers”.")
            kind = channel.get_kind_display()
            yield WARNING, text % {"kind": kind, "keys": named(placed.others)}
    if filled.hidden:
        text = _("Not filled in, because free keys would show hidden values: %(keys)s. Type it.")
        yield WARNING, text % {"keys": named(filled.hidden)}
    yield from _of_empty_fields(form, filled)


def _of_order(placed: Placement) -> str:
    text = _(
        "Kaleyra sorts keys as text, so “%(key)s” fills the place %(place)s. Check each value. "
        "For another order write 01, 02 … in the JSON, and paste it again."
    )
    key = placed.misleading[0]
    return text % {"key": printable(key), "place": placed.renamed[key]}


def _of_empty_fields(form: SendForm, filled: Filled) -> Iterator[Sentence]:
    """About fields for which the text has no value."""
    is_shared = bool(filled.initial.get("same_values"))
    typed, sources = form.typed(), form.sources.by_name
    kept: list[str] = []
    empty: list[str] = []
    for position, placed in filled.placements.items():
        fields = {each.key: each for each in form.asked[position - 1]}
        for key in placed.empty:
            name = field_name(position, key)
            if name in sources and (is_shared or not form.sources.is_shared(name)):
                continue
            if typed.get(name):
                kept.append(fields[key].label)
            elif fields[key].required:
                empty.append(fields[key].label)
    if kept:
        text = _("It has no value for %(labels)s. What was there stays.")
        yield WARNING, text % {"labels": named(kept)}
    if empty:
        yield INFO, _("It has no value for %(labels)s. Fill it in.") % {"labels": named(empty)}


def named(names: Iterable[str]) -> str:
    """The first names, as a page can show them."""
    different = list(dict.fromkeys(names))
    shown = ", ".join(f"“{printable(name)}”" for name in different[:MAX_NAMES])
    more = len(different) - MAX_NAMES
    return _("%(names)s and %(n)s more") % {"names": shown, "n": more} if more > 0 else shown


def printable(text: str) -> str:
    """A name out of JSON may be long, or have a lone surrogate, which no page can contain."""
    return text[:MAX_NAME_CHARACTERS].encode("utf-8", "replace").decode()
