"""The rules for the values of one channel: what its template asks for, an admin's rules, and the
channel's limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from invocations.composing import error_text
from invocations.composing.findings import Finding, Severity
from invocations.composing.preview import bubbles
from invocations.composing.template_fields import TemplateField, fields_of
from invocations.kaleyra import limits, template_params
from invocations.kaleyra.template_params import ChannelKind, ParamsError, TemplateParams
from invocations.models import Channel


def value_findings(channel: Channel, params: TemplateParams, *, region: str = "") -> list[Finding]:
    """What is wrong or doubtful about `params` on `channel`.

    `region` is the recipient's, such as "IN"; "" if it is not known.
    """
    fields = fields_of(channel)
    return [
        *(finding for field in fields for finding in _of_field(channel, field, params)),
        *_of_params(channel, params),
        *_of_limits(channel, params, region),
        *_missing(channel, params, {field.key for field in fields if field.required}),
    ]


def _of_field(channel: Channel, field: TemplateField, params: TemplateParams) -> Iterator[Finding]:
    """What an admin asks of one value (`models.Parameter`)."""
    value, rules = params.get(field.key, ""), field.words
    if not value:
        if field.required:
            yield _blocker("required", channel, field.key)
        return
    if field.choices:
        # Length and pattern are for what is typed: a choice that breaks them could never be sent.
        if value not in field.choices:
            yield _blocker("choice", channel, field.key)
        return
    if rules.max_length and len(value) > rules.max_length:
        facts = {"length": len(value), "limit": rules.max_length}
        yield _blocker(
            "max_length", channel, field.key, **facts, over=len(value) - rules.max_length
        )
    if rules.pattern and not re.fullmatch(rules.pattern, value):
        yield _blocker("pattern", channel, field.key, pattern=rules.pattern)


def _blocker(code: str, channel: Channel, key: str, **facts: Any) -> Finding:
    text = str(error_text.FIELD_TEXT[code]) % facts
    return Finding(code, Severity.BLOCKER, text, channel.position, key, facts=facts)


def _of_params(channel: Channel, params: TemplateParams) -> Iterator[Finding]:
    """What no channel can carry."""
    try:
        template_params.checked(params.items())
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
