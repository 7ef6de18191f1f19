"""Answers that gunicorn gives by itself, with the headers of every other response.

A request that gunicorn cannot read (no HTTP, a line or a header that is too long) reaches no
middleware. gunicorn answers with a page of its own that repeats what was sent.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

from django.conf import settings

from fallback_console.headers import headers_of_every_response, https_headers


def bear_the_same_headers() -> None:
    """Has effect in every kind of gunicorn's workers, and none under another server."""
    try:
        from gunicorn import util
    except ImportError:  # another server
        return
    util.write_error = _write_error


def _write_error(sock: socket.socket, status_int: int, reason: str, mesg: str) -> None:
    """In place of gunicorn's own. `mesg` quotes the request, and is left out."""
    from gunicorn import util

    text = f"{reason}\n"
    fields: dict[str, Any] = {
        "Connection": "close",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": len(text),
        **headers_of_every_response(),
        **(https_headers() if _is_secure(sock) else {}),
    }
    lines = [f"HTTP/1.1 {status_int} {reason}", *(f"{name}: {fields[name]}" for name in fields)]
    util.write_nonblock(sock, ("\r\n".join(lines) + f"\r\n\r\n{text}").encode("latin1"))


def _is_secure(sock: socket.socket) -> bool:
    """What cannot be read names no scheme: behind a proxy it came over https."""
    return isinstance(sock, ssl.SSLSocket) or settings.SECURE_PROXY_SSL_HEADER is not None
