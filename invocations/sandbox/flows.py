"""The pod's configuration: a flow's channels, and the account's callback profile.

At Kaleyra, both are set in its user interface.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit


def is_this_machine(host: str) -> bool:
    """Whether `host` is localhost or a loopback address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Profile:
    """A callback profile: where results are posted, and with which headers.

    Raises ValueError for a URL that is not http on this machine. Both fields are secret.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "http" or not is_this_machine(parts.hostname or "") or parts.port == 0:
            raise ValueError("Results go to this machine only, over http.")


class Flows(Protocol):
    """The configuration, read for each invocation. Called from any thread; must not raise."""

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        """The flow's channels in order, in Kaleyra's spelling: `whatsapp`, `sms`."""

    def profile(self, sid: str) -> Profile | None:
        """The account's callback profile. With None, results are not posted."""


class DefaultFlows:
    """Every flow is WhatsApp, then SMS, and results are not posted."""

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        return "whatsapp", "sms"

    def profile(self, sid: str) -> Profile | None:
        return None
