"""The JSON body of an invocation. The only module that writes the names `send1` and `send2`.

Source: seed, "Request Format - Fallback Workflow Invocation" and its three samples.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from invocations.kaleyra.template_params import TemplateParams

CONTENT_TYPE = "application/json"
KEY_HEADER = "api-key"


@dataclass(frozen=True)
class Send:
    """The input of one channel: the recipient's digits and the template's parameters, if any."""

    recipient: str
    template_params: TemplateParams = field(default_factory=dict)


def build_payload(request_id: str, sends: Sequence[Send]) -> dict[str, Any]:
    """The JSON object of an invocation; `sends` in the order of the flow's channels."""
    return {
        "requestId": request_id,
        "input": {f"send{position}": _fields(send) for position, send in enumerate(sends, start=1)},
    }


def _fields(send: Send) -> dict[str, Any]:
    if not send.template_params:
        return {"recipient": send.recipient}
    return {"recipient": send.recipient, "templateParams": dict(send.template_params)}


def to_text(payload: dict[str, Any]) -> str:
    """The JSON text to post, in UTF-8. It is stored, so that every attempt sends the same bytes."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sends_of(text: str) -> list[Send]:
    """The sends in a text written by `to_text`."""
    sends: dict[str, dict[str, Any]] = json.loads(text)["input"]
    return [
        Send(send["recipient"], send.get("templateParams", {})) for _, send in sorted(sends.items())
    ]


def to_curl(url: str, body: str) -> str:
    """A curl command with the same request; the API key is the shell variable KALEYRA_API_KEY."""
    return " \\\n  ".join(
        [
            f"curl -X POST {shlex.quote(url)}",
            f"--header 'Content-Type: {CONTENT_TYPE}'",
            f'--header "{KEY_HEADER}: $KALEYRA_API_KEY"',
            f"--data-raw {shlex.quote(body)}",
        ]
    )
