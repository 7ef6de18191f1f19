"""The body of an invocation, and the one place where `send1` and `send2` are made.

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
    """What one channel still needs: the recipient's digits and the template's parameters (none: the template has no variables)."""

    recipient: str
    template_params: TemplateParams = field(default_factory=dict)


def build_payload(request_id: str, sends: Sequence[Send]) -> dict[str, Any]:
    """The JSON object of an invocation; `sends` in the order of the flow's channels."""
    return {
        "requestId": request_id,
        "input": {f"send{position}": _send(send) for position, send in enumerate(sends, start=1)},
    }


def _send(send: Send) -> dict[str, Any]:
    if not send.template_params:
        return {"recipient": send.recipient}
    return {"recipient": send.recipient, "templateParams": dict(send.template_params)}


def to_text(payload: dict[str, Any]) -> str:
    """The exact text that is posted, in UTF-8: it is made once and kept, so that every attempt sends the same bytes."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sends_of(text: str) -> list[Send]:
    """The sends in a text that `to_text` made."""
    sends: dict[str, dict[str, Any]] = json.loads(text)["input"]
    return [
        Send(send["recipient"], send.get("templateParams", {})) for _, send in sorted(sends.items())
    ]


def to_curl(url: str, body: str) -> str:
    """A command for a shell that posts the same, with the key left to a variable of that shell."""
    return " \\\n  ".join(
        [
            f"curl -X POST {shlex.quote(url)}",
            f"--header 'Content-Type: {CONTENT_TYPE}'",
            f'--header "{KEY_HEADER}: $KALEYRA_API_KEY"',
            f"--data-raw {shlex.quote(body)}",
        ]
    )
