"""What the customer will see of each channel, resolved by the one implementation of the rules (`kaleyra.template_params`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from invocations.kaleyra.template_params import PARAM_HEADER, PARAM_URL, ChannelKind, Resolved, TemplateParams, resolve, resolve_variable
from invocations.models import Channel


@dataclass(frozen=True)
class Bubble:
    """One channel's message with its values filled in. `body` is None where the channel's template text is not known."""

    channel: Channel
    waits_for: Channel | None
    body: Resolved | None
    header: Resolved | None = None
    button: Resolved | None = None
    has_url: bool = False


def bubbles(channels: Sequence[Channel], params: Sequence[TemplateParams]) -> list[Bubble]:
    """One bubble a channel, in sending order; `params` are what each channel would be sent."""
    before: list[Channel | None] = [None, *channels]
    return [_bubble(channel, waits_for, values) for channel, waits_for, values in zip(channels, before, params, strict=False)]


def _bubble(channel: Channel, waits_for: Channel | None, params: TemplateParams) -> Bubble:
    kind = ChannelKind(channel.kind)
    body = resolve(channel.template_text, params, kind, otp=channel.is_otp) if channel.template_text else None
    if kind is ChannelKind.SMS:
        return Bubble(channel, waits_for, body)
    header = resolve_variable(channel.header_text, params, PARAM_HEADER) if channel.header_text else None
    button = resolve_variable(channel.button_url, params, PARAM_URL) if channel.button_url else None
    return Bubble(channel, waits_for, body, header, button, bool(channel.button_url))
