"""Bugs in what a retry posts, which the kill harness must find."""

from __future__ import annotations

import copy
import json
import uuid
from dataclasses import replace
from typing import Any

from invocations.models.encryption import digest_of
from invocations.models.invocations import PAYLOAD_DIGEST
from invocations.sending import attempt


def fresh_id() -> None:
    """A retry is a new request, with an id of its own."""
    post_once = attempt._reason_and_reply

    def with_a_fresh_id(ours: Any, connections: Any) -> Any:
        if ours.number > 1:
            text, invocation = ours.invocation.payload, copy.copy(ours.invocation)
            invocation.request_id = uuid.uuid4()
            invocation.payload = text.replace(
                str(ours.invocation.request_id), str(invocation.request_id)
            )
            _pin(invocation)
            ours = replace(ours, invocation=invocation)
        return post_once(ours, connections)

    attempt._reason_and_reply = with_a_fresh_id


def rewritten_body() -> None:
    """A retry writes its JSON again, in another order."""
    post_once = attempt._reason_and_reply

    def with_another_body(ours: Any, connections: Any) -> Any:
        if ours.number > 1:
            invocation = copy.copy(ours.invocation)
            invocation.payload = json.dumps(
                dict(reversed(json.loads(ours.invocation.payload).items()))
            )
            _pin(invocation)
            ours = replace(ours, invocation=invocation)
        return post_once(ours, connections)

    attempt._reason_and_reply = with_another_body


def _pin(invocation: Any) -> None:
    """Otherwise the sender would notice that the text is not the one that was recorded."""
    invocation.payload_digest = digest_of(invocation.payload, PAYLOAD_DIGEST)
