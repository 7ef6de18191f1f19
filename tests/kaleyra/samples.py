"""One invocation, and Kaleyra's documented answers to it."""

import json
from typing import Any

from invocations.kaleyra.payload import Send, build_payload, to_text

KEY = "KEYCANARY-0123456789abcdef"
SID = "HXAP1600000097IN"
WORKFLOW = "00112233-4455-6677-8899-aabbccddeeff"
REQUEST_ID = "e574aaaa-ef19-41ef-b02c-833eaaaaaf1d"
NUMBER = "919876543210"
PATH = f"/v1/{SID}/workflow/v1/instances/{WORKFLOW}/invoke"
BODY = to_text(build_payload(REQUEST_ID, [Send(NUMBER, {"01": "Asha"}), Send(NUMBER)]))


def accepted(**changes: Any) -> dict[str, Any]:
    return {
        "requestId": REQUEST_ID,
        "timestamp": "2025-02-14T15:37:08.018123456Z",
        "success": True,
        "status": 202,
        "message": "Request accepted, execution will start soon",
        "workflowInvocationId": "4xU9cYRHabcdefBDmNVR1D",
        "executionStatus": "ACCEPTED",
    } | changes


def rejected(*errors: str, **changes: Any) -> dict[str, Any]:
    return {
        "requestId": REQUEST_ID,
        "timestamp": "2025-05-02T08:17:43.396123456Z",
        "success": False,
        "status": 400,
        "message": None,
        "errors": list(errors) or [f"Workflow Instance [{WORKFLOW}] is not published."],
        "workflowInvocationId": "4THJKabcdefghinOf5jrNv",
        "executionStatus": "REJECTED",
    } | changes


def http(
    status: str, content: bytes | dict[str, Any] = b"", *headers: str, length: int | None = None
) -> bytes:
    """The bytes of an HTTP answer. Content-Length is the length of the body, or `length`."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    announced = f"Content-Length: {len(body) if length is None else length}"
    return (
        "\r\n".join(
            [f"HTTP/1.1 {status}", "Content-Type: application/json", announced, *headers, "", ""]
        ).encode("latin-1")
        + body
    )


ACCEPTED = http("202 Accepted", accepted())
