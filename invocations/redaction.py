"""What of an answer is kept: without the key, the numbers and the sensitive values that were sent, should it repeat them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from invocations.kaleyra.payload import Send
from invocations.kaleyra.reply import Reply
from invocations.kaleyra.template_params import VERIFICATION_CODE

KEPT_CHARACTERS = 4096
SHORTEST_SECRET = 4
"""Shorter ones stand in any text: taking them out would garble it and tell them at once."""

Secrets = dict[str, str]
"""What no answer may repeat into our rows, each with its stand-in, longest first."""


def secrets_of(api_key: str | None, sends: Sequence[Send], sensitive_keys: Collection[str]) -> Secrets:
    """The secrets of one attempt: its key, its recipients and the values of `sensitive_keys`."""
    hidden = {api_key: "[API key]"} if api_key else {}
    for send in sends:
        hidden[send.recipient] = f"[number ending in {send.recipient[-4:]}]"
        for key in set(sensitive_keys) & send.template_params.keys():
            hidden[send.template_params[key]] = "[verification code]" if key == VERIFICATION_CODE else "[sensitive value]"
    told_apart = [item for item in hidden.items() if len(item[0]) >= SHORTEST_SECRET]
    return dict(sorted(told_apart, key=lambda item: -len(item[0])))


def redacted(text: str, secrets: Secrets) -> str:
    """`text` with each secret, as it is or as JSON writes it, replaced; a secret that breaks off at its end is cut away."""
    for secret, stand_in in secrets.items():
        text = text.replace(secret, stand_in).replace(json.dumps(secret)[1:-1], stand_in)
        broken_off = (length for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1) if text.endswith(secret[:length]))
        text = text[: len(text) - next(broken_off, 0)]
    return text


def kept(reply: Reply, secrets: Secrets) -> dict[str, Any]:
    """An answer's words as a row keeps them: redacted first, bounded after, so that no cut leaves half a key behind."""
    return {
        "message": None if reply.message is None else redacted(reply.message, secrets)[:KEPT_CHARACTERS],
        "errors": [redacted(error, secrets)[:KEPT_CHARACTERS] for error in reply.errors],
        "text": redacted(reply.text, secrets)[:KEPT_CHARACTERS],
    }


MOST_OF_A_KIND = 200
_AN_ID = re.compile(r"\[[^\]]*\]|[\w+-]*\d[\w+-]*")


def kind_of(kept: dict[str, Any]) -> str:
    """What an answer complained of, alike for all of its kind: the first error, or the message, of what `kept` gave, without ids."""
    text = (kept["errors"] or [kept["message"] or ""])[0]
    return " ".join(_AN_ID.sub("…", text).split())[:MOST_OF_A_KIND]
