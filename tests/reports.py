"""What Kaleyra reports of a flow, as its page "callback-profile-for-fallback-flow" shows it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from invocations.models import Callback, Invocation
from tests.stored_results import store_result


def report(
    row: Invocation,
    *codes: str,
    began: datetime | None = None,
    kinds: tuple[str, str] = ("whatsapp", "sms"),
    wait: int = 30,
) -> Callback:
    """report(row, "TIMEOUT", "DELIVERED"): stores a result with a code for each tried channel."""
    began = began or row.created_at + timedelta(seconds=1)
    channels: dict[str, Any] = {}
    for position, (kind, code) in enumerate(zip(kinds, codes, strict=False), start=1):
        channels[f"channel{position}"] = {
            "createdAt": _written(began),
            "from": "KALEYR",
            "to": "918061234581",
            "messageId": f"9db24eba-eeae-41be-97a5-3ac45551ec{position:02}",
            "channel": kind,
            "statusCode": code,
            "timeout": f"PT{wait}S",
        }
        began += timedelta(seconds=wait + 0.4 if code == "TIMEOUT" else 4.2)
    body = {
        "workflowInvocationId": f"{row.workflow_invocation_id} ",
        "executionStatus": "COMPLETED",
        "timestamp": _written(began),
        "result": channels,
    }
    if not row.workflow_invocation_id:
        body["requestId"] = str(row.request_id)
    callback = store_result(row.account, json.dumps(body).encode())
    row.refresh_from_db()
    return callback


def _written(moment: datetime) -> str:
    return moment.astimezone(timezone.get_fixed_timezone(0)).isoformat().replace("+00:00", "Z")
