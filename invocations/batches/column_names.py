"""What headings are called, and what the cells below them look like. No Django here.

A heading alone is believed only if it can mean one thing. Others need cells that bear it out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from invocations.batches.recipient_file.headings import DAY
from invocations.kaleyra import number_text, recipients
from invocations.kaleyra.number_text import RecipientError

MOSTLY = 0.6
"""Share of filled cells that must look like numbers for a column to hold numbers."""
NUMBER_NAMES = frozenset(
    [
        *("recipient", "recipient number", "recipient phone", "send1 recipient", "msisdn"),
        *("phone", "phone no", "phone number", "phone 1", "phone1", "customer phone"),
        *("customer phone number", "contact phone", "contact no", "contact number"),
        *("mobile", "mobile no", "mobile number", "mobile phone", "mobile phone number"),
        *("mobile 1", "mobile1", "customer mobile", "customer mobile number", "customer mobile no"),
        *("tel", "tel no", "telephone", "telephone no", "telephone number"),
        *("cell", "cell no", "cell number", "cell phone", "cellphone"),
        *("whatsapp", "whatsapp no", "whatsapp number", "whatsapp phone", "whats app"),
        *("telefon", "telefonnummer", "telefonnr", "handy", "handynummer", "handynr", "mobil"),
        *("mobilnummer", "mobiltelefon", "mobilfunknummer", "rufnummer"),
        *("teléfono", "telefono", "móvil", "movil", "celular", "telefone", "portable", "téléphone"),
        *("फोन", "फ़ोन", "मोबाइल", "मोबाइल नंबर", "फोन नंबर"),
    ]
)
PERHAPS_NUMBER_NAMES = frozenset(["number", "to", "contact", "customer contact", "no", "nummer"])
"""May as well head names or order numbers."""
SECOND_NUMBER_NAMES = frozenset(
    ["recipient2", "recipient 2", "second number", "sms number", "send2 recipient"]
)
"""Not “Phone 2”: whose number that is, and whether it may be written to, only a person knows."""
TICKET_NAMES = frozenset(
    [
        *("reference", "reference no", "reference number", "ref", "ref no", "ref number"),
        *("ticket", "ticket no", "ticket number", "ticket id", "case", "case no", "case number"),
        *("case id",),
    ]
)
_FIRST_NAMES = frozenset(["first name", "firstname", "given name", "vorname", "forename"])
_NAMES = frozenset(
    ["name", "customer", "customer name", "client", "client name", "kunde", "kundenname"]
)
_ORDER_NAMES = frozenset(
    [
        *("order", "order no", "order nr", "order number", "order id", "orderid", "bestellung"),
        *("bestellnummer", "bestellnr"),
    ]
)
_WORDS = re.compile(r"[^\W\d_]+(?:[ .'’\-]+[^\W\d_]+)*\.?")
_CODE = re.compile(r"(?=.*[0-9])[\w#/.\-]{1,30}")


def plain(text: str) -> str:
    """For comparing headings: `Phone_No.` and `phone no` are alike."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(char if _is_of_a_word(char) else " " for char in folded).split())


def _is_of_a_word(char: str) -> bool:
    """Letters, digits, and the signs that are part of a letter in Indian scripts."""
    return char.isalnum() or unicodedata.category(char).startswith("M")


def looks_like_number(text: str) -> bool:
    """Whether it may be a phone number: as many digits as one has, and not a day."""
    if DAY.match(text.strip()):
        return False
    try:
        digits = number_text.read(text).digits
    except RecipientError:
        return False
    return recipients.MIN_DIGITS <= len(digits) <= recipients.MAX_DIGITS


def is_number(text: str) -> bool:
    """Whether it is a number with its country code that a phone has: an order number is none."""
    try:
        is_marked = number_text.read(text).is_international
        return looks_like_number(text) and (is_marked or recipients.clean(text).is_assigned)
    except RecipientError:
        return False


def is_order_name(heading: str) -> bool:
    return plain(heading) in _ORDER_NAMES


def heads_the_same(names: set[str], heading: str, cells: Sequence[str]) -> bool:
    """Whether a column that is called otherwise than a value, whose `names` are plain, is that
    value beyond doubt: `Customer` for a first name if there is one word in each cell.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return False
    if names & _ORDER_NAMES:
        return is_order_name(heading) and all(map(_CODE.fullmatch, filled))
    heading = plain(heading)
    if names & _FIRST_NAMES:
        is_word = all(_WORDS.fullmatch(cell) and " " not in cell for cell in filled)
        return heading in _FIRST_NAMES or (heading in _NAMES and is_word)
    if names & _NAMES:
        return heading in _NAMES and all(map(_WORDS.fullmatch, filled))
    return False
