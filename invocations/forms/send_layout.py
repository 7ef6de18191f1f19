"""How the send form is laid out: who gets it, what it says, when, and what developers need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing.template_fields import TemplateField
from invocations.forms.channel_params import is_known
from invocations.forms.filled import EDITORS
from invocations.forms.layouts import Card, Fold, Group, Input, Part, helper_of
from invocations.forms.send_fields import SendFields
from invocations.forms.template_params import Editor
from invocations.kaleyra.template_params import PARAM_HEADER, PARAM_URL
from invocations.models import Channel


def send_helper(form: SendFields) -> FormHelper:
    _focus(form)
    return helper_of(Layout(_who(form), _what(form), _when(form), _developers(form)))


def _focus(form: SendFields) -> None:
    """Puts the cursor where a person goes on: at the first wrong field, or else the number."""
    editors = [form[name].value() for name in EDITORS.values() if name in form.fields]
    if any(isinstance(each, Editor) and each.fresh_row is not None for each in editors):
        return  # the row that was just added takes it
    at_fault = [name for name in form.fields if form.errors.get(name)]
    name = at_fault[0] if at_fault else "recipient"
    if name not in EDITORS.values() and not (form.errors and not at_fault):
        form.fields[name].widget.attrs["autofocus"] = True


# --- who gets it ----------------------------------------------------------------------------------


def _who(form: SendFields) -> Card:
    folds: tuple[Fold, ...] = ()
    if "recipient2" in form.fields:
        own = Group("recipient2", css_class="own-recipient")
        folds = (
            Fold(
                "same_recipient",
                own,
                title=_("Another number for %(channel)s") % {"channel": named(form.channels[1])},
                id="other-number",
                quiet=Part("parts/same_or_other.html"),
                is_open=not form["same_recipient"].value() or "recipient2" in form.errors,
            ),
        )
    return Card(
        Input("recipient", "parts/recipient_field.html"),
        title=_("Who gets it"),
        id="who",
        aside=Part("parts/use_my_number.html"),
        folds=folds,
    )


# --- what it says ---------------------------------------------------------------------------------


def _what(form: SendFields) -> Card:
    values = [
        Input(name, "parts/value_field.html", uses=list(_uses(form, name)))
        for name, _field, _position in form.places
        if name not in form.sources.by_name
    ]
    parts: list[Any] = []
    if not is_known(form.channels[0], form.asked[0]):
        parts.append("params")
    if values:
        parts.append(Group(*values))
    elif not parts:
        parts.append(Part("parts/no_values.html"))
    count = len(values)
    said = ngettext("%(n)s value", "%(n)s values, each typed once", count) % {"n": count}
    return Card(
        *parts,
        title=_("What it says"),
        id="what",
        aside=said if values else "",
        folds=tuple(_different(form)),
    )


def _uses(form: SendFields, root: str) -> Iterator[str]:
    """Where the customer meets this value: “WhatsApp”, “its header”, “SMS”."""
    told: set[str] = set()
    for name, asked, position in form.places:
        if form.sources.root(name) != root:
            continue
        kind = form.channels[position - 1].get_kind_display()
        text = {
            PARAM_HEADER: _("its header") if kind in told else _("%(kind)s header"),
            PARAM_URL: _("its link") if kind in told else _("%(kind)s link"),
        }.get(asked.key, kind) % {"kind": kind}
        if text not in told:
            yield text
        told |= {text, kind}


def _different(form: SendFields) -> Iterator[Fold]:
    """The part in which one place can have a value of its own."""
    followers = [place for place in form.places if place[0] in form.sources.by_name]
    inner = [place for place in followers if not form.sources.is_shared(place[0])]
    shared = [place for place in followers if form.sources.is_shared(place[0])]
    parts: list[Any] = [Group(*[_own(form, *place) for place in inner])] if inner else []
    if _has_same_values(form, shared):
        parts.append("same_values")
        if shared:
            own = [_own(form, *place) for place in shared]
            parts.append(Group(*own, css_class="fields own-values"))
        else:
            editor = Group(Part("parts/start_from_first.html"), "params2", css_class="own-values")
            parts.append(editor)
    if not parts:
        return
    places = [named(form.channels[1])] if "same_values" in parts else []
    names = {PARAM_HEADER: _("header"), PARAM_URL: _("link")}
    inner_names = list(dict.fromkeys(names.get(each.key, _("text")) for _n, each, _p in inner))
    if inner_names and not places:
        inner_names[0] = _("the %(place)s") % {"place": inner_names[0]}
    title = _("Different for %(places)s")
    title %= {"places": get_text_list(places + inner_names, _("or"))}
    is_open = any(form[name].value() or form.errors.get(name) for name, _f, _p in inner) or (
        "same_values" in parts and not form["same_values"].value()
    )
    yield Fold(
        *parts,
        title=title,
        id="different",
        quiet=Part("parts/different_says.html"),
        is_open=is_open,
    )


def _has_same_values(form: SendFields, shared: list[Any]) -> bool:
    """Whether the second channel can have values of its own in place of the first one's."""
    if "same_values" not in form.fields:
        return False
    return bool(shared) or not is_known(form.channels[1], form.asked[1])


