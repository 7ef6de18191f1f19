"""What an answer with callback profiles says of the key and the profiles. No bytes raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.profiles import (
    MAX_PROFILES,
    KeyCheck,
    KeyVerdict,
    Profile,
    ProfileState,
    read_profiles,
)

ROW = {
    "profile_id": "IN_09b3dfa7",
    "title": "Fallback console",
    "url": "https://console.example.com/callbacks/t/",
    "http_method": "post",
    "headers": {"X-Callback-Secret": "canary"},
    "enc": {"algo": "aes", "key": "canary", "IV": "canary"},
    "status": 1,
}


def answer(data: Any, **changes: Any) -> bytes:
    return json.dumps(
        {"code": "RBC024", "message": "ok", "data": data, "error": {}, "status": 200} | changes
    ).encode()


def test_a_list_of_profiles_says_that_the_key_works() -> None:
    said = read_profiles(200, answer([ROW]))
    assert said.verdict is KeyVerdict.WORKS
    assert said.profiles == (
        Profile(
            "Fallback console",
            "https://console.example.com/callbacks/t/",
            "POST",
            ProfileState.ACTIVE,
        ),
    )


def test_no_header_and_no_encryption_key_of_a_profile_is_kept() -> None:
    said = read_profiles(200, answer([ROW]))
    assert "canary" not in str(vars(said)) + str([vars(profile) for profile in said.profiles])
    assert "callbacks" not in repr(said)


@pytest.mark.parametrize(
    "data",
    [
        [ROW],
        {"profiles": [ROW]},
        {"data": [ROW], "total": 1},
        ROW,
        [ROW, "x", None, {"title": "no url"}],
    ],
)
def test_the_list_is_found_in_each_place_of_the_answer(data: Any) -> None:
    assert [profile.title for profile in read_profiles(200, answer(data)).profiles] == [
        "Fallback console"
    ]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (1, ProfileState.ACTIVE),
        ("1", ProfileState.ACTIVE),
        (2, ProfileState.AUTO_DISABLED),
        (3, ProfileState.DISABLED),
        (9, ProfileState.UNKNOWN),
        (None, ProfileState.UNKNOWN),
        ([], ProfileState.UNKNOWN),
    ],
)
def test_a_profile_has_a_state(status: Any, state: ProfileState) -> None:
    assert read_profiles(200, answer([ROW | {"status": status}])).profiles[0].state is state


@pytest.mark.parametrize(
    ("http_status", "body"),
    [
        (401, b""),
        (403, b"<html>"),
        (401, answer({}, code="RBC001")),
        (200, answer({}, code="rbc001")),
        (400, b'{"code":"RBC001"}'),
    ],
)
def test_a_refusal_is_a_refusal(http_status: int, body: bytes) -> None:
    assert read_profiles(http_status, body) == KeyCheck(http_status, KeyVerdict.REFUSED)


def test_an_account_without_profiles_says_that_the_key_works() -> None:
    assert read_profiles(404, answer({}, code="RBC302", status=404)) == KeyCheck(
        404, KeyVerdict.WORKS
    )
    assert read_profiles(200, answer([])) == KeyCheck(200, KeyVerdict.WORKS)


@pytest.mark.parametrize(
    ("http_status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (500, answer([])),
        (301, answer([])),
        (404, b""),
        (200, b"[" * 100_000),
    ],
)
def test_any_other_answer_says_nothing_of_the_key(http_status: int, body: bytes) -> None:
    assert read_profiles(http_status, body) == KeyCheck(http_status, KeyVerdict.UNREADABLE)


def test_an_answer_that_broke_off_says_nothing_of_the_key() -> None:
    assert read_profiles(200, answer([ROW]), complete=False).verdict is KeyVerdict.UNREADABLE


def test_texts_and_their_number_are_bounded_and_printable() -> None:
    said = read_profiles(200, answer([ROW | {"title": "a\r\nb\u202e" + "x" * 10_000}] * 100))
    assert len(said.profiles) == MAX_PROFILES
    assert said.profiles[0].title.startswith("abx") and len(said.profiles[0].title) == 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(
    st.integers(100, 599),
    st.binary() | JSON.map(lambda data: json.dumps({"code": data, "data": data}).encode()),
)
def test_it_never_raises(http_status: int, body: bytes) -> None:
    assert isinstance(read_profiles(http_status, body), KeyCheck)


@given(JSON)
def test_it_never_raises_for_any_value_of_a_profile(value: Any) -> None:
    assert isinstance(read_profiles(200, answer([dict.fromkeys(ROW, value)])), KeyCheck)
