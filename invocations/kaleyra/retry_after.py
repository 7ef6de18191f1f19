"""How long the header Retry-After asks to wait."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_RETRY_AFTER = 3600


def retry_after_seconds(headers: Mapping[str, str]) -> int | None:
    """Retry-After in whole seconds from now, at most an hour.

    None without the header, for a date in the past, and for an invalid value. RFC 9110, 10.2.3:
    seconds, or a date in one of the three forms of 5.6.7.
    """
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    if not value:
        return None
    if re.fullmatch("[0-9]{1,9}", value.strip()):
        return min(int(value), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        seconds = math.ceil((moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(seconds, MAX_RETRY_AFTER) if seconds > 0 else None
