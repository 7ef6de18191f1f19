"""What the values of a set-up have to be."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra import address, home_country, hosts


def may_have_keys(api_domain: str) -> bool:
    """Whether the settings allow API keys to be sent to this host."""
    return hosts.may_have_keys(
        api_domain, extra=settings.EXTRA_API_DOMAINS, practice=settings.SANDBOX
    )


def reachable(api_domain: str) -> None:
    """Validates that API keys may be sent to this host.

    It must be one of Kaleyra's, or named in EXTRA_API_DOMAINS; or this machine, if SANDBOX is on.
    """
    if may_have_keys(api_domain):
        return
    if address.is_loopback(api_domain):
        raise ValidationError(
            _("A host on this machine is for practice. It needs SANDBOX=True."), code="sandbox"
        )
    if not address.is_public(api_domain):
        raise ValidationError(
            _("This is not a public host. Keys are sent to Kaleyra’s hosts only."), code="private"
        )
    raise ValidationError(
        _(
            "Keys are sent to Kaleyra’s hosts only: %(hosts)s. Another one must be named in the"
            " setting EXTRA_API_DOMAINS by the person who runs the console."
        ),
        code="unknown_host",
        params={"hosts": ", ".join(hosts.DocumentedHost)},
    )


def sendable_key(key: str) -> None:
    """Validates that an HTTP header can carry the key (RFC 9110, 5.5).

    Otherwise the key would be quoted in the error text of the HTTP library.
    """
    if not key.isascii() or not key.isprintable() or " " in key or len(key) > 500:
        raise ValidationError(
            _("A key has only letters, digits and signs of ASCII, without spaces or line breaks."),
            code="key",
        )


def home_region(code: str) -> None:
    """Validates that this is a country with phone numbers, or `home_country.NONE`."""
    if code != home_country.NONE and not home_country.is_region(code):
        raise ValidationError(
            _("This is not a country code of two capital letters, for example IN."), code="region"
        )


def time_zone_name(name: str) -> None:
    """Validates that this machine knows the time zone, for example Asia/Kolkata."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no time zone of this name."), code="time_zone")
