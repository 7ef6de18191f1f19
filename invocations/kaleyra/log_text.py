"""Takes numbers, credentials and secret paths out of a text that goes into a log.

Values of messages cannot be recognised by their form. Whoever logs must leave them out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from itertools import islice
from urllib.parse import quote

from invocations.kaleyra.redaction import TIME_PATTERN, UUID_PATTERN, mask_numbers

LEFT_OUT = "[left out]"
SHORTEST_CREDENTIAL = 8
MAX_CREDENTIALS = 1000
MAX_LOG_CHARACTERS = 32_768
"""Of one message or traceback. The rest is cut off."""
_credentials: dict[str, str] = {}
"""Each spelling of a credential that this process has used, with its replacement."""


def remember_credential(secret: str) -> None:
    """From now on `without_secrets` removes `secret`, in each spelling: an API key, a password."""
    if len(secret) < SHORTEST_CREDENTIAL or secret in _credentials:
        return
    spellings = [
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        base64.b64encode(secret.encode("utf-8", "replace")).decode().rstrip("="),
        base64.urlsafe_b64encode(secret.encode("utf-8", "replace")).decode().rstrip("="),
    ]
    for oldest in list(islice(_credentials, max(0, len(_credentials) - MAX_CREDENTIALS))):
        _credentials.pop(oldest, None)
    _credentials.update(dict.fromkeys(spellings, "[credential]"))


_HEADER_OR_FIELD = re.compile(
    r"((?:api[-_ ]?key|x-callback-secret|(?:proxy-)?authorization|(?:set-)?cookie|sessionid"
    r"|csrftoken|csrfmiddlewaretoken|password|secret|token)"
    r"(?:[\"'\\]*\s{0,3}[:=]|[\"'\\]+\s{0,3},)\s{0,3}b?[\"'\\]*(?:(?:basic|bearer)\s{1,3})?)"
    r"[^\s\"',;&}\\]+",
    re.IGNORECASE,
)
"""`api-key: …`, `'Authorization': b'Basic …'`, `("api-key", "…")`, `password=…`."""
_CALLBACK_TOKEN = re.compile(
    r"((?:/|%2f|\\/)callbacks(?:/|%2f|\\/))(?:(?!%2f)[^/\s'\"?\\])+", re.IGNORECASE
)
_LONG_WORD = re.compile(r"[A-Za-z0-9_-]{40,}+")
"""The token of a callback address has 43 characters, wherever in a path somebody has written it."""
_QUERY = re.compile(r"((?:/|%2[fF])[^\s?\"'<>]{0,300})\?[^\s\"'<>]+")
_USER_INFO = re.compile(r"(://)[^/\s@]{1,500}@")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,2000}={0,2}")
_KEPT = re.compile(
    rf"(?<![0-9A-Za-z])(?:{TIME_PATTERN}|(?P<uuid>{UUID_PATTERN}))(?![0-9A-Za-z])"
    r"|(?<![\d:.])\d{1,3}:[0-5]\d:[0-5]\d\.\d{6}(?!\d)"  # a duration
    # The addresses of a private network, which are no phone numbers: 10.…, 127.…, 192.168.…, 172.…
    r"|(?<![\d.])(?:(?:10|127)\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))"
    r"(?:\.\d{1,3}){2}(?![\d.])"
)
_LOOSE_NUMBER = re.compile(r"\d(?:[^\w:]{0,4}\d){7,}")
"""Eight digits or more, with anything between them that is neither a letter nor a colon."""


def without_secrets(text: str) -> str:
    """`text` without phone numbers, known credentials, callback tokens and query strings.

    >>> without_secrets("GET /history/?q=asha by +91 80612 34581")
    'GET /history/?… by [number ending in 4581]'
    """
    for spelling, replacement in list(_credentials.items()):
        text = text.replace(spelling, replacement)
    text = text[:MAX_LOG_CHARACTERS]
    text = _USER_INFO.sub(rf"\1{LEFT_OUT}@", text)
    text = _CALLBACK_TOKEN.sub(r"\1…", text)
    text = _LONG_WORD.sub(_without_token, text)
    text = _QUERY.sub(r"\1?…", text)
    text = _HEADER_OR_FIELD.sub(rf"\1{LEFT_OUT}", text)
    text = _BASE64.sub(_without_encoded_number, text)
    return _without_numbers(text)


def _without_numbers(text: str) -> str:
    parts, end = [], 0
    for kept in _KEPT.finditer(text):
        parts.append(_masked(text[end : kept.start()]))
        parts.append(kept[0] if _is_kept_whole(kept) else mask_numbers(kept[0]))
        end = kept.end()
    return "".join([*parts, _masked(text[end:])])


def _is_kept_whole(kept: re.Match[str]) -> bool:
    """Whether it is a time, or a UUID such as a request ID, which whoever reads the log looks up.

    A UUID of another version may be made up of a number.
    """
    return not kept["uuid"] or kept["uuid"][14] in "45"


def _masked(text: str) -> str:
    return _LOOSE_NUMBER.sub("[number]", mask_numbers(text))


def _without_token(word: re.Match[str]) -> str:
    """Names in code and hexadecimal ids have letters of one case, or are shorter."""
    is_of_one_case = word[0] in (word[0].lower(), word[0].upper())
    return word[0] if is_of_one_case else LEFT_OUT


def _without_encoded_number(match: re.Match[str]) -> str:
    encoded = match[0].rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return match[0]
    return LEFT_OUT if mask_numbers(decoded) != decoded else match[0]
