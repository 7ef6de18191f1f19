"""Read an answer of Kaleyra from its status and content."""

import json
from typing import Any

from invocations.kaleyra.reply import Reply, read_reply

from .samples import REQUEST_ID


def reply(status: int, content: Any = None, *, complete: bool = True, **headers: str) -> Reply:
    """The reply to `REQUEST_ID`; underscores in a header name stand for hyphens."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_reply(status, body, request_id=REQUEST_ID, headers=named, complete=complete)


def verdict(status: int, content: Any = None, *, complete: bool = True) -> tuple[str, str]:
    """The verdict and its reason."""
    read = reply(status, content, complete=complete)
    return read.verdict.value, read.reason