def _own(form: SendFields, name: str, asked: TemplateField, position: int) -> Input:
    """The field of a place that takes another's value while it is empty."""
    source = form.sources.by_name[name]
    attrs = {"data-source": f"id_{source}"}
    if not asked.choices:
        attrs["placeholder"] = _("same as %(label)s") % {"label": form.fields[source].label}
    form.fields[name].widget.attrs |= attrs
    label = own_label(form, asked, position)
    return Input(name, "parts/value_field.html", label=label, follows=True)


def own_label(form: SendFields, asked: TemplateField, position: int) -> str:
    """The name of one place among several that ask for the same value."""
    words = {
        PARAM_HEADER: _("%(label)s in the header"),
        PARAM_URL: _("%(label)s in the link"),
    }.get(asked.key, _("%(label)s in %(channel)s"))
    return words % {"label": asked.label, "channel": named(form.channels[position - 1])}


def named(channel: Channel) -> str:
    """The channel in the middle of a sentence."""
    return _("the SMS") if channel.kind == Channel.Kind.SMS else channel.get_kind_display()


# --- when, and what developers need ---------------------------------------------------------------


def _when(form: SendFields) -> Card:
    when = [Part("parts/when.html")] if "when" in form.fields else []
    return Card(
        *when,
        Group("reference", "note"),
        title=_("When and for which ticket") if when else _("For our records"),
        id="when",
        aside=_("The customer never sees ticket and note"),
    )


def _developers(form: SendFields) -> Fold:
    """Free keys of channels whose text is stored, the order of the values, and pasting."""
    editors: list[Any] = []
    known = [
        (position, EDITORS[position])
        for position, (channel, asked) in enumerate(zip(form.channels, form.asked, strict=True), 1)
        if is_known(channel, asked)
    ]
    for position, name in known:
        css_class = "own-values" if position == 2 and "same_values" in form.fields else "free"
        head = Part("parts/free_keys.html", channel=form.channels[position - 1])
        editors.append(Group(head, name, css_class=css_class))
    names = [name for _position, name in known]
    shared = [place for place in form.sources.by_name if form.sources.is_shared(place)]
    if "same_values" in form.fields and not _has_same_values(form, shared):
        editors.insert(0, "same_values")
    contents = [form[name].value() or Editor() for name in names]
    return Fold(
        Part("parts/paste_box.html"),
        *editors,
        Part("parts/value_orders.html"),
        title=_("For developers"),
        id="developers",
        quiet=_("paste JSON or cURL, free keys, order of values"),
        is_open=any(form.errors.get(name) for name in names)
        or any(editor.rows or editor.json for editor in contents),
        open_if="pastes_again",
        css_class="card more dev",
    )
