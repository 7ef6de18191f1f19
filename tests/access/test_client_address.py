"""Whose address a request has, and what a client can forge of it."""

import pytest

from invocations.access.client_address import client_address, network_of, valid_address


def seen(forwarded=None, *, proxies, peer="10.0.0.9"):
    meta = {"REMOTE_ADDR": peer}
    return client_address(
        meta | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded is not None else {}),
        proxies=proxies,
    )


def test_without_a_proxy_the_header_is_ignored():
    assert seen("192.0.2.66", proxies=0) == "10.0.0.9"


@pytest.mark.parametrize("forged", ["", "192.0.2.66, ", "192.0.2.66,192.0.2.67,", "garbage, "])
def test_behind_a_proxy_only_what_the_proxy_added_counts(forged):
    assert seen(f"{forged}192.0.2.1", proxies=1) == "192.0.2.1"


def test_behind_two_proxies_the_entry_before_the_last_counts():
    assert seen("192.0.2.66, 192.0.2.1, 10.0.0.2", proxies=2) == "192.0.2.1"


def test_too_few_entries_name_nobody():
    assert seen("192.0.2.1", proxies=2) is None


def test_a_request_that_no_proxy_touched_has_the_address_of_its_connection():
    assert seen(None, proxies=1) == "10.0.0.9"


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "192.0.2", "192.0.2.1; DROP", "fe80::1%eth0", "unix:", "1" * 400, "\0", "::1]"],
)
def test_what_is_no_address_is_none(text):
    assert valid_address(text) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:51234", "192.0.2.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_an_address_is_read_in_its_usual_forms(text, address):
    assert valid_address(text) == address


def test_all_addresses_of_one_ipv6_network_count_as_one_place():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::9") == "2001:db8:1:2::"
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
