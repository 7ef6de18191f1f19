"""The template fields of a channel, and the versions of a workflow's texts and fields.

A template field is a value that the channel's texts need, with the label and the rules that an
admin gave it (`Parameter`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from invocations.kaleyra.adjacent import adjacent_keys
from invocations.kaleyra.line_breaks import in_one_line
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

_DEFAULT_PARAMETER = Parameter()


@dataclass(frozen=True)
class TemplateField:
    """One value that a channel's template needs.

    `more_keys`: of the places that stand side by side with that of `key` (`kaleyra.adjacent`). The
    value is typed once, and split over all of them.
    """

    key: str
    by_position: bool
    """Whether a placeholder takes it by its position, not by its key."""
    label: str
    words: Parameter
    """The admin's label and rules; a `Parameter` with the defaults if there are none."""
    more_keys: tuple[str, ...] = ()
    has_sensitive_key: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key, *self.more_keys)

    @property
    def required(self) -> bool:
        """Always of a value by position: if it were left out, the later values would shift."""
        return self.by_position or self.words.required

    @property
    def is_sensitive(self) -> bool:
        hides = self.words.is_sensitive or self.has_sensitive_key
        return hides or self.key == VERIFICATION_CODE

    @property
    def choices(self) -> list[str]:
        return [
            in_one_line(line.strip()) for line in self.words.choices.splitlines() if line.strip()
        ]


def keys_of(channel: Channel) -> list[str]:
    """The keys that the channel's texts need, in the order of the form. Empty without texts."""
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
    """The template fields of the channel, in the order of the form."""
    parameters = {parameter.key: parameter for parameter in _stored(channel)}
    kind = ChannelKind(channel.kind)
    names = {placeholder.name for placeholder in placeholders(channel.template_text, kind)}
    runs = {keys[0]: keys[1:] for keys in _runs_of(channel)}
    in_runs = {key for more_keys in runs.values() for key in more_keys}
    sensitive = sensitive_keys([channel])
    fields = []
    for key in keys_of(channel):
        if key in in_runs:
            continue
        parameter = parameters.get(key, _DEFAULT_PARAMETER)
        fields.append(
            TemplateField(
                key=key,
                by_position=key not in names,
                label=parameter.label or key,
                words=parameter,
                more_keys=runs.get(key, ()),
                has_sensitive_key=key in sensitive,
            )
        )
    return fields


def _stored(channel: Channel) -> Iterable[Parameter]:
    """None of a channel that is not saved yet."""
    return channel.parameters.all() if channel.pk else ()


def _runs_of(channel: Channel) -> list[tuple[str, ...]]:
    kind = ChannelKind(channel.kind)
    return adjacent_keys(channel.template_text, kind, otp=channel.is_otp)


def sensitive_keys(channels: Iterable[Channel]) -> set[str]:
    """The keys of the values that are not shown after sending."""
    found = {VERIFICATION_CODE}
    for channel in channels:
        keys = {each.key for each in _stored(channel) if each.is_sensitive}
        found |= _with_whole_runs(keys, channel)
    return found


def _with_whole_runs(keys: set[str], channel: Channel) -> set[str]:
    """`keys`, and all of each run that one of them is in: it holds a piece of the same value."""
    return keys.union(*(run for run in _runs_of(channel) if keys & set(run)))


def channels_in(version: WorkflowVersion) -> list[Channel]:
    """The channels of a version, as unsaved instances."""
    return [
        Channel(**{name: channel[name] for name in _CHANNEL_FIELDS})
        for channel in version.contract["channels"]
    ]


def channels_as_sent(invocation: Invocation) -> list[Channel]:
    """The channels at the time when the message was recorded, as unsaved instances.

    An admin may have changed or reordered them since. For a message without a version, the current
    channels.
    """
    if invocation.version:
        return channels_in(invocation.version)
    return list(invocation.workflow_instance.channels.all())


def sensitive_keys_in(version: WorkflowVersion) -> set[str]:
    """The keys that were sensitive in a version."""
    found = {VERIFICATION_CODE}
    for channel, stored in zip(channels_in(version), version.contract["channels"], strict=True):
        keys = {each["key"] for each in stored["parameters"] if each["is_sensitive"]}
        found |= _with_whole_runs(keys, channel)
    return found


def labels_in(version: WorkflowVersion) -> dict[int, dict[str, str]]:
    """The labels of a version, by channel position and key. Keys without a label are left out."""
    return {
        channel["position"]: {
            parameter["key"]: parameter["label"]
            for parameter in channel["parameters"]
            if parameter["label"]
        }
        for channel in version.contract["channels"]
    }


# --- versions -------------------------------------------------------------------------------------

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
    """The workflow's channels with their texts and parameters, as JSON data."""
    return {
        "workflow_instance_id": workflow.workflow_instance_id,
        "channels": [
            {
                **{name: getattr(channel, name) for name in _CHANNEL_FIELDS},
                "parameters": [
                    {name: getattr(parameter, name) for name in _PARAMETER_FIELDS}
                    for parameter in channel.parameters.order_by("key")
                ],
            }
            for channel in workflow.channels.order_by("position")
        ],
    }


def digest_of(contract: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(contract, sort_keys=True).encode()).hexdigest()


def is_current(version: WorkflowVersion, workflow: WorkflowInstance) -> bool:
    return version.digest == digest_of(snapshot(workflow))


def current_version(workflow: WorkflowInstance, by: User | None = None) -> WorkflowVersion:
    """The version of the workflow as it is now. Creates one if anything has changed."""
    contract = snapshot(workflow)
    digest = digest_of(contract)
    while True:
        last = workflow.versions.order_by("-number").first()
        if last is not None and last.digest == digest:
            return last
        try:
            with transaction.atomic():
                return workflow.versions.create(
                    number=last.number + 1 if last else 1,
                    contract=contract,
                    digest=digest,
                    created_by=by,
                )
        except IntegrityError:
            continue  # another process has just created that number


@dataclass(frozen=True)
class Change:
    """One difference between two contracts.

    `code`: `workflow_id`, `channels`, `text`, `delay` or `parameters`. `position`: of the channel,
    or 0 for the workflow. `keys`: of the changed parameters.
    """

    code: str
    position: int = 0
    keys: tuple[str, ...] = ()


def changes_between(then: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    """The differences between two contracts (`snapshot`) that matter for sending again."""
    changes = []
    if then["workflow_instance_id"] != now["workflow_instance_id"]:
        changes.append(Change("workflow_id"))
    if _kinds(then) != _kinds(now):
        changes.append(Change("channels"))
    before, after = (
        {channel["position"]: channel for channel in contract["channels"]}
        for contract in (then, now)
    )
    for position in sorted(before.keys() & after.keys()):
        changes += _channel_changes(position, before[position], after[position])
    return changes


def _kinds(contract: dict[str, Any]) -> list[tuple[int, str]]:
    return [(channel["position"], channel["kind"]) for channel in contract["channels"]]


def _channel_changes(position: int, then: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    changes = []
    texts = ("template_text", "header_text", "button_url", "is_otp")
    if any(then[name] != now[name] for name in texts):
        changes.append(Change("text", position))
    if then["delay_seconds"] != now["delay_seconds"]:
        changes.append(Change("delay", position))
    old, new = _by_key(then["parameters"]), _by_key(now["parameters"])
    changed = tuple(key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key))
    if changed:
        changes.append(Change("parameters", position, changed))
    return changes


def _by_key(parameters: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {parameter["key"]: parameter for parameter in parameters}
