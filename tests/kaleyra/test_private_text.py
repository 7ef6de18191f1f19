"""Numbers and keys in tickets and notes, however they are written."""

import pytest

from invocations.kaleyra.private_text import has_key, has_number, mask_keys

KEY = "A1b2c3d4e5f60718293a4b5c6d7e8f901"


@pytest.mark.parametrize(
    "typed",
    [
        f"key {KEY}",
        f"{KEY[:9]}\u200b{KEY[9:]}",
        KEY.translate({sign: sign + 0xFEE0 for sign in range(0x30, 0x7B)}),
        "pwd: correcthorse",
        "Authorization: Bearer abc.def.ghi",
        "authorization=Basic dXNlcjpwYXNz",
    ],
)
def test_a_key_is_noticed_however_it_is_written(typed):
    assert has_key(typed) and "[key]" in mask_keys(typed)


@pytest.mark.parametrize("typed", ["basic information asked", "the password is forgotten"])
def test_plain_words_are_no_key(typed):
    assert not has_key(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "⁹⁸⁷⁶⁵⁴³²¹⁰",
        "₉₈₇₆₅₄₃₂₁₀",
        "⑨⑧⑦⑥⑤④③②①⓪",
        "".join(f"{digit}\ufe0f\u20e3" for digit in "9876543210"),
    ],
)
def test_a_number_in_digits_of_another_shape_is_noticed(typed):
    assert has_number(typed, 10)
