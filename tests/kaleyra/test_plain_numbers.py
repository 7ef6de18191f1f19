"""What is read quickly is read as `recipients.clean` reads it."""

from __future__ import annotations

import os
import random
from collections import Counter

import phonenumbers
import pytest

from invocations.kaleyra import recipients
from invocations.kaleyra.plain_numbers import PlainNumbers, formatted
from invocations.kaleyra.recipients import RecipientError, home_reading

SEED = int(os.environ.get("NUMBERS_SEED", random.randrange(10**6)))
COUNT = int(os.environ.get("NUMBERS", 3_000))
HOMES = ("", "IN", "SG", "US", "IT", "DE", "AR", "BR", "MX", "GB", "FI", "BY")


def numbers(chosen: random.Random, count: int):
    """Examples of all countries with some digits changed, in several spellings."""
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    for _ in range(count):
        region = chosen.choice(regions)
        kind = chosen.choice([phonenumbers.PhoneNumberType.MOBILE, None])
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]
        for _ in range(chosen.randrange(6)):
            at = chosen.randrange(len(digits))
            digits = digits[:at] + chosen.choice("0123456789") + digits[at + 1 :]
        if chosen.random() < 0.1:
            digits = digits[: chosen.randrange(6, 15)]
        if chosen.random() < 0.1:
            digits += chosen.choice("0123456789")
        yield chosen.choice(["", "+"]) + grouped(chosen, digits)


def grouped(chosen: random.Random, digits: str) -> str:
    if chosen.random() < 0.6:
        return digits
    for _ in range(chosen.randrange(1, 4)):
        at = chosen.randrange(1, len(digits))
        digits = digits[:at] + chosen.choice([" ", "-", "  ", "."]) + digits[at:]
    return digits


@pytest.mark.parametrize("home", HOMES)
def test_a_number_that_is_read_quickly_is_read_the_same(home: str) -> None:
    chosen = random.Random(f"{SEED}{home}")
    read = PlainNumbers([home])
    taken: Counter[bool] = Counter()
    for written in numbers(chosen, COUNT):
        quick = read.read(written)
        taken[quick is not None] += 1
        if quick is None:
            continue
        slow = recipients.clean(written, home)
        assert formatted(quick) == slow.formatted, (written, SEED)
        assert (slow.digits, slow.region) == (quick.digits, quick.region), (written, home, SEED)
        assert slow.is_assigned and slow.kind in ("mobile", "landline_or_mobile"), (written, SEED)
        assert slow.notes == (), (written, home, SEED)
        assert recipients.clean(quick.digits) == slow
        if home:
            assert slow.region == home
            assert home_reading(quick.digits, home) is None, (written, home, SEED)
    if not home:
        assert taken[True] > taken[False] / 6


@pytest.mark.parametrize(
    "written",
    [
        "9876543210",
        "00919876512340",
        "9.1E+11",
        "919876512340.0",
        "+91 98765 123 40",
        "919876512340 5",
        "१९8765123400",
        "800123456789",
        "+49 30 901820",
        "521 55 1234 5678",
        "",
    ],
)
def test_what_needs_thought_is_left(written: str) -> None:
    assert PlainNumbers().read(written) is None


@pytest.mark.parametrize("written", ["919876512340", " +91 98765-12340 ", "447400123456"])
def test_what_is_plain_is_read(written: str) -> None:
    found = PlainNumbers().read(written)
    assert found is not None
    assert found.digits == recipients.clean(written).digits


def test_numbers_of_another_country_than_home_are_left() -> None:
    assert PlainNumbers(["IN"]).read("447400123456") is None
    assert PlainNumbers(["IN"]).read("919876512340") is not None


def test_most_numbers_of_india_are_read() -> None:
    read, refused = PlainNumbers(["IN"]), 0
    for number in range(919_700_000_000, 919_900_000_000, 9_999_991):
        if read.read(str(number)) is None:
            try:
                refused += recipients.clean(str(number)).is_assigned
            except RecipientError:
                continue
    assert refused <= 1
