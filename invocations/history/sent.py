"""What an invocation sends, as one viewer may see it: numbers, values, messages, request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from invocations.composing import template_fields
from invocations.composing.preview import DOTS, Bubble, bubbles, shown_send
from invocations.history.kept import kept_text
from invocations.kaleyra import recipients, redaction
from invocations.kaleyra.payload import CONTENT_TYPE, KEY_HEADER, Send, build_payload
from invocations.kaleyra.stored_numbers import stored
from invocations.models import Callback, Channel, Invocation
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.models.viewer import Viewer


@dataclass(frozen=True)
class SentChannel:
    """`params`: for each value its key, the admin's label, and the value or dots."""

    position: int
    channel: Channel
    recipient: str
    params: list[tuple[str, str, str]]
    bubble: Bubble


@dataclass(frozen=True)
class ShownRequest:
    """What every attempt posts, without its URL (`Attempt.target`). `headers` name the API key as a
    shell variable."""

    headers: str
    json: str
    is_masked: bool
    has_dots: bool


@dataclass(frozen=True)
class ShownCallback:
    """`body`: as received, redacted for the viewer; empty if it was removed, or no encryption key
    decrypts it.
    """

    row: Callback
    body: str
    is_masked: bool


class SentMessage:
    """`channels`: as they were when `invocation` was recorded."""

    def __init__(self, invocation: Invocation, viewer: Viewer, channels: Sequence[Channel]) -> None:
        self._invocation = invocation
        self._viewer = viewer
        self._channels = channels

    @cached_property
    def sends(self) -> list[Send] | None:
        """None if the values were removed, or no encryption key decrypts the payload."""
        try:
            return sends_in(self._invocation)
        except Unreadable:
            return None

    @cached_property
    def hidden_keys(self) -> set[str]:
        """Keys with values that the viewer does not see: sensitive when recorded or now, or all."""
        if not self._viewer.sees_values:
            return {key for send in self.sends or [] for key in send.template_params}
        version = self._invocation.version
        then = template_fields.sensitive_keys_in(version) if version else set()
        now = template_fields.sensitive_keys(self._invocation.workflow_instance.channels.all())
        return then | now | self._removed_keys

    @property
    def _removed_keys(self) -> set[str]:
        """Of codes that were removed: dots stand where they were."""
        if self._invocation.codes_removed_at is None:
            return set()
        found = (send.template_params.items() for send in self.sends or [])
        return {key for items in found for key, value in items if not value}

    @cached_property
    def channels(self) -> list[SentChannel] | None:
        if self.sends is None:
            return None
        version = self._invocation.version
        labels = template_fields.labels_in(version) if version else {}
        params = [send.template_params for send in self.sends]
        shown = bubbles(self._channels, params, hidden=self.hidden_keys)
        return [
            SentChannel(
                position=position,
                channel=channel,
                recipient=self._number(send.recipient),
                params=[
                    (
                        key,
                        labels.get(position, {}).get(key, ""),
                        DOTS if key in self.hidden_keys else value,
                    )
                    for key, value in send.template_params.items()
                ],
                bubble=bubble,
            )
            for position, (channel, send, bubble) in enumerate(
                zip(self._channels, self.sends, shown, strict=False), start=1
            )
        ]

    @property
    def bubbles(self) -> list[Bubble]:
        return [sent.bubble for sent in self.channels or []]

    def recipient_at(self, index: int) -> str:
        """The number of channel 1 (`index` 0) or 2 (`index` 1; empty if both share one number)."""
        hint = (self._invocation.recipient_hint, self._invocation.recipient2_hint)[index]
        if hint and self._viewer.sees_numbers and self.sends:
            return self._number(self.sends[index].recipient)
        return hint

    @property
    def first_number(self) -> str:
        return self.recipient_at(0)

    @property
    def second_number(self) -> str:
        return self.recipient_at(1)

    @property
    def kept(self) -> str:
        """Until when the values are kept, or when they were removed."""
        return kept_text(self._invocation)

    def _number(self, digits: str) -> str:
        formatted = stored(digits).formatted
        return formatted if self._viewer.sees_numbers else recipients.mask(formatted)

    @cached_property
    def request(self) -> ShownRequest | None:
        if self.sends is None:
            return None
        masked = not self._viewer.sees_numbers
        shown = [shown_send(send, masked=masked, hidden=self.hidden_keys) for send in self.sends]
        return ShownRequest(
            headers=f"Content-Type: {CONTENT_TYPE}\n{KEY_HEADER}: $KALEYRA_API_KEY",
            json=json.dumps(
                build_payload(str(self._invocation.request_id), shown), ensure_ascii=False, indent=2
            ),
            is_masked=masked,
            has_dots=any(
                key in self.hidden_keys for send in self.sends for key in send.template_params
            ),
        )

    def shown_callback(self, callback: Callback, with_body: Callback) -> ShownCallback:
        """Removes hidden values, and masks numbers for a viewer without the permission.

        `with_body`: the same row, with its body loaded.
        """
        masked = not self._viewer.sees_numbers
        try:
            body = with_body.body
        except Unreadable:
            return ShownCallback(callback, body="", is_masked=False)
        if body is None:
            return ShownCallback(callback, body="", is_masked=False)
        secrets = redaction.secrets_of(None, self.sends or [], self.hidden_keys, numbers=masked)
        body = redaction.redact(body, secrets)
        return ShownCallback(
            callback, redaction.mask_numbers(body) if masked else body, is_masked=masked
        )

    @property
    def all_secrets(self) -> redaction.Secrets:
        """Every number and value, for any viewer: for text that leaves the console, as a ticket."""
        every_key = {key for send in self.sends or [] for key in send.template_params}
        return redaction.secrets_of(None, self.sends or [], every_key)
