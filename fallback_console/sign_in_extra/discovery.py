"""Where the provider's sign-in page is: the policy must let a form lead there."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

logger = logging.getLogger(__name__)

KEPT_FOR = 60 * 60
UNKNOWN_FOR = 60
"""Seconds until a provider that did not answer is asked again."""


def form_origins(request: HttpRequest) -> list[str]:
    """The issuer's origin and that of its sign-in page, which most providers have on one host."""
    key = f"sign-in.provider-origin:{settings.SSO_ISSUER}"
    origin = cache.get(key)
    if origin is None:
        origin = _origin(_sign_in_page(request))
        cache.set(key, origin, KEPT_FOR if origin else UNKNOWN_FOR)
    return sorted({_origin(settings.SSO_ISSUER), origin} - {""})


def _sign_in_page(request: HttpRequest) -> str:
    """Empty if the provider does not answer: its button then says so, and passwords still work."""
    try:
        return str(OpenIDConnectOAuth2Adapter(request, settings.SSO_PROVIDER_ID).authorize_url)
    except (OSError, ValueError, KeyError) as error:  # requests' errors are OSErrors
        logger.warning("the provider of single sign-on does not answer: %s", type(error).__name__)
        return ""


def _origin(url: str) -> str:
    """`https://host:port`; empty for what could be more than an origin in a policy."""
    parts = urlsplit(url)
    is_plain = parts.scheme in {"https", "http"} and not set(parts.netloc) & set(" ;,'\"@")
    return f"{parts.scheme}://{parts.netloc}" if is_plain and parts.netloc else ""
