"""Where an invocation goes: the parts of the URL, checked so that none of them can bend it.

Source: seed, "Base URL" and "URL Parameters and Headers". The seed gives no grammar for its parts; the patterns here admit
every sample (`HXAP16XXXXXX97IN`, `00112233-4455-6677-XXXX-XXXXXXXXXXXX`, `api.na.kaleyra.ai`) and nothing that a URL could
read as something else: no slash, dot segment, query, fragment, user part, percent sign, blank or line break.
"""

from __future__ import annotations

import ipaddress
import re

API_DOMAIN = r"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?\Z"
SID = r"\A[A-Za-z0-9]{4,64}\Z"
WORKFLOW_INSTANCE_ID = r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z"


def host_of(api_domain: str) -> str:
    """The host in `api_domain`, without its port."""
    return api_domain.rpartition(":")[0] if ":" in api_domain else api_domain


def is_loopback(api_domain: str) -> bool:
    """Whether `api_domain` names this machine: `localhost` or a loopback address (RFC 1122 3.2.1.3)."""
    host = host_of(api_domain)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(api_domain: str) -> bool:
    """Whether `api_domain` could be a public host: a name with a dot, or a public address. The client asks again when connected."""
    host = host_of(api_domain)
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".local", ".internal", ".localhost"))


def invoke_url(api_domain: str, sid: str, workflow_instance_id: str, *, http: bool = False) -> str:
    """The URL of one invocation.

    `http` is for a practice pod on this machine only. Raises `ValueError`, naming the part, if one could bend the URL or if
    `http` is asked for another machine.
    """
    account = _account_url(api_domain, sid, http)
    _check("workflow_instance_id", WORKFLOW_INSTANCE_ID, workflow_instance_id)
    return f"{account}/workflow/v1/instances/{workflow_instance_id}/invoke"


def profiles_url(api_domain: str, sid: str, *, http: bool = False) -> str:
    """The URL of the account's callback profiles (Kaleyra's page "platform-apis-get-callback-profiles"). `http`, `ValueError`: as above."""
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
