"""Callback bodies of the practice pod, and their contents."""

import json
from typing import Any

from invocations.sandbox.answers import Invocation
from invocations.sandbox.results import Report, Tempo, reports

from .calls import NUMBER, WORKFLOW

ACCEPTED_AT = 1_716_567_471_479_884_794
KINDS = ("whatsapp", "sms")


def invocation(recipient: str = NUMBER, workflow: str = WORKFLOW) -> Invocation:
    return Invocation("HXPRACTICE01IN", workflow, "e574", recipient, "918061234581")


def bodies(recipient: str, kinds: tuple[str, ...] = KINDS) -> list[Report]:
    return reports(invocation(recipient), "4xU9cYRHabcdefBDmNVR1D", ACCEPTED_AT, kinds, Tempo())


def unwrapped(body: bytes) -> dict[str, Any]:
    content = json.loads(body)
    content = content.get("workflowevent", content)
    return json.loads(content) if isinstance(content, str) else content


def statuses(body: bytes) -> list[str]:
    return [channel["statusCode"] for channel in unwrapped(body)["result"].values()]
