"""Calls to the API as a client would make them, each a valid one unless told otherwise."""

import http.client
import json
import socket
from typing import Any
from uuid import uuid4

from invocations.sandbox import PRACTICE_SID
from invocations.sandbox.server import PracticePod

KEY = "practice-for-the-tests-9f3c"
WORKFLOW = "00112233-4455-6677-8899-aabbccddeeff"
NUMBER = "919876543210"
HEADERS = {"Content-Type": "application/json", "api-key": KEY}


def address(sid: str = PRACTICE_SID, workflow: str = WORKFLOW) -> str:
    return f"/v1/{sid}/workflow/v1/instances/{workflow}/invoke"


def payload(
    recipient: object = NUMBER, request_id: str | None = None, **template_params: object
) -> dict[str, Any]:
    send1 = {"recipient": recipient, "templateParams": template_params}
    return {
        "requestId": request_id or str(uuid4()),
        "input": {"send1": send1, "send2": {"recipient": NUMBER}},
    }


def connect(pod: PracticePod) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(pod.api_domain, timeout=5)


def post(
    pod: PracticePod, content: Any, path: str = address(), **headers: str
) -> tuple[int, dict[str, Any]]:
    """POST one invocation -> HTTP status and the JSON of the answer."""
    connection = connect(pod)
    connection.request("POST", path, json.dumps(content), HEADERS | headers)
    answer = connection.getresponse()
    status, read = answer.status, json.loads(answer.read())
    connection.close()
    return status, read


def get(pod: PracticePod, path: str) -> tuple[http.client.HTTPResponse, str]:
    """GET one of the pod's own pages -> the answer and its text."""
    connection = connect(pod)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def plug(pod: PracticePod) -> socket.socket:
    """A bare TCP connection."""
    host, _, port = pod.api_domain.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def raw_post(body: bytes, announced: int | None = None) -> bytes:
    """The bytes of an invocation that announces a body of any length."""
    length = len(body) if announced is None else announced
    head = f"POST {address()} HTTP/1.1\r\nHost: pod\r\nContent-Type: application/json\r\n"
    return f"{head}api-key: {KEY}\r\nContent-Length: {length}\r\n\r\n".encode() + body
