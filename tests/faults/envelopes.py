"""The documented answers of the API, as bytes."""

from __future__ import annotations

import hashlib
import json


def http_answer(status: str, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def accepted(request_id: str) -> bytes:
    said = {
        "success": True,
        "requestId": request_id,
        "workflowInvocationId": hashlib.sha256(request_id.encode()).hexdigest()[:24],
        "executionStatus": "ACCEPTED",
        "timestamp": "2025-01-02T03:04:05.123456789Z",
    }
    return http_answer("202 Accepted", json.dumps(said).encode())


def rejected(request_id: str, error: str) -> bytes:
    said = {
        "success": False,
        "requestId": request_id,
        "executionStatus": "REJECTED",
        "message": "Refused.",
        "errors": [error],
    }
    return json.dumps(said).encode()
