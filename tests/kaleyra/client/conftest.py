"""A certificate authority for one test run, and clients that trust it."""

import socket

import pytest

from invocations.kaleyra.client import KaleyraClient
from tests.faults.certificates import Authority

from .calls import HOST, ClientOverTLS, client


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def names_resolve_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name resolves to 127.0.0.1, which is accepted as a public address."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kwargs: resolve("127.0.0.1", *args, **kwargs)
    )
    monkeypatch.setattr(KaleyraClient, "_may_be_peer", lambda self, address: True)


@pytest.fixture
def over_tls(names_resolve_to_loopback: None, authority: Authority) -> ClientOverTLS:
    """over_tls(server): a client that calls it `api.in.kaleyra.io` and trusts the test's CA."""
    trusting = {"allow_loopback": False, "ca_bundle": str(authority.bundle)}
    return lambda server, **changes: client(f"{HOST}:{server.port}", **{**trusting, **changes})
