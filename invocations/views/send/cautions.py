"""The gate's findings as the send page and its review show them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.composing.check import LINE_BREAK
from invocations.composing.error_text import FIELD_TEXT, editor_text
from invocations.composing.findings import Finding
from invocations.composing.number_warnings import ALSO_NATIONAL, NOT_HOME_COUNTRY
from invocations.composing.outside_hours import OUTSIDE_HOURS
from invocations.composing.private_text import PRIVATE_NOTE, PRIVATE_TICKET
from invocations.composing.resending import MAY_HAVE_ARRIVED
from invocations.composing.warnings import DIFFERENT_NUMBERS, REPEAT, RESULT_AWAITED
from invocations.models import Channel
from invocations.views.send.home_number import HomeNumber

BOXES: dict[str, str | Promise] = {
    REPEAT: gettext_lazy("I have checked: the customer should get it a second time"),
    RESULT_AWAITED: gettext_lazy("I have checked: the customer should get it a second time"),
    MAY_HAVE_ARRIVED: gettext_lazy("I have checked: the customer should get it a second time"),
    DIFFERENT_NUMBERS: gettext_lazy("I have checked: two different numbers are meant"),
    NOT_HOME_COUNTRY: gettext_lazy("I have checked: this number is meant"),
    ALSO_NATIONAL: gettext_lazy("I have checked: this number is meant"),
    PRIVATE_TICKET: gettext_lazy("I have checked: it should stand in the ticket"),
    PRIVATE_NOTE: gettext_lazy("I have checked: it should stand in the note"),
    OUTSIDE_HOURS: gettext_lazy("I have checked: it should leave at this hour"),
}
"""By the code of a caution that has to be acknowledged: the words at its box."""

_SAID_ELSEWHERE = {LINE_BREAK, "needs_approval"}
"""Line breaks of all values are one sentence; the bar says who approves, and its button asks."""


@dataclass(frozen=True)
class Caution:
    """One sentence before sending.

    `token`: what its tick box posts, where it has to be acknowledged, and `box` what stands at the
    box. `home`: the number that is
    taken instead by a button.
    """

    text: str
    tone: str
    icon: str
    link: str = ""
    link_text: str = ""
    token: str = ""
    box: str | Promise = ""
    is_ticked: bool = False
    home: HomeNumber | None = None


Offers = Callable[[Finding], HomeNumber | None]


def while_typing(
    findings: Sequence[Finding],
    channels: Iterable[Channel],
    labels: Mapping[str, str],
    is_in_row: Callable[[int, str], bool],
    offers: Offers,
) -> list[Caution]:
    """For the live preview, which does not say of each empty field that it is empty.

    `labels` by key. `is_in_row(position, key)`: whether a key stands in a row of the free editor.
    """
    kinds = {channel.position: channel.get_kind_display() for channel in channels}
    texts = [
        (
            finding,
            editor_text(
                finding, in_rows=finding.channel > 0 and is_in_row(finding.channel, finding.key)
            ),
        )
        for finding in findings
        if is_shown_while_typing(finding) and finding.code not in _SAID_ELSEWHERE
    ]
    channels_of = _channels_by_caution(texts, kinds)
    shown = dict.fromkeys(
        _caution(finding, _about(finding, text, channels_of, labels), text, home=offers(finding))
        for finding, text in texts
    )
    return [*_of_line_breaks(findings, labels), *shown]


def _of_line_breaks(findings: Iterable[Finding], labels: Mapping[str, str]) -> list[Caution]:
    """One sentence for all values that were put into one line."""
    named = dict.fromkeys(
        labels.get(finding.key, finding.key) for finding in findings if finding.code == LINE_BREAK
    )
    if not named:
        return []
    words = _("A line break or a tab became a space in: %(values)s.")
    return [Caution(words % {"values": ", ".join(named)}, tone="unknown", icon="warning")]


def is_shown_while_typing(finding: Finding) -> bool:
    """Not what the fields say by themselves once the form is reviewed."""
    return finding.code not in {*FIELD_TEXT, "recipient", "missing_value"}


def before_sending(
    findings: Sequence[Finding],
    channels: Iterable[Channel],
    labels: Mapping[str, str],
    *,
    ticked: Collection[str],
    offers: Offers,
) -> list[Caution]:
    """For the review.

    Cautions that have to be acknowledged get a tick box; `ticked` are the tokens posted. `labels`
    by key.
    """
    kinds = {channel.position: channel.get_kind_display() for channel in channels}
    said_here = [finding for finding in findings if finding.code not in _SAID_ELSEWHERE]
    texts = [(finding, finding.text) for finding in said_here]
    channels_of = _channels_by_caution(texts, kinds)
    shown = dict.fromkeys(
        _caution(
            finding,
            _about(finding, text, channels_of, labels) if finding.code != "missing_value" else "",
            text,
            token=finding.token if finding.asks else "",
            is_ticked=finding.token in ticked,
            home=offers(finding),
        )
        for finding, text in texts
    )
    return [*_of_line_breaks(findings, labels), *shown]


def _channels_by_caution(
    texts: Iterable[tuple[Finding, str]], kinds: Mapping[int, str]
) -> dict[tuple[object, ...], str]:
    """The channels about which the same is said, for one sentence about a value of several."""
    found: dict[tuple[object, ...], list[str]] = {}
    for finding, text in texts:
        if finding.channel:
            found.setdefault(_same_caution(finding, text), []).append(kinds[finding.channel])
    return {key: get_text_list(named, _("and")) for key, named in found.items()}


def _same_caution(finding: Finding, text: str) -> tuple[object, ...]:
    """Equal for findings that are shown as one: of a value that nobody has to acknowledge."""
    is_joined = finding.key and not finding.asks
    return finding.code, finding.key, text, 0 if is_joined else finding.channel


def _about(
    finding: Finding,
    text: str,
    channels_of: Mapping[tuple[object, ...], str],
    labels: Mapping[str, str],
) -> str:
    """The value's label, as far as there is one, and the channels."""
    if not finding.channel:
        return ""
    kinds = channels_of[_same_caution(finding, text)]
    named = finding.key if labels else ""
    return f"{labels.get(named, named)}, {kinds}" if named else kinds


def _caution(
    finding: Finding,
    about: str,
    text: str,
    *,
    home: HomeNumber | None,
    token: str = "",
    is_ticked: bool = False,
) -> Caution:
    link = reverse("invocation", args=[finding.earlier]) if finding.earlier else ""
    is_one_message = finding.code in (REPEAT, RESULT_AWAITED, MAY_HAVE_ARRIVED)
    return Caution(
        text=f"{about}: {text}" if about else text,
        tone="rejected" if finding.blocks else "unknown",
        icon="error" if finding.blocks else "warning",
        link=link,
        link_text=(_("See what became of it") if is_one_message else _("See the last"))
        if link
        else "",
        token=token,
        box=BOXES.get(finding.code, _("I have checked it: send it anyway")) if token else "",
        is_ticked=is_ticked,
        home=home,
    )
