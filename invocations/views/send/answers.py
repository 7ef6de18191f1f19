"""What the live preview says outside of the two messages: in the bar and at the fields."""

from __future__ import annotations

from collections.abc import Sequence

from django.forms import BoundField

from invocations.forms.send import SendForm
from invocations.forms.send_layout import named, own_label
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient


def goes_to(form: SendForm, typed: Sequence[Recipient | None]) -> dict[str, str]:
    """The number of the first channel, and the second's if it is another; empty texts if there is
    none yet. A number that this person may not see is masked.
    """
    shown = [_shown(form, number) if number else "" for number in typed]
    first, second = shown[0], shown[-1]
    return {
        "first": first,
        "second": second if first and second != first else "",
        "second_channel": named(form.channels[-1]),
    }


def _shown(form: SendForm, number: Recipient) -> str:
    return recipients.mask(number.formatted) if form.is_kept(number) else number.formatted


def different_places(form: SendForm) -> list[str]:
    """The names of the places that do not take the value typed for all."""
    typed = form.typed()
    same = bool(typed.get("same_values"))
    if not same and typed.get("params2") and not form.asked[-1]:
        return [named(form.channels[1])]
    return [
        own_label(form, asked, position)
        for name, asked, position in form.places
        if name in form.sources.by_name
        and form.sources.typed_in(name, typed.get, same=same) == name
        and typed.get(name) != typed.get(form.sources.by_name[name])
    ]


def visited_fields(form: SendForm, names: str) -> list[BoundField]:
    """The fields with these names, with their errors: the person has been there, so that an error
    tells them something. No other field is told to be wrong while the form is filled in.
    """
    return [form[name] for name in dict.fromkeys(names.split()) if name in form.fields]
