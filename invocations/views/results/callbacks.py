"""The endpoint to which Kaleyra posts the results of flows: no session, no CSRF token, no redirect.

A result with the right secret is stored and answered 200; it is read afterwards
(`results.pending`). So one that cannot be interpreted is answered 200 too, because after failed
callbacks Kaleyra may disable the callback profile. If it cannot be stored (no
database, no encryption key), the answer is 503, so that senders that retry do.
"""

from __future__ import annotations

import json
import logging
import time
from typing import BinaryIO, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from invocations.kaleyra.callback_body import MAX_CALLBACK_BYTES
from invocations.models.encryption import Unreadable
from invocations.results import endpoints, inbox, pending_worker

logger = logging.getLogger(__name__)

MAX_DRAINED_BYTES, DRAIN_SECONDS, DRAIN_CHUNK = 8 * 1024 * 1024, 5.0, 64 * 1024
SELF_TEST = "selfTest"
"""The only key in the body of the set-up page's curl command. Such a body is not stored."""


class Incomplete(Exception):
    """The body is shorter than its Content-Length, or the connection broke."""


class TooLarge(Exception):
    """The body has more than `MAX_CALLBACK_BYTES`."""


@csrf_exempt
@require_POST
def callback(request: HttpRequest, token: str | None = None) -> HttpResponse:
    """Stores the body for the account of the token in the path, if the request has its secret."""
    if settings.HTTPS_ONLY and not request.is_secure():
        logger.warning("callback over plain http refused: its secret was exposed, rotate it")
        return _answer(403, "https only")
    # The change history reads `request.user`: set, it does not open a session to look for one.
    request.user = AnonymousUser()
    try:
        found = endpoints.token_as_written(token or "")
        address = endpoints.authorised_address(found, request.headers)
        if address is None:
            logger.warning("callback without the right secret refused")
            return _answer(401, "not known here")
        body = _body(request)
        if not _is_self_test(body):
            inbox.store_result(address.account, body)
            pending_worker.wake()
        endpoints.note_use(address)
    except Incomplete:
        return _answer(400, "not complete")
    except TooLarge:
        logger.warning("callback of more than %s bytes refused", MAX_CALLBACK_BYTES)
        return _answer(413, "too large")
    except (OperationalError, InterfaceError) as error:
        # The error's text may quote the body, so only its type is logged.
        name = type(error).__name__
        logger.error("callback not stored: the database does not answer (%s)", name)
        return _answer(503, "try again")
    except Unreadable:
        logger.error("callback not accepted: a key is missing in FIELD_ENCRYPTION_KEYS")
        return _answer(503, "try again")
    return _answer(200, "ok")


def _body(request: HttpRequest) -> bytes:
    """The raw body. Raises `TooLarge` or `Incomplete`."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    length = int(declared[:18]) if declared.isdecimal() else 0
    # Django reads a chunked body, which has no Content-Length, as empty. A server that sets
    # `wsgi.input_terminated` ends the stream itself, so it can be read directly.
    is_chunked = "Transfer-Encoding" in request.headers and request.META.get(
        "wsgi.input_terminated"
    )
    stream = cast(BinaryIO, request.META["wsgi.input"]) if is_chunked else request
    try:
        body = b"" if length > MAX_CALLBACK_BYTES else stream.read(MAX_CALLBACK_BYTES + 1)
        if max(length, len(body)) > MAX_CALLBACK_BYTES:
            _drain(stream)
            raise TooLarge
    except TooLarge:
        raise
    except Exception as error:
        # For broken chunks each server raises its own exception (gunicorn: `ParseException`,
        # which is no OSError).
        if not is_chunked and not isinstance(error, OSError):
            raise
        raise Incomplete from None
    if len(body) < length:
        raise Incomplete
    return body


def _drain(stream: BinaryIO | HttpRequest) -> None:
    """Reads and discards the rest of the body.

    A client that is answered while it still sends sees a reset connection instead of the answer.
    Reads at most `MAX_DRAINED_BYTES`, for about `DRAIN_SECONDS`.
    """
    left, ends = MAX_DRAINED_BYTES, time.monotonic() + DRAIN_SECONDS
    while left > 0 and time.monotonic() < ends and (chunk := stream.read(min(left, DRAIN_CHUNK))):
        left -= len(chunk)


def _is_self_test(body: bytes) -> bool:
    try:
        content = json.loads(body) if len(body) < 1000 and SELF_TEST.encode() in body else None
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() == {SELF_TEST}


def _answer(status: int, text: str) -> HttpResponse:
    """A short text that does not depend on what was posted.

    Its length is set here, because no middleware does it (`answer_results_first`).
    """
    response = HttpResponse(f"{text}\n", content_type="text/plain", status=status)
    response.headers["Content-Length"] = str(len(response.content))
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="callbacks"'
    return response
