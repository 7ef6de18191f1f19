"""What stands at the pod as it would in Kaleyra's user interface: the channels of a flow, and the account's callback profile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit


def is_this_machine(host: str) -> bool:
    """True for localhost and loopback addresses."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Profile:
    """Where results are posted, with which headers. Raises ValueError for a URL that leaves this machine."""

    url: str = field(repr=False)  # both are secret
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "http" or not is_this_machine(parts.hostname or "") or parts.port == 0:
            raise ValueError("Results go to this machine only, over http.")


class Flows(Protocol):
    """Asked anew each time, so that a change holds from then on. May be called by any thread; must not raise."""

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        """The kinds of a flow's channels in order, as Kaleyra writes them: `whatsapp`, `sms`."""

    def profile(self, sid: str) -> Profile | None:
        """Where the account's results are posted; None: nowhere."""


class DefaultFlows:
    """Every flow is WhatsApp, then SMS, and nobody wants to know what became of it."""

    def channels(self, sid: str, workflow_instance_id: str) -> tuple[str, ...]:
        return "whatsapp", "sms"

    def profile(self, sid: str) -> Profile | None:
        return None
