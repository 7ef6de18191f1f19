"""The URL of an invocation, built from parts that are checked first.

Source: seed, "Base URL" and "URL Parameters and Headers". The seed gives no grammar for the parts.
The patterns here match every sample (`HXAP16XXXXXX97IN`, `00112233-4455-6677-XXXX-XXXXXXXXXXXX`,
`api.na.kaleyra.ai`) and exclude every character that would change the structure of the URL: slash,
dot segment, query, fragment, user info, percent sign, blank, line break.
"""

from __future__ import annotations

import ipaddress
import re

API_DOMAIN = r"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?\Z"
SID = r"\A[A-Za-z0-9]{4,64}\Z"
WORKFLOW_INSTANCE_ID = r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z"


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

    A public name may still resolve to a private address: the client checks the peer's address again
    once it is connected.
    """
    host = _host(api_domain)
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


def _host(api_domain: str) -> str:
    return api_domain.rpartition(":")[0] if ":" in api_domain else api_domain


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
