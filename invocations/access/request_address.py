"""The client's address of a request, by the settings of this installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from invocations.access.client_address import client_address


def address_of(request: HttpRequest) -> str | None:
    """A valid IP address, or None. Axes asks this too (`AXES_CLIENT_IP_CALLABLE`)."""
    proxies = settings.PROXY_COUNT if settings.BEHIND_PROXY else 0
    return client_address(request.META, proxies=proxies)
