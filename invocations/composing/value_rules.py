"""The rules for the values of one channel: what its template asks for, an admin's rules, and the
channel's limits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.utils.translation import gettext as _

from invocations.composing import error_text, unseen_characters, value_doubts
from invocations.composing.findings import Finding, Severity
from invocations.composing.preview import bubbles
from invocations.composing.template_fields import TemplateField, fields_of
from invocations.kaleyra import limits, patterns, template_params
from invocations.kaleyra.characters import is_visible
from invocations.kaleyra.patterns import PatternError
from invocations.kaleyra.template_params import ChannelKind, ParamsError, TemplateParams
from invocations.models import Channel

MAX_VALUE_CHARACTERS = 64 * 1024
"""Far more than any message holds. Kaleyra documents no limit of its own."""


def value_findings(
    channel: Channel, params: TemplateParams, *, region: str = "", is_practice: bool = False
) -> list[Finding]:
    """What is wrong or doubtful about `params` on `channel`.

    `region` is the recipient's, such as "IN"; "" if it is not known. `is_practice`: it reaches
    nobody, so that the example values may be sent.
    """
    fields = fields_of(channel)
    if endless := list(_of_length(channel, params)):
        return endless
    return [
        *(finding for field in fields for finding in _of_field(channel, field, params)),
        *unseen_characters.findings(channel, fields, params),
        *_of_params(channel, params, told={key for field in fields for key in field.keys}),
        *_of_limits(channel, params, region),
        *_missing(channel, params, {key for each in fields if each.required for key in each.keys}),
        *value_doubts.findings(channel, fields, params, is_practice=is_practice),
    ]


def _of_length(channel: Channel, params: TemplateParams) -> Iterator[Finding]:
    """No other rule is asked about a value that no message can hold."""
    for key, value in params.items():
        if len(value) > MAX_VALUE_CHARACTERS:
            facts = {"length": len(value), "limit": MAX_VALUE_CHARACTERS}
            over = len(value) - MAX_VALUE_CHARACTERS
            yield _blocker("max_length", channel, key, **facts, over=over)


def _of_field(channel: Channel, field: TemplateField, params: TemplateParams) -> Iterator[Finding]:
    """What an admin asks of one value (`models.Parameter`)."""
    value, rules = "".join(params.get(key, "") for key in field.keys), field.words
    if not value and field.required:
        yield _blocker("required", channel, field.key)
    elif value and not is_visible(value):
        text = error_text.params_text(ParamsError("no_value", key=field.key))
        yield Finding("no_value", Severity.BLOCKER, text, channel.position, field.key)
    if not is_visible(value):
        return
    yield from _of_places(channel, field, params)
    if field.choices:
        # Length and pattern are for what is typed: a choice that breaks them could never be sent.
        if value not in field.choices:
            yield _blocker("choice", channel, field.key)
        return
    limit = rules.max_length or (patterns.MAX_MATCHED if rules.pattern else None)
    if limit and len(value) > limit:
        facts = {"length": len(value), "limit": limit, "over": len(value) - limit}
        yield _blocker("max_length", channel, field.key, **facts)
    if rules.pattern:
        yield from _of_pattern(rules.pattern, value, channel, field.key)


def _of_places(channel: Channel, field: TemplateField, params: TemplateParams) -> Iterator[Finding]:
    """Whether each of several places side by side has a value. An empty one is not documented."""
    missing = [key for key in field.keys if not is_visible(params.get(key, ""))]
    if missing and set(field.keys) & params.keys() == {field.key}:
        facts = {"places": len(field.keys)}
        yield _blocker("too_short_for_places", channel, field.key, **facts)
    else:
        yield from (_blocker("required", channel, key) for key in missing)


def _of_pattern(pattern: str, value: str, channel: Channel, key: str) -> Iterator[Finding]:
    """A pattern that was stored before patterns had to run in linear time may not compile any
    more. Nothing is known of the value then, so nothing is sent.
    """
    try:
        if not patterns.compiled(pattern).fullmatch(value):
            yield _blocker("pattern", channel, key, pattern=pattern)
    except PatternError:
        yield _blocker("pattern_unreadable", channel, key)


def _blocker(code: str, channel: Channel, key: str, **facts: Any) -> Finding:
    text = str(error_text.FIELD_TEXT[code]) % facts
    return Finding(code, Severity.BLOCKER, text, channel.position, key, facts=facts)


def _of_params(
    channel: Channel, params: TemplateParams, *, told: Collection[str]
) -> Iterator[Finding]:
    """What no channel can carry. `told`: keys of which it is said already if they have no value."""
    pairs = [item for item in params.items() if item[0] not in told or is_visible(item[1])]
    try:
        template_params.checked(pairs)
    except ParamsError as error:
        key, text = error.facts.get("key", ""), error_text.params_text(error)
        yield Finding(error.code, Severity.BLOCKER, text, channel.position, key, facts=error.facts)


def _of_limits(channel: Channel, params: TemplateParams, region: str) -> Iterator[Finding]:
    kind, text, otp = ChannelKind(channel.kind), channel.template_text, channel.is_otp
    for found in (
        *limits.value_findings(params, kind, template_text=text, otp=otp, region=region),
        *limits.order_findings(list(params), kind, template_text=text, otp=otp),
    ):
        severity = Severity.BLOCKER if found.blocks else Severity.CAUTION
        words = error_text.limit_text(found)
        yield Finding(found.code, severity, words, channel.position, found.key, facts=found.facts)


def _missing(channel: Channel, params: TemplateParams, required: set[str]) -> Iterator[Finding]:
    """Places that stay empty, where all that is required is there."""
    [bubble] = bubbles([channel], [params])
    if bubble.missing and required <= params.keys():
        words = _("%(kind)s: nothing is given for %(places)s.")
        text = words % {"kind": channel.get_kind_display(), "places": ", ".join(bubble.missing)}
        yield Finding("missing_value", Severity.CAUTION, text, channel.position)
