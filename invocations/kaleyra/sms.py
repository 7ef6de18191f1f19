"""How many parts an SMS has. Each part is sent, and billed, as one message.

Sources: 3GPP TS 23.038, 6.2.1 (the GSM 7 bit default alphabet and its extension table); 3GPP TS
23.040, 9.2.3.24.1 (concatenated messages: neither an escape sequence nor a UCS2 character is
split); Kaleyra's pages "What is a concatenated SMS" and "What is Unicode SMS": 160 characters, or
parts of 153; as Unicode 70, or parts of 67. One character outside GSM-7 makes the whole text
Unicode. The national language tables of TS 23.038 are left out: Kaleyra does not mention them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from invocations.kaleyra.characters import is_visible

# In the order of their codes, 0x00 to 0x7F, without the escape at 0x1B.
# 0x09 is the capital Ç; the table has no small ç.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each is encoded as an escape and a second code.
_EXTENSION = frozenset("\f^{}\\[~]|€")

GSM_SINGLE, GSM_PART = 160, 153
UNICODE_SINGLE, UNICODE_PART = 70, 67


@dataclass(frozen=True)
class SmsSize:
    """The size of a text as an SMS.

    `units` are what the limits count: septets in GSM-7, UTF-16 code units in Unicode. `per_part` is
    how many units one of the `parts` holds. `unicode_because` is the first character outside GSM-7.
    """

    encoding: Literal["GSM-7", "Unicode"]
    characters: int
    units: int
    parts: int
    per_part: int
    unicode_because: str | None = None

    @property
    def unicode_because_named(self) -> str:
        """That character, or its name in Unicode if it is one that nobody sees."""
        sign = self.unicode_because or ""
        is_seen = is_visible(sign)
        return sign if is_seen or not sign else unicodedata.name(sign, f"U+{ord(sign):04X}").lower()


def measure(text: str) -> SmsSize:
    """The size of `text`. An empty text has one part: an empty message is billed as one."""
    unicode_because = next((c for c in text if c not in _BASIC and c not in _EXTENSION), None)
    if unicode_because is None:
        widths = [2 if c in _EXTENSION else 1 for c in text]
        single, part = GSM_SINGLE, GSM_PART
    else:
        widths = [2 if ord(c) > 0xFFFF else 1 for c in text]  # 2: a surrogate pair
        single, part = UNICODE_SINGLE, UNICODE_PART
    units = sum(widths)
    fits = units <= single
    return SmsSize(
        encoding="GSM-7" if unicode_because is None else "Unicode",
        characters=len(text),
        units=units,
        parts=1 if fits else _count_parts(widths, part),
        per_part=single if fits else part,
        unicode_because=unicode_because,
    )


def _count_parts(widths: Iterable[int], per_part: int) -> int:
    """How many parts are needed if no character is split."""
    parts, filled = 1, 0
    for width in widths:
        if filled + width > per_part:
            parts, filled = parts + 1, 0
        filled += width
    return parts
