"""The URL of an invocation, built from parts that are checked first, and its host's addresses.

Source: seed, "Base URL" and "URL Parameters and Headers". The seed gives no grammar for the parts.
The patterns here match every sample (`HXAP16XXXXXX97IN`, `00112233-4455-6677-XXXX-XXXXXXXXXXXX`,
`api.na.kaleyra.ai`) and exclude every character that would change the structure of the URL: slash,
dot segment, query, fragment, user info, percent sign, blank, line break.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache

API_DOMAIN = r"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?\Z"
SID = r"\A[A-Za-z0-9]{4,64}\Z"
WORKFLOW_INSTANCE_ID = r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z"


@lru_cache(maxsize=256)
def is_loopback(api_domain: str) -> bool:
    """Whether `api_domain` is `localhost` or a loopback address (RFC 1122, 3.2.1.3)."""
    host = _host(api_domain)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(api_domain: str) -> bool:
    """Whether `api_domain` may be a public host: a name with a dot, or a public IP address.

    A public name may still resolve to a private address: the client checks every address of it
    before it connects. A name whose last part is a number is an address in an old form ("127.1").
    """
    host = _host(api_domain)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        is_address = re.search(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\Z", host) is not None
        is_local = host.endswith((".local", ".internal", ".localhost", ".home.arpa"))
        return "." in host and not is_address and not is_local
    return is_public_address(host)


_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = [
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure: answers for the machine that asks
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "2001::/23",  # IETF protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation (RFC 9637)
    )
]


def is_public_address(address: str) -> bool:
    """Whether the IP address belongs to a host on the public internet.

    An IPv6 address that only stands for an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo) does
    not count: a gateway may make a private address of it. Sources: the IANA special-purpose
    address registries.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6 and ip not in _GLOBAL_IPV6:
        return False
    is_special = any(ip.version == net.version and ip in net for net in _NOT_PUBLIC)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or is_special)


def _host(api_domain: str) -> str:
    return api_domain.rpartition(":")[0] if ":" in api_domain else api_domain


def addresses_of(host: str, port: int) -> list[str]:
    """The IP addresses that `host` resolves to. Raises `socket.gaierror`, or `UnicodeError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@lru_cache(maxsize=1024)
def invoke_url(api_domain: str, sid: str, workflow_instance_id: str, *, http: bool = False) -> str:
    """The URL to which an invocation is posted.

    `http` is for a practice pod on this machine. Raises `ValueError`, with the name of the part, if
    a part does not match its pattern, or if `http` is set for another machine.
    """
    account = _account_url(api_domain, sid, http)
    _check("workflow_instance_id", WORKFLOW_INSTANCE_ID, workflow_instance_id)
    return f"{account}/workflow/v1/instances/{workflow_instance_id}/invoke"


def profiles_url(api_domain: str, sid: str, *, http: bool = False) -> str:
    """The URL of the account's callback profiles. `http` and `ValueError` as in `invoke_url`.

    Source: Kaleyra's page "platform-apis-get-callback-profiles".
    """
    return f"{_account_url(api_domain, sid, http)}/callback/profiles?limit=25&offset=0"


def _account_url(api_domain: str, sid: str, http: bool) -> str:
    _check("api_domain", API_DOMAIN, api_domain)
    _check("sid", SID, sid)
    if http and not is_loopback(api_domain):
        raise ValueError("api_domain: http is for this machine only")
    return f"{'http' if http else 'https'}://{api_domain}/v1/{sid}"


def _check(name: str, pattern: str, part: str) -> None:
    if not re.search(pattern, part):
        raise ValueError(f"{name} cannot be part of a URL")
