"""What the provider says of a person: its claims, and the console's groups for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

CLOCKS_DIFFER = 60
"""Seconds by which the provider's clock may be behind ours."""


class WrongClaims(Exception):
    """What the provider sent is not about one person."""


def claims_of(extra_data: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of the ID token and of userinfo as one; what both have, the ID token decides.

    Raises `WrongClaims` where they are about two people (OpenID Connect Core 1.0, 5.3.2).
    """
    token, userinfo = extra_data.get("id_token"), extra_data.get("userinfo")
    if not isinstance(token, Mapping) or not token.get("sub"):
        raise WrongClaims
    if isinstance(userinfo, Mapping):
        if userinfo.get("sub") != token["sub"]:
            raise WrongClaims
        return {**userinfo, **token}
    return dict(token)


def groups_in(claims: Mapping[str, Any]) -> list[str]:
    """Names of the console's groups, each once, in the order of SSO_GROUPS."""
    given = claims.get(settings.SSO_GROUPS_CLAIM)
    values = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    names = [group for value, group in settings.SSO_GROUPS.items() if value in values]
    return list(dict.fromkeys(names))


def authenticated_at(claims: Mapping[str, Any]) -> float:
    """When the person last proved to the provider who they are; 0 if it does not say."""
    moment = claims.get("auth_time")
    is_number = isinstance(moment, int | float) and not isinstance(moment, bool)
    return float(moment) if moment is not None and is_number else 0.0
