"""The contract of a channel: which values its template asks for, and what the admin says of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from invocations.kaleyra.template_params import (
    PARAM_HEADER,
    PARAM_URL,
    VERIFICATION_CODE,
    ChannelKind,
    needed_keys,
    placeholders,
)
from invocations.models import Channel, Invocation, Parameter, WorkflowInstance, WorkflowVersion

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_NO_WORDS = Parameter()


@dataclass(frozen=True)
class TemplateField:
    """One value that a channel's template needs."""

    key: str
    by_position: bool
    label: str
    words: Parameter
    """What the admin says of it; a blank one where nothing was said."""

    @property
    def required(self) -> bool:
        """Left out, a value that goes by position would shift the rest."""
        return self.by_position or self.words.required

    @property
    def is_sensitive(self) -> bool:
        return self.words.is_sensitive or self.key == VERIFICATION_CODE

    @property
    def choices(self) -> list[str]:
        return [line.strip() for line in self.words.choices.splitlines() if line.strip()]


def keys_of(channel: Channel) -> list[str]:
    """The keys that the channel's texts need, in the order in which staff are asked. Empty where no text is stored."""
    kind = ChannelKind(channel.kind)
    keys = needed_keys(channel.template_text, kind, otp=channel.is_otp)
    if kind is ChannelKind.WHATSAPP:
        keys += [
            key
            for key, text in [(PARAM_HEADER, channel.header_text), (PARAM_URL, channel.button_url)]
            if placeholders(text, kind)
        ]
    return keys


def fields_of(channel: Channel) -> list[TemplateField]:
    """What the form asks for this channel."""
    words = {parameter.key: parameter for parameter in channel.parameters.all()}
    named = {place.name for place in placeholders(channel.template_text, ChannelKind(channel.kind))}
    found = [(key, words.get(key, _NO_WORDS)) for key in keys_of(channel)]
    return [TemplateField(key, key not in named, said.label or key, said) for key, said in found]


def sensitive_keys(channels: Iterable[Channel]) -> set[str]:
    """The keys whose values are not shown after sending."""
    return {VERIFICATION_CODE} | {
        parameter.key
        for channel in channels
        for parameter in channel.parameters.all()
        if parameter.is_sensitive
    }


def channels_in(version: WorkflowVersion) -> list[Channel]:
    """The channels as they were in a version, not for saving."""
    return [
        Channel(**{name: channel[name] for name in _CHANNEL_FIELDS})
        for channel in version.contract["channels"]
    ]


def channels_as_sent(invocation: Invocation) -> list[Channel]:
    """The channels that the workflow had when the message was recorded, not for saving: with these its story is told.

    An admin may have changed or reordered them since. As they are now for a message of which no version was kept.
    """
    return (
        channels_in(invocation.version)
        if invocation.version
        else list(invocation.workflow_instance.channels.all())
    )


def sensitive_keys_in(version: WorkflowVersion) -> set[str]:
    """The keys that were sensitive in a version."""
    return {VERIFICATION_CODE} | {
        parameter["key"]
        for channel in version.contract["channels"]
        for parameter in channel["parameters"]
        if parameter["is_sensitive"]
    }


def labels_in(version: WorkflowVersion) -> dict[int, dict[str, str]]:
    """What an admin called each key in a version, by the channel's position; only keys that have a name of their own."""
    return {
        channel["position"]: {
            parameter["key"]: parameter["label"]
            for parameter in channel["parameters"]
            if parameter["label"]
        }
        for channel in version.contract["channels"]
    }


# --- versions ---------------------------------------------------------------------------------------------------------

_CHANNEL_FIELDS = (
    "position",
    "kind",
    "template_text",
    "header_text",
    "button_url",
    "is_otp",
    "delay_seconds",
)
_PARAMETER_FIELDS = (
    "key",
    "label",
    "help_text",
    "sample",
    "required",
    "is_sensitive",
    "max_length",
    "pattern",
    "choices",
    "default",
)


def snapshot(workflow: WorkflowInstance) -> dict[str, Any]:
    """The workflow's channels with their texts and parameters, as data."""
    return {
        "workflow_instance_id": workflow.workflow_instance_id,
        "channels": [
            {
                **{name: getattr(channel, name) for name in _CHANNEL_FIELDS},
                "parameters": [
                    {name: getattr(p, name) for name in _PARAMETER_FIELDS}
                    for p in channel.parameters.order_by("key")
                ],
            }
            for channel in workflow.channels.order_by("position")
        ],
    }


def current_version(workflow: WorkflowInstance, by: User | None = None) -> WorkflowVersion:
    """The version that the workflow has now; a new one if it changed since the last."""
    now = snapshot(workflow)
    digest = hashlib.sha256(json.dumps(now, sort_keys=True).encode()).hexdigest()
    while True:
        last = workflow.versions.order_by("-number").first()
        if last is not None and last.digest == digest:
            return last
        try:
            with transaction.atomic():
                return workflow.versions.create(
                    number=last.number + 1 if last else 1,
                    contract=now,
                    digest=digest,
                    created_by=by,
                )
        except IntegrityError:
            continue  # somebody made that number just now: look again


@dataclass(frozen=True)
class Change:
    """One difference between a version and now: in which channel (0: the workflow itself), of what, and which keys."""

    code: str
    position: int = 0
    keys: tuple[str, ...] = ()


def changes_between(then: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    """What changed from one contract to another, as far as it matters for sending again."""
    found = []
    if then["workflow_instance_id"] != now["workflow_instance_id"]:
        found.append(Change("workflow_id"))
    before, after = (
        {channel["position"]: channel for channel in each["channels"]} for each in (then, now)
    )
    if [(p, c["kind"]) for p, c in before.items()] != [(p, c["kind"]) for p, c in after.items()]:
        found.append(Change("channels"))
    for position in sorted(before.keys() & after.keys()):
        found += _channel_changes(position, before[position], after[position])
    return found


def _channel_changes(position: int, then: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    found = []
    if any(
        then[name] != now[name] for name in ("template_text", "header_text", "button_url", "is_otp")
    ):
        found.append(Change("text", position))
    if then["delay_seconds"] != now["delay_seconds"]:
        found.append(Change("delay", position))
    old, new = (_by_key(each["parameters"]) for each in (then, now))
    touched = tuple(key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key))
    if touched:
        found.append(Change("parameters", position, touched))
    return found


def _by_key(parameters: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {parameter["key"]: parameter for parameter in parameters}
