"""Callbacks: where Kaleyra posts what became of a flow. For a machine: no session, no form token, no redirect.

What is let in is kept, however odd it is, and answered 200: after answers that are none Kaleyra may turn the callback profile off by
itself. Only a database that is away is said to be (503), so that whoever repeats does.
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
from invocations.results import endpoints, inbox

logger = logging.getLogger(__name__)

MOST_READ_ON, LONGEST_READ_ON, PIECE = 8 * 1024 * 1024, 5.0, 64 * 1024
SELF_TEST = "selfTest"
"""The only name in a body that the console posts to itself, to see whether it would be let in."""


class NotWhole(Exception):
    """The body did not arrive as it was announced."""


class TooLarge(Exception):
    """The body has more than `MAX_BODY_BYTES`."""


@csrf_exempt
@require_POST
def callback(request: HttpRequest, token: str) -> HttpResponse:
    """Keeps the body for the account that the token is of, if the secret is right."""
    if settings.HTTPS_ONLY and not request.is_secure():
        logger.warning(
            "a callback over http was refused: its secret has been on the wire, and should be changed"
        )
        return _answer(403, "https only")
    request.user = (
        AnonymousUser()
    )  # a machine: what follows is nobody's deed, and no session is opened to find out whose
    try:
        address = endpoints.authorised_address(token, request.headers)
        if address is None:
            logger.warning("a callback without the right secret was refused")
            return _answer(401, "not known here")
        body = _body(request)
        if not _is_self_test(body):
            inbox.store_result(address.account, body)
        endpoints.note_use(address)
    except NotWhole:
        return _answer(400, "not complete")
    except TooLarge:
        logger.warning("a callback of more than %s bytes was refused", MAX_CALLBACK_BYTES)
        return _answer(413, "too large")
    except (OperationalError, InterfaceError) as error:  # what it says could hold the body
        logger.error(
            "a callback could not be kept: the database does not answer (%s)", type(error).__name__
        )
        return _answer(503, "try again")
    except Unreadable:
        logger.error("a callback could not be let in: a key is missing in FIELD_ENCRYPTION_KEYS")
        return _answer(503, "try again")
    return _answer(200, "ok")


def _body(request: HttpRequest) -> bytes:
    """What was posted, as it came. Raises `TooLarge`, or `NotWhole` if the connection ended before it did."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    length = int(declared[:18]) if declared.isdecimal() else 0
    # Django takes a body that comes in chunks, without a length, for an empty one. The server that says so knows where it ends.
    in_chunks = "Transfer-Encoding" in request.headers and request.META.get("wsgi.input_terminated")
    stream = cast(BinaryIO, request.META["wsgi.input"]) if in_chunks else request
    try:
        body = b"" if length > MAX_CALLBACK_BYTES else stream.read(MAX_CALLBACK_BYTES + 1)
        if max(length, len(body)) > MAX_CALLBACK_BYTES:
            _read_on(stream)
            raise TooLarge
    except TooLarge:
        raise
    except Exception as error:
        # What a server raises at broken chunks is its own (gunicorn: `ParseException`, no OSError); whatever it is, no body came of it.
        if not in_chunks and not isinstance(error, OSError):
            raise
        raise NotWhole from None
    if len(body) < length:
        raise NotWhole
    return body


def _read_on(stream: BinaryIO | HttpRequest) -> None:
    """Reads what is left, and keeps none of it: who is answered while still sending sees a reset connection, and no answer.

    At most `MOST_READ_ON` bytes and for about `LONGEST_READ_ON` seconds.
    """
    left, ends = MOST_READ_ON, time.monotonic() + LONGEST_READ_ON
    while left > 0 and time.monotonic() < ends and (piece := stream.read(min(left, PIECE))):
        left -= len(piece)


def _is_self_test(body: bytes) -> bool:
    try:
        said = json.loads(body) if len(body) < 1000 else None
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.keys() == {SELF_TEST}


def _answer(status: int, text: str) -> HttpResponse:
    """The same to everybody: nothing in it depends on what was posted."""
    headers = {"WWW-Authenticate": 'Basic realm="callbacks"'} if status == 401 else {}
    return HttpResponse(f"{text}\n", content_type="text/plain", status=status, headers=headers)
